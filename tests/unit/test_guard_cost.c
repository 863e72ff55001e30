#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/guard/guard_cost.h"
#include "tests/support/guard_world.h"

/*
 * The guard's cost policy. A request costs 0.2 / 1,000,000 + 0.0000133334 * 0.25 * 0.02 =
 * 2.66667e-7, two tasks 0.08 an hour: they cost the same at 83.3 requests a second. The tasks carry
 * 200.
 */

static const char policy[] =
    "{\"fargate\":{\"cluster\":\"c\",\"services\":[\"s\"],\"tasks\":2},"
    "\"cost\":{\"million_requests\":0.2,\"gb_second\":0.0000133334,\"memory\":256,"
    "\"duration\":\"20ms\",\"task_hour\":0.04,\"task_requests\":100}}";

enum { MINUTE_MS = 60000, HEALTHY = 2 };

static struct guard_world world;

static void teardown(void)
{
    guard_world_release(&world);
}

TestSuite(guard_cost, .fini = teardown);

/* Minutes of so many requests a second, and of so many healthy tasks. */
static void traffic(int minutes, double rate, unsigned healthy)
{
    for (int i = 0; i < minutes; i++) {
        for (int home = 0; home < GUARD_HOMES; home++) {
            double share = guard_world_share(&world, (enum guard_home)home);
            world.seen.homes[home] =
                (struct guard_home_seen){.has_window = true,
                                         .requests = (uint64_t)llround(60 * rate * share),
                                         .has_health = true,
                                         .healthy = home == GUARD_FARGATE ? healthy : 1,
                                         .total = home == GUARD_FARGATE ? healthy : 1};
        }
        guard_world_turn(&world, MINUTE_MS);
    }
}

static void expect_fargate(double share)
{
    double is = guard_world_share(&world, GUARD_FARGATE);
    cr_expect(fabs(is - share) < 0.002, "%g, not %g: %s", is, share, world.act.why);
}

Test(guard_cost, break_even_is_what_the_tasks_cost_by_what_a_request_costs)
{
    guard_world_init(&world, policy, 100, 0);
    const struct guard_cost *cost = &world.policy.cost;
    cr_expect(fabs(guard_cost_of_request(cost) - 2.66667e-7) < 1e-12, "%g",
              guard_cost_of_request(cost));
    double even = guard_cost_break_even(cost, 2);
    cr_expect(fabs(even - 83.3332) < 0.001, "%g", even);
    double month_s = 730 * 3600;
    cr_expect(fabs(even * month_s * guard_cost_of_request(cost) - 2 * 730 * 0.04) < 1e-6);
    cr_expect(fabs(guard_cost_break_even(cost, 1) * 2 - even) < 1e-9);
    cr_expect_eq(guard_cost_share(&world.policy, 99, false), 0.0);
    cr_expect_eq(guard_cost_share(&world.policy, 101, false), 1.0);
    cr_expect_eq(guard_cost_share(&world.policy, 67, true), 1.0);
    cr_expect_eq(guard_cost_share(&world.policy, 66, true), 0.0);
    cr_expect_eq(guard_cost_share(&world.policy, 400, true), 0.5, "what the tasks carry");
}

Test(guard_cost, without_prices_nothing_is_done)
{
    guard_world_init(&world, "{}", 50, 50);
    traffic(600, 1, HEALTHY);
    cr_expect_eq(world.costs + world.shrinks + world.scales, 0u);
}

Test(guard_cost, little_traffic_is_lambdas_and_fargate_has_no_tasks)
{
    guard_world_init(&world, policy, 50, 50);
    traffic(10, 20, HEALTHY);
    expect_fargate(0.5);
    traffic(1, 20, HEALTHY);
    expect_fargate(0);
    cr_expect_eq(world.shrinks, 0u);
    traffic(12, 20, HEALTHY);
    cr_expect_eq(world.shrinks, 1u);
    traffic(60, 20, 0);
    cr_expect_eq(world.shrinks + world.costs, 2u);
    cr_expect_eq(world.scales + world.moves + world.alarms + world.yields, 0u);
}

Test(guard_cost, more_traffic_is_fargates_once_it_has_its_tasks_and_lambda_takes_the_bursts)
{
    guard_world_init(&world, policy, 100, 0);
    traffic(11, 120, 0);
    cr_expect_eq(world.act.kind, GUARD_SCALE);
    cr_expect(strstr(world.act.why, "120.0 requests a second, both homes cost the same at "
                                    "83.3: 0 of 2 tasks are healthy"),
              "%s", world.act.why);
    traffic(1, 120, 1);
    expect_fargate(0);
    traffic(1, 120, HEALTHY);
    expect_fargate(1);
    traffic(1, 400, HEALTHY);
    expect_fargate(0.5);
    traffic(10, 150, HEALTHY);
    expect_fargate(0.5);
    traffic(1, 150, HEALTHY);
    expect_fargate(1);
    cr_expect_eq(world.costs, 3u);
}

/* Up and down across the break-even, by less than the margin or for less than the hold. */
Test(guard_cost, does_not_flap_around_the_break_even)
{
    guard_world_init(&world, policy, 100, 0);
    for (int hour = 0; hour < 24; hour++) {
        traffic(30, 98, 0);
        traffic(30, 68, 0);
        traffic(9, 190, 0);
        traffic(1, 20, 0);
    }
    cr_expect_eq(world.costs + world.scales, 0u);
    traffic(11, 120, HEALTHY);
    expect_fargate(1);
    for (int hour = 0; hour < 24; hour++) {
        traffic(30, 98, HEALTHY);
        traffic(30, 68, HEALTHY);
        traffic(9, 10, HEALTHY);
        traffic(1, 120, HEALTHY);
    }
    cr_expect_eq(world.costs, 1u);
}

Test(guard_cost, an_ill_home_comes_first)
{
    guard_world_init(&world, policy, 50, 50);
    for (int i = 0; i < 60; i++) {
        traffic(8, 20, HEALTHY);
        world.seen.homes[GUARD_FARGATE].probe = GUARD_BAD;
        guard_world_turn(&world, 1);
        world.seen.homes[GUARD_FARGATE].probe = GUARD_GOOD;
        guard_world_turn(&world, 1);
    }
    cr_expect_eq(world.costs, 0u);
    traffic(2, 20, 0);
    cr_expect_eq(world.moves, 1u);
    traffic(4, 20, HEALTHY);
    cr_expect_eq(world.costs + world.shrinks, 0u, "its share is away");
}

Test(guard_cost, a_canary_is_left_alone_and_what_it_leaves_is_no_persons_doing)
{
    guard_world_init(&world, policy, 50, 50);
    world.seen.is_locked = true;
    traffic(60, 20, HEALTHY);
    world.seen.weights[0] = 30;
    world.seen.weights[1] = 70;
    traffic(60, 20, HEALTHY);
    cr_expect_eq(world.costs + world.shrinks, 0u);
    world.seen.is_locked = false;
    traffic(10, 20, HEALTHY);
    cr_expect_eq(world.costs, 0u, "the hold begins anew");
    traffic(2, 20, HEALTHY);
    expect_fargate(0);
    cr_expect_eq(world.yields, 0u);
}

Test(guard_cost, a_persons_weights_stay_and_it_is_told_once)
{
    guard_world_init(&world, policy, 50, 50);
    traffic(11, 20, HEALTHY);
    expect_fargate(0);
    world.seen.weights[0] = 60;
    world.seen.weights[1] = 40;
    traffic(200, 20, HEALTHY);
    expect_fargate(0.4);
    cr_expect_eq(world.yields, 1u);
    cr_expect_eq(world.costs, 1u);
    world.state.cost = (struct guard_cost_state){.is_begun = false}; /* as `clear` does */
    world.state.wished[0] = world.state.tried[0] = 50;
    traffic(10, 20, HEALTHY);
    expect_fargate(0.4);
    traffic(2, 20, HEALTHY);
    expect_fargate(0);
    world.seen.weights[0] = 60;
    world.seen.weights[1] = 40;
    traffic(1, 20, HEALTHY);
    cr_expect_eq(world.yields, 2u);
    traffic(3, 20, 0);
    cr_expect_eq(world.moves, 1u, "a home that fails is left all the same");
}

Test(guard_cost, what_was_not_written_is_written_again)
{
    guard_world_init(&world, policy, 50, 50);
    world.is_deaf = true;
    traffic(12, 20, HEALTHY);
    cr_expect_eq(world.act.kind, GUARD_AGAIN);
    world.is_deaf = false;
    traffic(1, 20, HEALTHY);
    expect_fargate(0);
    cr_expect_eq(world.yields, 0u);
}

/* A third group that is of no home, with a fifth of all. */
Test(guard_cost, a_group_of_no_home_keeps_its_share)
{
    guard_world_init(&world, policy, 40, 40);
    world.state.count = 3;
    (void)snprintf(world.state.groups[2], GUARD_NAME_MAX, "elsewhere");
    world.seen.weights[2] = world.state.wished[2] = world.state.tried[2] = 20;
    traffic(12, 20, HEALTHY);
    expect_fargate(0);
    cr_expect(fabs(shares_of(world.seen.weights, 3, 2) - 0.2) < 0.002, "%u of %u, %u",
              world.seen.weights[2], world.seen.weights[0], world.seen.weights[1]);
    traffic(20, 200, HEALTHY);
    expect_fargate(0.8);
    traffic(60, 200, HEALTHY);
    cr_expect_eq(world.costs, 2u);
}
