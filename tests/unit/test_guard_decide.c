#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/guard_world.h"

static const char probing[] = "{\"probes\":{\"url\":\"http://127.0.0.1/\",\"failures\":3}}";

static struct guard_world world;

static void teardown(void)
{
    guard_world_release(&world);
}

TestSuite(guard_decide, .fini = teardown);

Test(guard_decide, a_step_back_that_metrics_alone_can_judge_waits_for_a_window_of_its_own)
{
    guard_world_init(&world, "{}", 50, 50);
    world.seen.homes[GUARD_LAMBDA].has_health = world.seen.homes[GUARD_LAMBDA].is_unchecked = true;
    world.seen.homes[GUARD_LAMBDA].has_window = true;
    world.seen.homes[GUARD_LAMBDA].requests = world.seen.homes[GUARD_LAMBDA].errors = 1000;
    guard_world_turn(&world, 1000);
    cr_assert_eq(world.state.phase, GUARD_AWAY);
    guard_world_probe(&world, 301, GUARD_NONE, GUARD_NONE);
    cr_assert_eq(world.steps, 1u);
    int64_t stepped_ms = world.state.stepped_ms;
    world.state.window_ms = stepped_ms + 59 * 1000; /* it began before the step */
    guard_world_probe(&world, 119, GUARD_NONE, GUARD_NONE);
    cr_expect_eq(world.steps, 1u, "nobody has seen the first step yet");
    world.state.window_ms = stepped_ms + 60 * 1000;
    guard_world_turn(&world, 1000);
    cr_expect_eq(world.steps, 2u);
}

Test(guard_decide, moves_after_three_bad_probes_and_not_after_two)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 2, GUARD_GOOD, GUARD_BAD);
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_GOOD);
    guard_world_probe(&world, 2, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 0u);
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 1u);
    cr_expect(strstr(world.act.why, "fargate fails: 3 probes in a row"), "%s", world.act.why);
    guard_world_expect(&world, 1, 0);
}

Test(guard_decide, brings_the_share_back_in_steps_once_it_was_well_for_a_while)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_probe(&world, 299, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 1, 0);
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.96, 0.04);
    guard_world_probe(&world, 60, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.8, 0.2);
    guard_world_probe(&world, 60, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.6, 0.4);
    cr_expect_eq(world.seen.weights[0], 60u, "the numbers that people gave");
    cr_expect_eq(world.state.phase, GUARD_WATCH);
    guard_world_probe(&world, 600, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.steps, 3u);
}

Test(guard_decide, one_that_fails_on_its_way_back_waits_twice_as_long)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_probe(&world, 301, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.state.phase, GUARD_BACK);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 2u);
    guard_world_probe(&world, 599, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 1, 0);
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.96, 0.04);
}

/* All periods from a second to a quarter of an hour, healthy for a half of each. */
Test(guard_decide, a_flapping_home_causes_one_move_in_five_minutes_at_most)
{
    for (int half = 1; half <= 450; half = half * 5 / 4 + 1) {
        guard_world_init(&world, probing, 50, 50);
        for (int at = 0; at < 6 * 3600; at += 2 * half) {
            guard_world_probe(&world, half, GUARD_GOOD, GUARD_BAD);
            guard_world_probe(&world, half, GUARD_GOOD, GUARD_GOOD);
        }
        for (size_t i = 1; i < world.moves; i++)
            cr_expect_geq(world.moved_ms[i] - world.moved_ms[i - 1], 300 * 1000, "half %d", half);
        cr_expect(half < 3 || world.moves > 0, "half %d: it was never left", half);
        guard_world_release(&world);
    }
    guard_world_init(&world, probing, 50, 50); /* for the teardown */
}

Test(guard_decide, with_both_homes_failing_the_weights_stay_and_it_is_told_once)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 300, GUARD_BAD, GUARD_BAD);
    cr_expect_eq(world.moves, 0u);
    cr_expect_eq(world.alarms, 1u);
    guard_world_expect(&world, 0.6, 0.4);
    guard_world_probe(&world, 31, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 0u, "lambda has only begun to answer");
    guard_world_probe(&world, 300, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 1u);
    guard_world_expect(&world, 1, 0);
}

Test(guard_decide, the_other_home_that_fails_later_gives_all_to_the_one_that_is_well)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_probe(&world, 200, GUARD_GOOD, GUARD_GOOD);
    guard_world_probe(&world, 3, GUARD_BAD, GUARD_GOOD);
    guard_world_expect(&world, 0, 1);
    guard_world_probe(&world, 300 + 120, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.6, 0.4);
}

Test(guard_decide, a_canary_is_left_alone)
{
    guard_world_init(&world, probing, 60, 40);
    world.seen.is_locked = true;
    guard_world_probe(&world, 60, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 0u);
    world.seen.is_locked = false;
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 1u, "what was seen meanwhile counts");
}

Test(guard_decide, nothing_is_done_while_the_rule_cannot_be_read)
{
    guard_world_init(&world, probing, 60, 40);
    world.seen.has_rule = false;
    guard_world_probe(&world, 60, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 0u);
}

Test(guard_decide, a_persons_weights_stay)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    world.seen.weights[0] = 70;
    world.seen.weights[1] = 30;
    guard_world_probe(&world, 4000, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.yields, 1u);
    cr_expect_eq(world.state.phase, GUARD_FOREIGN);
    guard_world_expect(&world, 0.7, 0.3);
    guard_world_probe(&world, 60, GUARD_BAD, GUARD_GOOD);
    guard_world_expect(&world, 0.7, 0.3);
}

Test(guard_decide, weights_that_a_person_sets_in_quiet_times_are_the_new_normal_ones)
{
    guard_world_init(&world, probing, 60, 40);
    world.seen.weights[0] = 20;
    world.seen.weights[1] = 80;
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_GOOD);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_probe(&world, 300 + 120, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.2, 0.8);
    cr_expect_eq(world.yields, 0u);
}

Test(guard_decide, what_was_not_written_is_written_again)
{
    guard_world_init(&world, probing, 60, 40);
    world.is_deaf = true;
    guard_world_probe(&world, 4, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.act.kind, GUARD_AGAIN);
    world.is_deaf = false;
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_BAD);
    guard_world_expect(&world, 1, 0);
    guard_world_probe(&world, 2, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.act.kind, GUARD_STAY);
}

Test(guard_decide, fargate_at_zero_gets_its_tasks_before_it_gets_requests)
{
    guard_world_init(
        &world,
        "{\"probes\":{\"url\":\"http://127.0.0.1/\",\"failures\":3},\"fargate\":{\"cluster\":\"c\","
        "\"services\":[\"s\"],\"tasks\":2}}",
        100, 0);
    guard_world_probe(&world, 5, GUARD_BAD, GUARD_BAD);
    cr_expect_gt(world.scales, 0u);
    guard_world_expect(&world, 1, 0);
    for (unsigned healthy = 0; healthy <= 2; healthy++) {
        guard_world_expect(&world, 1, 0);
        world.seen.homes[GUARD_FARGATE] =
            (struct guard_home_seen){.has_health = true, .healthy = healthy, .total = 2};
        guard_world_probe(&world, 1, GUARD_BAD, healthy ? GUARD_GOOD : GUARD_BAD);
    }
    guard_world_expect(&world, 0, 1);
}

/* --- and has what it had before --- */

static void scaled_lambda_failure(void)
{
    guard_world_init(
        &world,
        "{\"probes\":{\"url\":\"http://127.0.0.1/\",\"failures\":3},\"fargate\":{\"cluster\":\"c\","
        "\"services\":[\"s\"],\"tasks\":4}}",
        60, 40);
    guard_world_probe(&world, 3, GUARD_BAD, GUARD_GOOD);
    cr_expect(world.state.scaled.is_set);
    world.seen.homes[GUARD_FARGATE] =
        (struct guard_home_seen){.has_health = true, .healthy = 4, .total = 4};
    guard_world_probe(&world, 1, GUARD_BAD, GUARD_GOOD);
    guard_world_expect(&world, 0, 1);
}

Test(guard_decide, tasks_go_once_the_share_has_come_back_and_not_before)
{
    scaled_lambda_failure();
    guard_world_probe(&world, 300 + 60 + 59, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.unscales, 0u);
    guard_world_probe(&world, 2, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.6, 0.4);
    cr_expect_eq(world.unscales, 1u);
    guard_world_probe(&world, 600, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.unscales, 1u);
}

Test(guard_decide, tasks_stay_where_a_person_gives_fargate_more)
{
    scaled_lambda_failure();
    world.seen.weights[0] = 20;
    world.seen.weights[1] = 80;
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.state.phase, GUARD_FOREIGN);
    world.state.phase = GUARD_WATCH; /* as `clear` does */
    guard_world_probe(&world, 3600, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.unscales, 0u);
    world.seen.weights[0] = 60;
    world.seen.weights[1] = 40;
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.unscales, 1u);
}

Test(guard_decide, tasks_go_where_lambda_came_back_before_its_share_was_moved)
{
    guard_world_init(&world,
                     "{\"probes\":{\"failures\":3,\"url\":\"http://127.0.0.1/"
                     "\"},\"metrics\":{\"windows\":0},\"fargate\":{\"cluster\":\"c\","
                     "\"services\":[\"s\"],\"tasks\":4}}",
                     60, 40);
    guard_world_probe(&world, 3, GUARD_BAD, GUARD_GOOD);
    guard_world_probe(&world, 299, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.unscales, 0u);
    guard_world_probe(&world, 2, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.unscales, 1u);
    cr_expect_eq(world.moves, 0u);
}

/* --- metrics --- */

static void window(int home, uint64_t requests, uint64_t errors, double latency_ms)
{
    world.seen.homes[home].has_window = true;
    world.seen.homes[home].requests = requests;
    world.seen.homes[home].errors = errors;
    world.seen.homes[home].latency_ms = latency_ms;
}

Test(guard_decide, one_window_of_total_failure_is_enough)
{
    guard_world_init(&world, "{}", 60, 40);
    window(GUARD_FARGATE, 1000, 900, 1);
    guard_world_turn(&world, 60000);
    cr_expect_eq(world.moves, 1u);
}

Test(guard_decide, bad_windows_need_a_second_one)
{
    guard_world_init(&world, "{}", 60, 40);
    for (int round = 0; round < 3; round++) {
        window(GUARD_FARGATE, 1000, 200, 1);
        guard_world_turn(&world, 60000);
        window(GUARD_FARGATE, 1000, 2, 1);
        guard_world_turn(&world, 60000);
    }
    cr_expect_eq(world.moves, 0u);
    for (int round = 0; round < 2; round++) {
        window(GUARD_FARGATE, 1000, 10, 6000);
        guard_world_turn(&world, 60000);
    }
    cr_expect_eq(world.moves, 1u);
    cr_expect(strstr(world.act.why, "takes over 6000 ms"), "%s", world.act.why);
}

Test(guard_decide, a_few_errors_of_a_quiet_minute_are_no_failure)
{
    guard_world_init(&world, "{}", 60, 40);
    for (int round = 0; round < 20; round++) {
        window(GUARD_FARGATE, 19, 19, 1); /* too few */
        window(GUARD_LAMBDA, 25, 6, 1);
        guard_world_turn(&world, 60000);
    }
    cr_expect_eq(world.moves, 0u);
}

Test(guard_decide, targets_that_are_all_unhealthy_at_two_looks_are_a_failure)
{
    guard_world_init(&world, "{}", 60, 40);
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(world.moves, 0u);
        world.seen.homes[GUARD_FARGATE] =
            (struct guard_home_seen){.has_health = true, .healthy = 0, .total = 2};
        guard_world_turn(&world, 5000);
    }
    cr_expect_eq(world.moves, 1u);
}
