#include <criterion/criterion.h>

#include "runtime/alb/choice.h"

enum { TARGETS = 4, SLOW_S = 30, DRAWS = 12000 };

static struct choice targets[TARGETS], *all[TARGETS];
static struct random_state seeded;
static int64_t now_ms = 1000000;
static unsigned seen[TARGETS];

static void setup(void)
{
    for (size_t i = 0; i < TARGETS; i++) {
        targets[i] = (struct choice){.is_eligible = true};
        all[i] = &targets[i];
    }
    memset(seen, 0, sizeof seen);
    random_init(&seeded, 20240607);
}

TestSuite(choice, .init = setup);

static size_t pick(enum alb_algorithm algorithm)
{
    const struct choice *target = choice_pick(all, TARGETS, algorithm, SLOW_S, now_ms, &seeded);
    cr_assert_not_null(target);
    seen[target - targets]++;
    return (size_t)(target - targets);
}

Test(choice, round_robin_takes_each_in_turn)
{
    for (size_t n = 0; n < 3 * TARGETS; n++)
        cr_expect_eq(pick(ALB_ROUND_ROBIN), n % TARGETS);
}

Test(choice, one_that_comes_back_has_no_more_turns_than_the_others)
{
    targets[2].is_eligible = false;
    for (size_t n = 0; n < 300; n++)
        cr_expect_neq(pick(ALB_ROUND_ROBIN), 2);
    targets[2].is_eligible = true;
    memset(seen, 0, sizeof seen);
    for (size_t n = 0; n < 10 * TARGETS; n++)
        (void)pick(ALB_ROUND_ROBIN);
    for (size_t i = 0; i < TARGETS; i++)
        cr_expect_eq(seen[i], 10, "target %zu: %u", i, seen[i]);
}

Test(choice, none_is_chosen_where_none_is_eligible)
{
    for (size_t i = 0; i < TARGETS; i++)
        targets[i].is_eligible = false;
    for (int algorithm = ALB_ROUND_ROBIN; algorithm <= ALB_WEIGHTED_RANDOM; algorithm++)
        cr_expect_null(
            choice_pick(all, TARGETS, (enum alb_algorithm)algorithm, 0, now_ms, &seeded));
    cr_expect_null(choice_pick(all, 0, ALB_ROUND_ROBIN, 0, now_ms, &seeded));
}

Test(choice, least_outstanding_takes_the_idlest_and_equals_in_turn)
{
    targets[0].in_flight = 3;
    targets[1].in_flight = 1;
    targets[2].in_flight = 1;
    targets[3].in_flight = 0;
    targets[3].is_eligible = false;
    cr_expect_eq(pick(ALB_LEAST_OUTSTANDING), 1);
    cr_expect_eq(pick(ALB_LEAST_OUTSTANDING), 2);
    cr_expect_eq(pick(ALB_LEAST_OUTSTANDING), 1);
    targets[1].in_flight = targets[2].in_flight = 4;
    cr_expect_eq(pick(ALB_LEAST_OUTSTANDING), 0);
}

Test(choice, weighted_random_takes_each_as_often_as_chance_allows)
{
    double chi_square = 0;
    targets[1].is_eligible = false;
    for (int n = 0; n < DRAWS; n++)
        (void)pick(ALB_WEIGHTED_RANDOM);
    cr_expect_eq(seen[1], 0);
    for (size_t i = 0; i < TARGETS; i++)
        if (i != 1)
            chi_square += (seen[i] - DRAWS / 3.0) * (seen[i] - DRAWS / 3.0) / (DRAWS / 3.0);
    cr_expect_lt(chi_square, 13.82, "%f", chi_square); /* p = 0.001 with two degrees of freedom */
}

Test(choice, a_share_grows_evenly_to_a_full_one_in_slow_start)
{
    targets[3].is_eligible = false;
    choice_slow_start(&targets[3], all, TARGETS, ALB_ROUND_ROBIN, SLOW_S, now_ms);
    cr_expect_eq(choice_share(&targets[3], SLOW_S, now_ms), 1);
    cr_expect_eq(choice_share(&targets[3], SLOW_S, now_ms + 3000), 100);
    cr_expect_eq(choice_share(&targets[3], SLOW_S, now_ms + 15000), 500);
    cr_expect_eq(choice_share(&targets[3], SLOW_S, now_ms + 29999), 999);
    cr_expect_neq(targets[3].slow_since_ms, 0);
    cr_expect_eq(choice_share(&targets[3], SLOW_S, now_ms + 30000), CHOICE_FULL_SHARE);
    cr_expect_eq(targets[3].slow_since_ms, 0);
    cr_expect_eq(choice_share(&targets[0], SLOW_S, now_ms), CHOICE_FULL_SHARE);
}

Test(choice, round_robin_gives_by_share)
{
    choice_slow_start(&targets[3], all, TARGETS, ALB_ROUND_ROBIN, SLOW_S, now_ms);
    now_ms += 15000; /* half a share: 2 of 14 */
    for (size_t n = 0; n < 70; n++)
        (void)pick(ALB_ROUND_ROBIN);
    for (size_t i = 0; i < TARGETS; i++)
        cr_expect_eq(seen[i], i == 3 ? 10 : 20, "target %zu: %u", i, seen[i]);
}

Test(choice, slow_start_wants_a_healthy_neighbour_that_is_not_in_it_itself)
{
    targets[0].is_eligible = targets[1].is_eligible = targets[2].is_eligible = false;
    choice_slow_start(&targets[3], all, TARGETS, ALB_ROUND_ROBIN, SLOW_S, now_ms);
    cr_expect_eq(targets[3].slow_since_ms, 0, "the only one");
    targets[2].is_eligible = true;
    targets[2].slow_since_ms = now_ms;
    choice_slow_start(&targets[3], all, TARGETS, ALB_ROUND_ROBIN, SLOW_S, now_ms);
    cr_expect_eq(targets[3].slow_since_ms, 0, "the other one is in slow start");
    choice_slow_end(&targets[2]);
    choice_slow_start(&targets[3], all, TARGETS, ALB_ROUND_ROBIN, SLOW_S, now_ms);
    cr_expect_eq(targets[3].slow_since_ms, now_ms);
}

Test(choice, slow_start_is_for_round_robin_with_a_duration)
{
    choice_slow_start(&targets[3], all, TARGETS, ALB_LEAST_OUTSTANDING, SLOW_S, now_ms);
    cr_expect_eq(targets[3].slow_since_ms, 0);
    choice_slow_start(&targets[3], all, TARGETS, ALB_WEIGHTED_RANDOM, SLOW_S, now_ms);
    cr_expect_eq(targets[3].slow_since_ms, 0);
    choice_slow_start(&targets[3], all, TARGETS, ALB_ROUND_ROBIN, 0, now_ms);
    cr_expect_eq(targets[3].slow_since_ms, 0);
}
