#include <criterion/criterion.h>
#include <math.h>

#include "tests/support/guard_world.h"

/*
 * A week of two healthy homes, with what healthy homes do: errors that come in waves, a burst of
 * them now and then, probes that get lost, a task that is replaced. None of it may move a share.
 */

enum { WEEK_S = 7 * 24 * 3600, STEP_S = 5 };

static uint64_t seed;

/* xorshift64*, so that a week is the same everywhere; from 0 to 1 */
static double chance(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (double)((seed * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

/* About `mean` events, normally spread. */
static uint64_t count_about(double mean)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += chance();
    return (uint64_t)llround(fmax(mean + (sum - 6) * sqrt(mean), 0));
}

/* A minute's metrics: a day's wave of requests, 0.5 % errors, in one minute of 200 eight times
 * that. */
static void add_window(struct guard_world *world, int home, int at_s)
{
    struct guard_home_seen *seen = &world->seen.homes[home];
    double wave = 1 + 0.9 * sin(2 * M_PI * at_s / 86400.0);
    double rate = chance() < 0.005 ? 0.04 : 0.005;
    seen->has_window = true;
    seen->requests = count_about(600 * wave);
    seen->errors = count_about((double)seen->requests * rate);
    seen->latency_ms = 50 + 2000 * chance() * chance();
}

static void live_a_week(struct guard_world *world)
{
    int hurt_until[GUARD_HOMES] = {0, 0};
    for (int at = 0; at < WEEK_S; at += STEP_S) {
        for (int i = 0; i < GUARD_HOMES; i++) {
            struct guard_home_seen *seen = &world->seen.homes[i];
            if (chance() < 1.0 / 4000)
                hurt_until[i] = at + STEP_S; /* a task is replaced: a probe meets it */
            seen->probe = at < hurt_until[i] || chance() < 0.001 ? GUARD_BAD : GUARD_GOOD;
            seen->has_health = true;
            seen->total = 2;
            seen->healthy = at < hurt_until[i] ? 1 : 2;
            if (at % 60 == 0)
                add_window(world, i, at);
        }
        guard_world_turn(world, 1000 * STEP_S);
    }
}

/* A probe in a thousand is lost, so that three in a row would be about once in 160 years. */
Test(guard_week, of_healthy_noisy_traffic_has_no_false_move)
{
    struct guard_world world;
    seed = 88172645463325252u;
    guard_world_init(&world, "{\"probes\":{\"url\":\"http://127.0.0.1/\",\"interval\":\"5s\"}}", 60,
                     40);
    live_a_week(&world);
    cr_expect_eq(world.moves + world.alarms + world.steps, 0u);

    /* The same noise hides no failure. */
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 1u);
    guard_world_release(&world);
}
