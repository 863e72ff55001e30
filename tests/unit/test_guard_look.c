#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/guard/guard_look.h"
#include "tests/support/aws_rig.h"

/* What a guard makes of the targets that AWS tells; AWS's answers are a script's. */

static struct guard_policy policy;
static struct guard_look look;
static struct guard_state state;
static struct guard_seen seen;
static char why[CANARY_WHY_MAX];

static void setup(void)
{
    static const char *const names[] = {"lambda-a", "lambda-b", "fargate-a", "fargate-b"};
    char error[512] = "";
    aws_rig_init();
    cr_assert(guard_policy_parse(&policy, "policy", BYTES_LIT("{\"metrics\":{\"windows\":0}}"),
                                 error, sizeof error),
              "%s", error);
    look = (struct guard_look){.policy = &policy, .rule = {.count = 4}};
    state = (struct guard_state){.count = 4, .normal = {100, 0, 0, 0}};
    for (size_t i = 0; i < state.count; i++) {
        (void)snprintf(state.groups[i], GUARD_NAME_MAX, "%s", names[i]);
        (void)snprintf(look.rule.groups[i], sizeof look.rule.groups[i], "arn:%s", names[i]);
    }
}

static void teardown(void)
{
    aws_driver_free(look.driver);
    guard_policy_release(&policy);
    aws_rig_release();
}

TestSuite(guard_look, .init = setup, .fini = teardown);

#define HEALTH(members)                                                            \
    {                                                                              \
        .text = "<DescribeTargetHealthResponse><DescribeTargetHealthResult>"       \
                "<TargetHealthDescriptions>" members "</TargetHealthDescriptions>" \
                "</DescribeTargetHealthResult></DescribeTargetHealthResponse>",    \
        .status = 200                                                              \
    }
#define TARGET(state) "<member><TargetHealth><State>" state "</State></TargetHealth></member>"

static void look_at_homes(void)
{
    look.driver = aws_driver_new(
        &(struct aws_driver_options){.plan = &policy.plan, .lookup = aws_env_lookup});
    cr_assert_not_null(look.driver);
    cr_expect_eq(guard_look_homes(&look, &state, &seen, why), RC_OK, "%s", why);
}

Test(guard_look, the_slot_with_tasks_stands_for_a_home_whose_last_one_has_none)
{
    AWS_RIG_START(HEALTH(TARGET("healthy")), HEALTH(""),
                  HEALTH(TARGET("healthy") TARGET("initial")));
    look_at_homes();
    cr_expect_eq(guard_group(&state, GUARD_FARGATE), 2u);
    cr_expect(seen.homes[GUARD_FARGATE].healthy == 1 && seen.homes[GUARD_FARGATE].total == 2);
}

Test(guard_look, one_with_sick_tasks_stays)
{
    AWS_RIG_START(HEALTH(TARGET("healthy")), HEALTH(TARGET("unhealthy")));
    look_at_homes();
    cr_expect_eq(guard_group(&state, GUARD_FARGATE), 3u);
    cr_expect(seen.homes[GUARD_FARGATE].healthy == 0 && seen.homes[GUARD_FARGATE].total == 1);
}

Test(guard_look, a_home_whose_share_is_away_stays_where_it_is)
{
    state.phase = GUARD_AWAY;
    AWS_RIG_START(HEALTH(TARGET("healthy")), HEALTH(""));
    look_at_homes();
    cr_expect_eq(guard_group(&state, GUARD_FARGATE), 3u);
}
