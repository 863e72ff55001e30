#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/guard/guard_state.h"

/* Which group is a home's where it has no weight. */

enum { LAMBDA_A, LAMBDA_B, FARGATE_A, FARGATE_B };

static struct guard_state state;

static void setup(void)
{
    static const char *const names[] = {"lambda-a", "lambda-b", "fargate-a", "fargate-b"};
    state = (struct guard_state){.count = 4};
    for (size_t i = 0; i < state.count; i++)
        (void)snprintf(state.groups[i], GUARD_NAME_MAX, "%s", names[i]);
}

TestSuite(guard_stand_in, .init = setup);

static void look(unsigned lambda_a, unsigned lambda_b, unsigned fargate_a, unsigned fargate_b)
{
    const unsigned weights[SHARES_MAX] = {lambda_a, lambda_b, fargate_a, fargate_b};
    guard_stand_in_look(&state, weights);
    memcpy(state.normal, weights, sizeof weights);
}

static void expect(size_t lambda, size_t fargate)
{
    cr_expect_eq(guard_group(&state, GUARD_LAMBDA), lambda);
    cr_expect_eq(guard_group(&state, GUARD_FARGATE), fargate);
}

Test(guard_stand_in, a_home_that_never_had_weight_is_where_releases_go)
{
    look(100, 0, 0, 0);
    expect(LAMBDA_A, FARGATE_B);
}

Test(guard_stand_in, one_that_had_weight_is_where_it_was)
{
    look(50, 0, 50, 0);
    look(100, 0, 0, 0);
    look(100, 0, 0, 0);
    expect(LAMBDA_A, FARGATE_A);
}

Test(guard_stand_in, a_release_that_was_promoted_is_in_the_last_slot)
{
    look(50, 0, 50, 0);
    look(0, 0, 100, 0);
    expect(LAMBDA_A, FARGATE_A);
    look(0, 0, 0, 100);
    expect(LAMBDA_B, FARGATE_B);
    look(0, 0, 100, 0);
    expect(LAMBDA_B, FARGATE_A);
}

Test(guard_stand_in, others_are_asked_where_a_home_has_no_weight_alone)
{
    look(100, 0, 0, 0);
    cr_expect_eq(guard_stand_in_other(&state, GUARD_FARGATE, 0), FARGATE_A);
    cr_expect_eq(guard_stand_in_other(&state, GUARD_FARGATE, FARGATE_A + 1), SHARES_MAX);
    cr_expect_eq(guard_stand_in_other(&state, GUARD_LAMBDA, 0), SHARES_MAX);
    state.stand_in[GUARD_FARGATE] = FARGATE_A + 1;
    expect(LAMBDA_A, FARGATE_A);
}
