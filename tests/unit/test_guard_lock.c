#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/guard/guard_look.h"
#include "runtime/core/json_text.h"
#include "tests/support/aws_rig.h"

/* Which canary's lock holds a guard up: AWS's answers are a script's. */

static const char rule_arn[] =
    "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/duet-dev/11/22/33";
static struct guard_policy policy;
static struct guard_look look;
static struct guard_seen seen;
static char why[CANARY_WHY_MAX], held[8192];

static void setup(void)
{
    char error[512] = "";
    aws_rig_init();
    cr_assert(guard_policy_parse(&policy, "policy", BYTES_LIT("{\"lock\":\"/duet/mine\"}"), error,
                                 sizeof error),
              "%s", error);
}

static void teardown(void)
{
    aws_driver_free(look.driver);
    guard_policy_release(&policy);
    aws_rig_release();
}

TestSuite(guard_lock, .init = setup, .fini = teardown);

static void start(void)
{
    look = (struct guard_look){.policy = &policy};
    look.driver = aws_driver_new(
        &(struct aws_driver_options){.plan = &policy.plan, .lookup = aws_env_lookup});
    cr_assert_not_null(look.driver);
    (void)snprintf(look.rule.arn, sizeof look.rule.arn, "%s", rule_arn);
}

/* GetParameter's answer: a canary of that rule. */
static const char *canary_of(const char *arn)
{
    struct canary_state state = {.count = 0};
    struct buf inner, outer;
    (void)snprintf(state.rule, sizeof state.rule, "%s", arn);
    buf_init(&inner, sizeof held);
    buf_init(&outer, sizeof held);
    state_print(&state, &inner);
    buf_printf(&outer, "{\"Parameter\":{\"Name\":\"n\",\"Version\":1,\"LastModifiedDate\":1,"
                       "\"Value\":");
    json_text_string(&outer, buf_bytes(&inner));
    buf_printf(&outer, "}}");
    (void)snprintf(held, sizeof held, "%.*s", (int)outer.len, outer.data);
    buf_release(&inner);
    buf_release(&outer);
    return held;
}

#define FREE AWS_ERROR(400, "ParameterNotFound")

static void expect_name(size_t request, const char *name)
{
    char wanted[64];
    struct bytes body = fake_rapi_request(aws_rig.fake, request)->body;
    int len = snprintf(wanted, sizeof wanted, "\"Name\":\"%s\"", name);
    cr_expect(memmem(body.ptr, body.len, wanted, (size_t)len), "%.*s", BYTES_ARG(body));
}

Test(guard_lock, the_policys_the_environments_and_the_plain_one_are_looked_at)
{
    AWS_RIG_START(FREE, FREE, FREE);
    start();
    cr_expect_eq(guard_look_locks(&look, &seen, why), RC_OK, "%s", why);
    cr_expect_not(seen.is_locked);
    expect_name(0, "/duet/mine");
    expect_name(1, "/duet/dev/canary");
    expect_name(2, "/duet/canary");
}

Test(guard_lock, a_canary_of_this_rule_counts_wherever_its_lock_is)
{
    AWS_RIG_START(FREE, {.text = canary_of(rule_arn), .status = 200});
    start();
    cr_expect_eq(guard_look_locks(&look, &seen, why), RC_OK, "%s", why);
    cr_expect(seen.is_locked);
    cr_expect_str_eq(look.lock, "/duet/dev/canary");
}

Test(guard_lock, a_canary_of_another_rule_does_not)
{
    AWS_RIG_START(FREE, FREE, {.text = canary_of("arn:aws:another"), .status = 200});
    start();
    cr_expect_eq(guard_look_locks(&look, &seen, why), RC_OK, "%s", why);
    cr_expect_not(seen.is_locked);
}

Test(guard_lock, the_policys_own_counts_whatever_it_holds)
{
    AWS_RIG_START({.text = canary_of("arn:aws:another"), .status = 200});
    start();
    cr_expect_eq(guard_look_locks(&look, &seen, why), RC_OK, "%s", why);
    cr_expect(seen.is_locked);
    cr_expect_str_eq(look.lock, "/duet/mine");
}

Test(guard_lock, one_that_may_not_be_read_is_told)
{
    AWS_RIG_START(FREE, AWS_ERROR(400, "AccessDeniedException"));
    start();
    cr_expect_eq(guard_look_locks(&look, &seen, why), RC_REFUSED, "%s", why);
}
