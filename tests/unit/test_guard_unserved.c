#include <criterion/criterion.h>

#include "tests/support/guard_world.h"

/* Whose the load balancer's own 503s are. */

static struct guard_world world;

static void teardown(void)
{
    guard_world_release(&world);
}

TestSuite(guard_unserved, .fini = teardown);

static const struct row {
    const char *what;
    unsigned lambda_weight, fargate_weight;
    uint64_t lambda, fargate, unserved;
    uint64_t of_lambda, of_fargate; /* of those without a target */
} rows[] = {
    {"Fargate has no target any more", 50, 50, 600, 0, 590, 0, 590},
    {"since half a window", 50, 50, 600, 300, 290, 0, 290},
    {"a small share", 90, 10, 900, 2, 100, 0, 98},
    {"Lambda has none", 50, 50, 3, 600, 610, 597, 0},
    {"the only home has none", 100, 0, 10, 0, 600, 600, 0},
    {"neither has", 75, 25, 0, 0, 400, 300, 100},
    {"all is well", 50, 50, 612, 588, 0, 0, 0},
    {"another rule's 503s", 50, 50, 612, 588, 700, 0, 0},
    {"another rule's, beside the noise of a small share", 95, 5, 1900, 80, 30, 0, 0},
    {"the other home's stickiness, beside a few 503s", 50, 50, 900, 300, 20, 0, 0},
    {"its share is away", 100, 0, 1200, 0, 300, 0, 0},
    {"weights that have just been moved", 10, 90, 600, 590, 0, 0, 0},
    {"nobody asks", 50, 50, 0, 0, 0, 0, 0},
};

Test(guard_unserved, is_told_by_the_requests_that_a_home_has_not)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        guard_world_init(&world, "{}", row->lambda_weight, row->fargate_weight);
        struct guard_home_seen *homes = world.seen.homes;
        homes[GUARD_LAMBDA].requests = row->lambda;
        homes[GUARD_FARGATE].requests = row->fargate;
        guard_unserved(&world.state, row->unserved, &world.seen);
        cr_expect_eq(homes[GUARD_LAMBDA].errors, row->of_lambda, "%s: %d", row->what,
                     (int)homes[GUARD_LAMBDA].errors);
        cr_expect_eq(homes[GUARD_FARGATE].errors, row->of_fargate, "%s: %d", row->what,
                     (int)homes[GUARD_FARGATE].errors);
        cr_expect_eq(homes[GUARD_LAMBDA].requests, row->lambda + row->of_lambda, "%s", row->what);
        cr_expect_eq(homes[GUARD_FARGATE].requests, row->fargate + row->of_fargate, "%s",
                     row->what);
        guard_world_release(&world);
    }
    guard_world_init(&world, "{}", 50, 50);
}
