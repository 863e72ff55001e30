#include <criterion/criterion.h>

#include "tests/support/canary_world.h"

/* What is run beside a canary's steps, and what becomes of the old slot. */

TestSuite(canary_hooks, .init = canary_world_init);

Test(canary_hooks, hooks_are_run_at_their_points)
{
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_DONE);
    cr_expect_eq(canary_world.hooks[PLAN_BEFORE_RUN], 1u);
    cr_expect_eq(canary_world.hooks[PLAN_BEFORE_STEP], 3u);
    cr_expect_eq(canary_world.hooks[PLAN_AFTER_STEP], 3u);
    cr_expect_eq(canary_world.hooks[PLAN_BEFORE_PROMOTE], 1u);
    cr_expect_eq(canary_world.hooks[PLAN_AFTER_PROMOTE], 1u);
    cr_expect_eq(canary_world.hooks[PLAN_BEFORE_ROLLBACK], 0u);
}

Test(canary_hooks, what_goes_back_or_is_held_has_hooks_of_its_own)
{
    canary_world.canary_errors = 1;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_ROLLED_BACK);
    cr_expect_eq(canary_world.hooks[PLAN_BEFORE_ROLLBACK], 1u);
    cr_expect_eq(canary_world.hooks[PLAN_AFTER_ROLLBACK], 1u);
    cr_expect_eq(canary_world.hooks[PLAN_ON_HOLD], 0u);
    cr_expect_eq(canary_world.hooks[PLAN_BEFORE_PROMOTE], 0u);
    cr_expect_eq(canary_world.hooks[PLAN_AFTER_PROMOTE], 0u);
    canary_world_init();
    canary_world.requests_per_s = 0;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_HELD);
    cr_expect_eq(canary_world.hooks[PLAN_ON_HOLD], 1u);
    cr_expect_eq(canary_world.hooks[PLAN_BEFORE_ROLLBACK], 0u);
}

/* These are news: whoever does not take them changes nothing. */
Test(canary_hooks, a_hook_that_is_told_may_fail)
{
    static const enum plan_point news[] = {PLAN_AFTER_STEP, PLAN_AFTER_PROMOTE,
                                           PLAN_BEFORE_ROLLBACK, PLAN_AFTER_ROLLBACK, PLAN_ON_HOLD};
    for (size_t i = 0; i < sizeof news / sizeof *news; i++) {
        bool is_good = i < 2, is_held = news[i] == PLAN_ON_HOLD;
        canary_world_init();
        canary_world.bad_hook = news[i];
        canary_world.canary_errors = is_good || is_held ? 0 : 1;
        canary_world.requests_per_s = is_held ? 0 : 1000;
        WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), is_good   ? CANARY_DONE
                                                        : is_held ? CANARY_HELD
                                                                  : CANARY_ROLLED_BACK);
        cr_expect_geq(canary_world.hooks[news[i]], 1u, "%s", plan_point_name(news[i]));
    }
}

Test(canary_hooks, a_hook_may_say_no)
{
    static const enum plan_point gates[] = {PLAN_BEFORE_RUN, PLAN_BEFORE_STEP, PLAN_BEFORE_PROMOTE};
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        canary_world_init();
        canary_world.bad_hook = gates[i];
        WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN),
                          gates[i] == PLAN_BEFORE_RUN ? CANARY_BROKEN : CANARY_ROLLED_BACK);
        cr_expect(canary_world_has(50, 0, 50), "%s", plan_point_name(gates[i]));
        canary_world_expect_no_lock();
    }
}

Test(canary_hooks, the_old_slot_stays_warm_and_then_retires)
{
    int64_t start_ms = canary_world.now_ms;
    WORLD_EXPECT_EXIT(
        canary_world_run(WORLD_PLAN_HEAD "\"retire_after\":\"15m\"," WORLD_PLAN_STEPS "}"),
        CANARY_DONE);
    cr_expect_eq(canary_world.retired, 0);
    cr_expect_geq(canary_world.now_ms - start_ms, 15 * 60 * 1000);
}
