/*
 * link: -Wl,--wrap=clock_us_monotonic -Wl,--wrap=clock_ms_monotonic
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/checker.h"
#include "tests/support/timed_httpd.h"

/* Of a target that answers every GET but /keep with 200, and that never answers. */
static struct alb_model *model;
static struct checker *checker;
static struct alb_group *group;
static struct alb_listener *listener;
static size_t cut_count, change_count;

int64_t __wrap_clock_ms_monotonic(void);
int64_t __wrap_clock_ms_monotonic(void)
{
    return timed_httpd.now_ms;
}

static void on_cut(void *context, struct alb_target *target)
{
    (void)context;
    (void)target;
    cut_count++;
}

static void on_changed(void *context, const struct alb_target *target, enum alb_target_state before)
{
    (void)context;
    cr_expect_neq(target->state, before);
    change_count++;
}

static void setup(void)
{
    struct alb_model_options options = {.name = "test", .dns_name = "localhost", .seed = 1};
    struct alb_health_check check = alb_health_check_default(ALB_TARGET_IP);
    struct alb_group_options made = {.name = BYTES_LIT("group"), .port = 80, .check = &check};
    check.interval_s = 10;
    check.healthy_count = 3;
    timed_httpd_start(0);
    model = alb_model_new(&options);
    cr_assert_not_null(model);
    struct checker_options checks = {
        .loop = &timed_httpd.loop, .model = model, .on_cut = on_cut, .on_changed = on_changed};
    checker = checker_new(&checks);
    cr_assert_not_null(checker);
    cr_assert_eq(alb_group_create(model, &made, &group, NULL), ALB_OK);
}

static void teardown(void)
{
    alb_model_free(model);
    checker_free(checker);
    timed_httpd_stop();
}

TestSuite(checker, .init = setup, .fini = teardown);

static void use_group(void)
{
    struct alb_action action = {.type = ALB_FORWARD,
                                .forward = {.shares = {{group, 1}}, .count = 1}};
    cr_assert_eq(alb_listener_create(model, 80, ALB_HTTP, &action, &listener, NULL), ALB_OK);
}

static struct alb_target *add_target(void)
{
    struct alb_target *target;
    cr_assert_eq(
        alb_target_register(group, BYTES_LIT("127.0.0.1"), timed_httpd.port, NULL, &target, NULL),
        ALB_OK);
    return target;
}

static void set_path(const char *path, const char *matcher)
{
    struct alb_health_check check = group->check;
    (void)snprintf(check.path, sizeof check.path, "%s", path);
    (void)snprintf(check.matcher, sizeof check.matcher, "%s", matcher);
    cr_assert_eq(alb_group_set_check(group, &check, NULL), ALB_OK);
}

/* Serves until the target is as said; a check's result needs some rounds of the loop. */
static void await(const struct alb_target *target, enum alb_target_state state)
{
    for (int i = 0; i < 1500 && target->state != state; i++)
        timed_httpd_serve();
    cr_assert_eq(target->state, state, "%s", alb_target_state_name(target->state));
}

/* Serves until a check is done that has begun. */
static void await_requests(size_t count)
{
    for (int i = 0; i < 1500 && timed_httpd.request_count < count; i++)
        timed_httpd_serve();
    cr_assert_eq(timed_httpd.request_count, count);
    timed_httpd_serve();
}

Test(checker, a_target_is_checked_at_once_and_then_each_interval)
{
    use_group();
    struct alb_target *target = add_target();
    await(target, ALB_HEALTHY);
    cr_expect_null(target->reason);
    await_requests(1);
    timed_httpd_pass(9999);
    await_requests(1);
    timed_httpd_pass(1);
    await_requests(2);
    timed_httpd_pass(10000);
    await_requests(3);
    cr_expect_eq(change_count, 1);
}

Test(checker, a_target_in_no_rule_is_unused_and_checked_when_one_names_it)
{
    struct alb_target *target = add_target();
    cr_expect_eq(target->state, ALB_UNUSED);
    cr_expect_str_eq(target->reason, "Target.NotInUse");
    timed_httpd_pass(60000);
    await_requests(0);
    use_group();
    await(target, ALB_HEALTHY);
    alb_listener_delete(listener);
    cr_expect_eq(target->state, ALB_UNUSED);
    timed_httpd_pass(60000);
    await_requests(1);
}

Test(checker, two_failures_make_it_unhealthy_and_three_successes_healthy)
{
    use_group();
    struct alb_target *target = add_target();
    await(target, ALB_HEALTHY);
    set_path("/hello", "404");
    timed_httpd_pass(10000);
    await_requests(2);
    cr_expect_eq(target->state, ALB_HEALTHY);
    timed_httpd_pass(10000);
    await(target, ALB_UNHEALTHY);
    cr_expect_str_eq(target->reason, "Target.ResponseCodeMismatch");
    cr_expect_str_eq(target->description, "Health checks failed with these codes: [200]");
    set_path("/hello", "200");
    for (size_t n = 4; n < 6; n++) {
        timed_httpd_pass(10000);
        await_requests(n);
        cr_expect_eq(target->state, ALB_UNHEALTHY);
    }
    timed_httpd_pass(10000);
    await(target, ALB_HEALTHY);
}

Test(checker, a_target_that_hangs_times_out)
{
    use_group();
    set_path("/keep", "200");
    struct alb_target *target = add_target();
    await_requests(1);
    cr_expect_str_eq(target->reason, "Elb.InitialHealthChecking");
    timed_httpd_pass(5000); /* the timeout */
    cr_expect_eq(target->state, ALB_INITIAL);
    timed_httpd_pass(5000); /* the interval counts from the check's begin */
    await_requests(2);
    timed_httpd_pass(5000);
    await(target, ALB_UNHEALTHY);
    cr_expect_str_eq(target->reason, "Target.Timeout");
    cr_expect_str_eq(target->description, "Request timed out");
}

static void on_unhealthy(void *context)
{
    alb_target_remove(context);
}

Test(checker, the_owner_of_an_unhealthy_target_may_take_it_away)
{
    use_group();
    set_path("/hello", "404");
    struct alb_target *target = add_target();
    target->owner = (struct alb_target_owner){.on_unhealthy = on_unhealthy, .context = target};
    await_requests(1);
    cr_expect_eq(group->targets, target);
    timed_httpd_pass(10000);
    await_requests(2);
    for (int i = 0; i < 1500 && group->targets; i++)
        timed_httpd_serve();
    cr_expect_null(group->targets);
    timed_httpd_pass(10000);
    await_requests(2);
}

Test(checker, a_target_that_its_owner_doubts_is_a_new_one_to_the_checks)
{
    use_group();
    struct alb_target *target = add_target();
    await(target, ALB_HEALTHY);
    alb_target_set_state(target, ALB_INITIAL, "Elb.InitialHealthChecking", NULL);
    set_path("/hello", "404");
    timed_httpd_pass(10000);
    await_requests(2);
    cr_expect_eq(target->state, ALB_INITIAL);
    set_path("/hello", "200");
    timed_httpd_pass(10000);
    await(target, ALB_HEALTHY);
}

Test(checker, a_target_that_its_owner_says_is_healthy_has_no_reason_any_more)
{
    use_group();
    struct alb_target *target = add_target();
    alb_target_set_state(target, ALB_HEALTHY, NULL, NULL);
    await_requests(1);
    timed_httpd_pass(10000);
    await_requests(2);
    cr_expect_eq(target->state, ALB_HEALTHY);
    cr_expect_null(target->reason);
    cr_expect_str_eq(target->description, "");
}

static void on_failed(void *context)
{
    (void)context;
}

Test(checker, a_target_that_the_rig_starts_has_as_long_as_it_needs)
{
    use_group();
    set_path("/hello", "404");
    struct alb_target *target = add_target();
    target->owner = (struct alb_target_owner){.on_failed = on_failed};
    for (size_t n = 1; n < 6; n++) {
        await_requests(n);
        cr_expect_eq(target->state, ALB_INITIAL);
        timed_httpd_pass(10000);
    }
    set_path("/hello", "200");
    timed_httpd_pass(10000);
    await(target, ALB_HEALTHY);
}

Test(checker, a_shorter_interval_counts_from_now_on)
{
    use_group();
    struct alb_target *target = add_target();
    struct alb_health_check check = group->check;
    await(target, ALB_HEALTHY);
    check.interval_s = 6;
    cr_assert_eq(alb_group_set_check(group, &check, NULL), ALB_OK);
    timed_httpd_pass(6000);
    await_requests(2);
}

Test(checker, a_deregistered_target_drains_and_is_cut_off_at_the_end)
{
    struct alb_pair_text delay = {BYTES_LIT("deregistration_delay.timeout_seconds"),
                                  BYTES_LIT("30")};
    use_group();
    cr_assert_eq(alb_group_set_attributes(group, &delay, 1, NULL), ALB_OK);
    struct alb_target *target = add_target();
    await(target, ALB_HEALTHY);
    alb_target_deregister(target);
    cr_expect_eq(target->state, ALB_DRAINING);
    cr_expect_str_eq(target->reason, "Target.DeregistrationInProgress");
    timed_httpd_pass(29999);
    cr_expect_eq(cut_count, 0);
    cr_expect_eq(group->targets, target);
    timed_httpd_pass(1);
    cr_expect_eq(cut_count, 1);
    cr_expect_null(group->targets);
    await_requests(1);
}

Test(checker, a_target_that_is_taken_back_while_it_drains_is_a_new_one)
{
    use_group();
    struct alb_target *target = add_target();
    await(target, ALB_HEALTHY);
    alb_target_deregister(target);
    cr_expect_eq(add_target(), target);
    cr_expect_eq(target->state, ALB_INITIAL);
    await(target, ALB_HEALTHY);
    timed_httpd_pass(300000);
    cr_expect_eq(cut_count, 0);
    cr_expect_eq(group->targets, target);
}

Test(checker, targets_that_are_there_before_are_checked_too)
{
    struct alb_target *target;
    struct alb_model *before = model;
    struct checker *its = checker;
    struct alb_model_options options = {.name = "other", .dns_name = "localhost", .seed = 1};
    struct alb_group_options made = {.name = BYTES_LIT("group"), .port = 80};
    model = alb_model_new(&options);
    cr_assert_eq(alb_group_create(model, &made, &group, NULL), ALB_OK);
    use_group();
    target = add_target();
    struct checker_options checks = {.loop = &timed_httpd.loop, .model = model, .on_cut = on_cut};
    checker = checker_new(&checks);
    cr_assert_not_null(checker);
    await(target, ALB_HEALTHY);
    alb_model_free(before);
    checker_free(its);
}
