#include <criterion/criterion.h>
#include <math.h>

#include "pipeline/guard/guard_pace.h"
#include "tests/support/guard_world.h"

/*
 * A week of two healthy homes, with what healthy homes do: errors that come in waves, a burst of
 * them now and then, probes that get lost, hiccups in which nobody answers, a task of ten that dies
 * and is taken out by the load balancer. None of it may move a share.
 *
 * Probes are those of the default policy, at the pace of the traffic, with their confirmations. A
 * good one behind a good one changes nothing, so that the week goes from bad probe to bad probe.
 */

enum { STEP_MS = 5000, STEPS = 7 * 24 * 3600 / 5, STEPS_OF_HOUR = 720, HICCUP_MS = 30 };

static const double lost = 0.01, tasks = 10; /* one probe in a hundred is lost by itself */

/* One home's week. */
struct living {
    struct guard_pace pace;
    int64_t hiccup_ms;   /* its beginning */
    int64_t sick_end_ms; /* until then, one task of ten is dead */
    uint64_t probes, bad;
};

static uint64_t seed;

/* xorshift64*, so that a week is the same everywhere; above 0, at most 1 */
static double chance(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (double)(((seed * 2685821657736338717u) >> 11) + 1) / 9007199254740992.0;
}

/* About `mean` events, normally spread. */
static uint64_t count_about(double mean)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += chance();
    return (uint64_t)llround(fmax(mean + (sum - 6) * sqrt(mean), 0));
}

/* A minute's metrics: a day's wave of 20 to 2,000 requests a second, 0.5 % errors, in one minute of
 * 200 eight times that. */
static void add_window(struct guard_world *world, int home, int step)
{
    struct guard_home_seen *seen = &world->seen.homes[home];
    double wave = 1 + 0.98 * sin(2 * M_PI * step / (24 * STEPS_OF_HOUR));
    double rate = chance() < 0.005 ? 0.04 : 0.005;
    seen->has_window = true;
    seen->requests = count_about(60 * 1000 * wave);
    seen->errors = count_about((double)seen->requests * rate);
    seen->latency_ms = 50 + 2000 * chance() * chance();
}

/* The part of the probes that fails at a time. */
static double failing(const struct living *home, int64_t at_ms)
{
    if (at_ms >= home->hiccup_ms && at_ms < home->hiccup_ms + HICCUP_MS)
        return 1;
    return at_ms < home->sick_end_ms ? lost + 1 / tasks : lost;
}

/* As the engine does it: signs first, and a decision behind those that say something. */
static void probe_once(struct guard_world *world, struct living *home, int index, double part)
{
    bool is_good = chance() > part;
    struct guard_seen seen = {.now_ms = world->seen.now_ms};
    home->pace.sent_ms = guard_pace_next_ms(&home->pace);
    (void)guard_pace_answer(&home->pace, is_good);
    home->probes++;
    home->bad += !is_good;
    seen.homes[index].probe = is_good ? GUARD_GOOD : GUARD_BAD;
    guard_signs(&world->policy, &seen, &world->state);
    if (world->state.homes[index].is_down)
        guard_world_turn(world, 0);
}

/* Passes over good probes, up to a bad one or to what changes. true: the next one is bad. */
static bool pass_good_ones(struct living *home, int64_t end_ms)
{
    int64_t next_ms = guard_pace_next_ms(&home->pace), pace_ms = next_ms - home->pace.sent_ms;
    bool is_before = home->hiccup_ms > next_ms && home->hiccup_ms < end_ms;
    int64_t most = ((is_before ? home->hiccup_ms : end_ms) - next_ms - 1) / pace_ms;
    int64_t good = (int64_t)(log(chance()) / log(1 - failing(home, next_ms)));
    int64_t count = good < most ? good : most;
    home->pace.sent_ms += count * pace_ms;
    home->probes += (uint64_t)count;
    return good < most;
}

static void live_a_step(struct guard_world *world, struct living *home, int index, int64_t end_ms)
{
    home->pace.rate = world->state.homes[index].rate;
    for (int64_t at_ms; (at_ms = guard_pace_next_ms(&home->pace)) < end_ms;) {
        double part = failing(home, at_ms);
        bool is_bad = home->pace.bad == 0 && part < 1 && pass_good_ones(home, end_ms);
        probe_once(world, home, index, is_bad ? 1 : part);
    }
}

static void live_a_week(struct guard_world *world, struct living *homes)
{
    for (int step = 0; step < STEPS; step++) {
        int64_t begin_ms = (int64_t)step * STEP_MS;
        for (int i = 0; i < GUARD_HOMES; i++) {
            struct living *home = &homes[i];
            if (chance() < 1.0 / STEPS_OF_HOUR)
                home->hiccup_ms = begin_ms + (int64_t)(chance() * (STEP_MS - HICCUP_MS));
            if (chance() < 0.05 / STEPS_OF_HOUR)
                home->sick_end_ms = begin_ms + 30 * 1000;
            bool is_sick = begin_ms < home->sick_end_ms;
            live_a_step(world, home, i, begin_ms + STEP_MS);
            world->seen.homes[i].has_health = true;
            world->seen.homes[i].total = (unsigned)tasks;
            world->seen.homes[i].healthy = (unsigned)tasks - is_sick;
            if (step % 12 == 0)
                add_window(world, i, step);
        }
        guard_world_turn(world, STEP_MS);
    }
}

Test(guard_week, of_healthy_noisy_traffic_has_no_false_move)
{
    struct guard_world world;
    struct living homes[GUARD_HOMES] = {{.hiccup_ms = 0}};
    seed = 88172645463325252u;
    guard_world_init(&world, "{\"probes\":{\"url\":\"http://127.0.0.1/\"}}", 60, 40);
    for (int i = 0; i < GUARD_HOMES; i++)
        homes[i].pace.probes = &world.policy.probes;
    live_a_week(&world, homes);
    cr_expect_eq(world.moves + world.alarms + world.steps, 0u, "%s", world.state.homes[1].why);
    for (int i = 0; i < GUARD_HOMES; i++) {
        double part = (double)homes[i].bad / (double)homes[i].probes;
        cr_expect(homes[i].probes > 10 * 1000 * 1000 && part > lost && part < 1.5 * lost,
                  "%g of %g probes were bad", part, (double)homes[i].probes);
    }

    /* The same noise hides no failure. */
    guard_world_probe(&world, 7, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 0u);
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 1u);
    guard_world_release(&world);
}
