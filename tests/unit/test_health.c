#include <criterion/criterion.h>

#include "runtime/alb/health.h"

enum { HEALTHY_THRESHOLD = 3, UNHEALTHY_THRESHOLD = 2 };

static struct health health;

static void setup(void)
{
    health_init(&health);
}

TestSuite(health, .init = setup);

/* One letter a check: '+' passes, 't' times out, 'f' is refused, 'c' is answered with 503. */
static size_t take(const char *checks)
{
    size_t changes = 0;
    for (; *checks; checks++) {
        struct health_result result = {.is_pass = *checks == '+'};
        if (*checks != '+')
            result.reason = *checks == 't'   ? HEALTH_TIMEOUT
                            : *checks == 'c' ? HEALTH_CODE_MISMATCH
                                             : HEALTH_FAILED_CHECKS;
        if (*checks == 'c')
            result.code = 503;
        changes += health_take(&health, &result, HEALTHY_THRESHOLD, UNHEALTHY_THRESHOLD);
    }
    return changes;
}

static void expect(enum alb_target_state state, const char *reason, const char *description)
{
    char text[ALB_TEXT_MAX];
    const char *name = health_reason_name(health.reason);
    cr_expect_eq(health.state, state);
    cr_expect_str_eq(name ? name : "", reason);
    health_describe(&health, text);
    cr_expect_str_eq(text, description);
}

Test(health, a_new_target_is_initial_and_its_first_success_makes_it_healthy)
{
    expect(ALB_INITIAL, "Elb.RegistrationInProgress", "Target registration is in progress");
    health_begin(&health);
    expect(ALB_INITIAL, "Elb.InitialHealthChecking", "Initial health checks in progress");
    cr_expect_not(health_is_good(&health));
    cr_expect_eq(take("+"), 1);
    expect(ALB_HEALTHY, "", "");
    cr_expect(health_is_good(&health));
    health_begin(&health);
    expect(ALB_HEALTHY, "", "");
}

Test(health, a_success_after_one_failure_is_a_first_one_too)
{
    cr_expect_eq(take("t+"), 1);
    expect(ALB_HEALTHY, "", "");
}

Test(health, a_new_target_that_fails_is_unhealthy_after_the_threshold)
{
    cr_expect_eq(take("f"), 0);
    cr_expect_eq(health.state, ALB_INITIAL);
    cr_expect_eq(take("f"), 1);
    expect(ALB_UNHEALTHY, "Target.FailedHealthChecks", "Health checks failed");
}

Test(health, only_results_in_a_row_count)
{
    cr_expect_eq(take("+t+t+f+c+"), 1);
    expect(ALB_HEALTHY, "", "");
    cr_expect_eq(take("tc"), 1);
    expect(ALB_UNHEALTHY, "Target.ResponseCodeMismatch",
           "Health checks failed with these codes: [503]");
    cr_expect_eq(take("++t++f"), 0);
    cr_expect_eq(health.state, ALB_UNHEALTHY);
    cr_expect_eq(take("+++"), 1);
    expect(ALB_HEALTHY, "", "");
}

Test(health, an_unhealthy_target_tells_of_its_newest_failure)
{
    cr_expect_eq(take("cc"), 1);
    cr_expect_eq(take("t"), 0);
    expect(ALB_UNHEALTHY, "Target.Timeout", "Request timed out");
    cr_expect_eq(health.code, 0);
}

Test(health, a_target_that_is_not_checked_drops_results)
{
    health_set_unused(&health);
    expect(ALB_UNUSED, "Target.NotInUse",
           "Target group is not configured to receive traffic from the load balancer");
    cr_expect_eq(take("+++tt"), 0);
    cr_expect_not(health_may_serve(&health));
    health_set_unavailable(&health);
    expect(ALB_UNAVAILABLE, "Target.HealthCheckDisabled", "Health checks are disabled");
    cr_expect(health_is_good(&health));
    cr_expect_eq(take("tt"), 0);
    health_set_draining(&health);
    expect(ALB_DRAINING, "Target.DeregistrationInProgress", "Target deregistration is in progress");
    cr_expect_eq(take("+++tt"), 0);
    cr_expect_not(health_may_serve(&health));
}

Test(health, a_target_that_is_checked_again_is_a_new_one)
{
    cr_expect_eq(take("+"), 1);
    health_set_checked(&health);
    cr_expect_eq(health.state, ALB_HEALTHY);
    health_set_unused(&health);
    health_set_checked(&health);
    expect(ALB_INITIAL, "Elb.RegistrationInProgress", "Target registration is in progress");
    cr_expect_eq(take("+"), 1);
    expect(ALB_HEALTHY, "", "");
}

Test(health, a_sick_target_may_serve_when_there_is_no_better_one)
{
    cr_expect(health_may_serve(&health));
    cr_expect_eq(take("tt"), 1);
    cr_expect(health_may_serve(&health));
    cr_expect_not(health_is_good(&health));
}
