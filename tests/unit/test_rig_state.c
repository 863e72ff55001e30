#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/state_file.h"
#include "runtime/local/rig_model.h"
#include "tests/support/tempdir.h"

static struct tempdir dir;
static char folder[2 * TEMPDIR_PATH_MAX];
static struct rig_config config;
static struct rig_model rig;
static struct alb_why why;

static bool find_function(void *context, struct bytes arn, struct alb_function *function)
{
    (void)context;
    *function = (struct alb_function){0};
    return bytes_eq(arn, BYTES_LIT(RIG_FUNCTION_ARN));
}

static bool start(void)
{
    return rig_model_init(&rig, &config, find_function, NULL, &why) &&
           rig_model_keep(&rig, &config, &why);
}

static void setup(void)
{
    tempdir_init(&dir);
    rig_config_init(&config);
    config.state = tempdir_join(&dir, "", "state", folder);
}

static void teardown(void)
{
    rig_model_release(&rig);
    rig_config_release(&config);
    tempdir_release(&dir);
}

TestSuite(rig_state, .init = setup, .fini = teardown);

static void set_weight(unsigned weight)
{
    struct alb_rule *rule = rig.listener->rules;
    struct alb_action action = rule->action;
    action.forward.shares[RIG_FARGATE_A].weight = weight;
    cr_assert_eq(alb_rule_modify(rule, NULL, 0, &action, &why), ALB_OK, "%s", why.text);
    cr_assert(rig.model->keep(rig.model, &why), "%s", why.text);
}

Test(rig_state, a_rig_that_is_started_again_is_as_it_was)
{
    char arn[ALB_ARN_MAX + 1];
    cr_assert(start(), "%s", why.text);
    struct sticky_key key = rig.model->sticky_key;
    (void)snprintf(arn, sizeof arn, "%s", rig.listener->rules->arn);
    set_weight(7);
    rig_model_release(&rig);
    config.weights[RIG_FARGATE_A] = 99;
    cr_assert(start(), "%s", why.text);
    cr_expect_eq(rig.listener->rules->action.forward.shares[RIG_FARGATE_A].weight, 7);
    cr_expect_str_eq(rig.listener->rules->arn, arn);
    cr_expect_eq(rig.groups[RIG_LAMBDA_B],
                 rig.listener->rules->action.forward.shares[RIG_LAMBDA_B].group);
    cr_expect_eq(memcmp(&key, &rig.model->sticky_key, sizeof key), 0);
}

Test(rig_state, without_a_folder_nothing_is_kept)
{
    config.state = NULL;
    cr_assert(start(), "%s", why.text);
    cr_expect_null(rig.model->keep);
}

static void refuse(const char *name, const char *text, const char *says)
{
    cr_assert_eq(state_file_write(folder, name, bytes_from_str(text)), RC_OK);
    cr_expect_not(start(), "%s", text);
    cr_expect_not_null(strstr(why.text, folder), "%s", why.text);
    cr_expect_not_null(strstr(why.text, name), "%s", why.text);
    cr_expect_not_null(strstr(why.text, says), "%s", why.text);
}

Test(rig_state, what_is_no_state_is_an_error_that_names_the_file)
{
    cr_assert(start(), "%s", why.text);
    rig_model_release(&rig);
    refuse("state.json", "{\"version\":1,", "not JSON");
    refuse("state.json", "{\"version\":2}", "version 2 is unknown");
    refuse("state.json", "", "not JSON");
}

Test(rig_state, a_key_that_is_none_is_an_error_that_names_the_file)
{
    cr_assert(start(), "%s", why.text);
    rig_model_release(&rig);
    refuse("cookie-key", "short", "no key of 32 bytes");
}

Test(rig_state, a_folder_that_cannot_be_made_is_named)
{
    config.state = "/dev/null/state";
    cr_expect_not(start());
    cr_expect_not_null(strstr(why.text, "/dev/null/state"), "%s", why.text);
}

Test(rig_state, a_change_that_cannot_be_kept_is_an_error)
{
    cr_assert(start(), "%s", why.text);
    tempdir_release(&dir);
    struct alb_action action = rig.listener->rules->action;
    action.forward.shares[0].weight = 3;
    cr_assert_eq(alb_rule_modify(rig.listener->rules, NULL, 0, &action, &why), ALB_OK);
    cr_expect_not(rig.model->keep(rig.model, &why));
    cr_expect_not_null(strstr(why.text, "state.json"), "%s", why.text);
    tempdir_init(&dir);
}
