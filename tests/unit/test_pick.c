#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/model.h"
#include "runtime/alb/pick.h"

enum { TARGETS = 3 };

static struct alb_model *model;
static struct alb_group *group;
static struct alb_target *targets[TARGETS];

static void setup(void)
{
    struct alb_model_options options = {.name = "test", .dns_name = "localhost", .seed = 1};
    struct alb_group_options made = {.name = BYTES_LIT("group"), .port = 80};
    struct alb_listener *listener;
    model = alb_model_new(&options);
    cr_assert_eq(alb_group_create(model, &made, &group, NULL), ALB_OK);
    struct alb_action action = {.type = ALB_FORWARD,
                                .forward = {.shares = {{group, 1}}, .count = 1}};
    cr_assert_eq(alb_listener_create(model, 80, ALB_HTTP, &action, &listener, NULL), ALB_OK);
    for (unsigned i = 0; i < TARGETS; i++) {
        cr_assert_eq(
            alb_target_register(group, BYTES_LIT("127.0.0.1"), 1000 + i, NULL, &targets[i], NULL),
            ALB_OK);
        alb_target_set_state(targets[i], ALB_HEALTHY, NULL, NULL);
    }
}

static void teardown(void)
{
    alb_model_free(model);
}

TestSuite(pick, .init = setup, .fini = teardown);

static void expect(size_t i)
{
    const struct alb_target *target = pick_good(group, 1000);
    cr_expect_eq(target, targets[i], "%u", target ? target->port : 0);
}

Test(pick, healthy_targets_take_turns_and_sick_ones_have_none)
{
    expect(0);
    expect(1);
    expect(2);
    alb_target_set_state(targets[1], ALB_UNHEALTHY, "Target.Timeout", NULL);
    expect(0);
    expect(2);
    expect(0);
    alb_target_set_state(targets[2], ALB_INITIAL, NULL, NULL);
    expect(0);
    expect(0);
}

Test(pick, where_none_is_healthy_all_get_requests_but_those_that_drain_or_are_unused)
{
    alb_target_set_state(targets[0], ALB_UNHEALTHY, "Target.Timeout", NULL);
    alb_target_set_state(targets[1], ALB_INITIAL, NULL, NULL);
    alb_target_set_state(targets[2], ALB_DRAINING, NULL, NULL);
    cr_expect_null(pick_good(group, 1000));
    cr_expect_eq(pick_any(group, 1000), targets[0]);
    cr_expect_eq(pick_any(group, 1000), targets[1]);
    cr_expect_eq(pick_any(group, 1000), targets[0]);
    alb_target_set_state(targets[0], ALB_UNUSED, NULL, NULL);
    alb_target_set_state(targets[1], ALB_DRAINING, NULL, NULL);
    cr_expect_null(pick_any(group, 1000));
}

Test(pick, least_outstanding_looks_at_what_is_in_flight)
{
    group->attributes.algorithm = ALB_LEAST_OUTSTANDING;
    alb_target_hold(targets[0]);
    alb_target_hold(targets[2]);
    expect(1);
    expect(1);
    alb_target_let_go(targets[0]);
    alb_target_let_go(targets[2]);
}

Test(pick, a_client_is_bound_to_a_target_while_that_is_healthy)
{
    char name[PICK_NAME_MAX];
    pick_name(targets[1], name);
    cr_expect_str_eq(name, "127.0.0.1:1001");
    cr_expect_eq(pick_bound(group, bytes_from_str(name)), targets[1]);
    cr_expect_null(pick_bound(group, BYTES_LIT("127.0.0.1:100")));
    cr_expect_null(pick_bound(group, BYTES_LIT("")));
    alb_target_set_state(targets[1], ALB_UNHEALTHY, NULL, NULL);
    cr_expect_null(pick_bound(group, bytes_from_str(name)));
    alb_target_set_state(targets[1], ALB_DRAINING, NULL, NULL);
    cr_expect_null(pick_bound(group, bytes_from_str(name)));
}

Test(pick, a_target_that_turns_healthy_beside_others_starts_slowly)
{
    struct alb_pair_text slow = {BYTES_LIT("slow_start.duration_seconds"), BYTES_LIT("30")};
    unsigned seen = 0;
    cr_assert_eq(alb_group_set_attributes(group, &slow, 1, NULL), ALB_OK);
    pick_turned(targets[2], 1000);
    for (int n = 0; n < 25; n++) /* at half of the time: half a share of 2.5 */
        seen += pick_good(group, 16000) == targets[2];
    cr_expect_eq(seen, 5);
    alb_target_set_state(targets[2], ALB_UNHEALTHY, NULL, NULL);
    pick_turned(targets[2], 16000);
    cr_expect_eq(targets[2]->choice.slow_since_ms, 0);
}

static enum alb_error set_least(const char *form, const char *dns, const char *routing)
{
    char keys[2][128];
    (void)snprintf(keys[0], sizeof keys[0],
                   "target_group_health.dns_failover.minimum_healthy_targets.%s", form);
    (void)snprintf(keys[1], sizeof keys[1],
                   "target_group_health.unhealthy_state_routing.minimum_healthy_targets.%s", form);
    struct alb_pair_text pairs[] = {{bytes_from_str(keys[0]), bytes_from_str(dns)},
                                    {bytes_from_str(keys[1]), bytes_from_str(routing)}};
    return alb_group_set_attributes(group, pairs, 2, NULL);
}

static bool is_enough(void)
{
    return pick_is_enough(group, &group->attributes.least_healthy.routing);
}

Test(pick, healthy_targets_are_enough_by_count_and_by_percentage)
{
    alb_target_set_state(targets[0], ALB_UNHEALTHY, "Target.Timeout", NULL);
    cr_expect(is_enough());
    cr_assert_eq(set_least("count", "3", "3"), ALB_OK);
    cr_expect_not(is_enough(), "2 of 3");
    cr_assert_eq(set_least("count", "2", "2"), ALB_OK);
    cr_expect(is_enough());
    cr_assert_eq(set_least("percentage", "off", "67"), ALB_OK);
    cr_expect_not(is_enough(), "two thirds are less than 67 %%");
    cr_assert_eq(set_least("percentage", "66", "66"), ALB_OK);
    cr_expect(is_enough());
    alb_target_set_state(targets[1], ALB_DRAINING, NULL, NULL);
    cr_expect_not(is_enough(), "1 healthy where 2 are asked for");
    cr_assert_eq(set_least("count", "1", "1"), ALB_OK);
    cr_expect_not(is_enough(), "1 of 2: one that drains does not count");
    cr_assert_eq(set_least("percentage", "off", "off"), ALB_OK);
    cr_expect(is_enough());
}

/* As for those that no threshold concerns, a client keeps its target. */
Test(pick, too_few_healthy_targets_keep_their_clients_and_so_do_sick_ones)
{
    char name[PICK_NAME_MAX];
    cr_assert_eq(set_least("count", "3", "3"), ALB_OK);
    alb_target_set_state(targets[0], ALB_UNHEALTHY, "Target.Timeout", NULL);
    pick_name(targets[0], name);
    cr_expect_eq(pick_bound(group, bytes_from_str(name)), targets[0]);
    pick_name(targets[1], name);
    cr_expect_eq(pick_bound(group, bytes_from_str(name)), targets[1]);
}

Test(pick, thresholds_are_numbers_or_off_and_dns_is_the_earlier_one)
{
    cr_expect_eq(set_least("count", "0", "1"), ALB_E_VALIDATION_ERROR);
    cr_expect_eq(set_least("count", "1", "few"), ALB_E_VALIDATION_ERROR);
    cr_expect_eq(set_least("percentage", "101", "off"), ALB_E_VALIDATION_ERROR);
    cr_expect_eq(set_least("count", "1", "2"), ALB_E_INVALID_CONFIGURATION_REQUEST);
    cr_expect_eq(set_least("percentage", "10", "50"), ALB_E_INVALID_CONFIGURATION_REQUEST);
    cr_expect_eq(set_least("count", "off", "2"), ALB_OK);
}
