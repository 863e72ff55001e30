/*
 * canary.c: how often the judge of the canary is wrong, beside the rules of Flagger and Kayenta on
 * the same seeded traffic. Run by `make bench ONLY=canary`.
 *
 * usage: canary [RUNS]      of each kind (10000)
 * Exit status: 0 · 1 a figure is worse than what is promised, or than a peer's · 2 bad usage.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/canary/estimate.h"
#include "tests/support/canary_peers.h"

/* Five failed checks roll back, as in Flagger's example, whose thresholds are 99 % of success and
 * 500 ms. The others are chosen with the traffic known, as no user could: half way between what is
 * right and what is wrong, and above both. */
static const struct flagger flagger_example = {0.01, 500, 5};
static const struct flagger flagger_fitted = {0.015, 140, 5};
static const struct flagger flagger_lenient = {0.025, 180, 5};
/* Kayenta's defaults, every five minutes and at the end alone. */
static const struct kayenta kayenta_often = {0.98, 0.25, 5};
static const struct kayenta kayenta_once = {0.98, 0.25, 1000};

static const struct traffic_case equal_cases[] = {
    {.name = "even traffic", .windows = 60, .error_rate = 0.01},
    {.name = "low traffic", .requests = 200, .windows = 60, .error_rate = 0.01},
    {.name = "half to each", .requests = 1000, .share = 0.5, .windows = 60, .error_rate = 0.01},
    {.name = "waves and spikes", .windows = 60, .error_rate = 0.01, .shape = TRAFFIC_WAVES},
    {.name = "noisy minutes", .windows = 60, .error_rate = 0.01, .shared_noise = 1},
    {.name = "each slot's own noise", .windows = 60, .error_rate = 0.01, .own_noise = 0.04},
    {.name = "1 to 50 % in steps", .windows = 60, .error_rate = 0.01, .shape = TRAFFIC_GROWING},
    {.name = "coarse bins", .windows = 60, .error_rate = 0.01, .coarse = 8},
    {.name = "no errors", .windows = 60},
};

enum { EQUAL_CASES = sizeof equal_cases / sizeof *equal_cases };

/* What is wrong with the canary, and in how many runs it must be found. */
static const struct worse {
    struct traffic_case what;
    double least;
} worse_cases[] = {
    {{.name = "twice the errors, 1 % to 2 %", .error_rate = 0.01, .error_times = 2}, 0.95},
    {{.name = "total failure, 2 windows", .windows = 2, .error_rate = 0.01, .error_more = 1}, 1},
    {{.name = "total failure after an hour, 2 windows",
      .requests = 400,
      .windows = 62,
      .from_window = 60,
      .error_rate = 0.01,
      .error_more = 1},
     1},
    {{.name = "p99 up by half, all slower", .windows = 10, .error_rate = 0.01, .all_times = 1.5},
     0.9},
    {{.name = "p99 up by half, the slow twentieth",
      .windows = 10,
      .error_rate = 0.01,
      .slow_times = 1.5},
     0.9},
    {{.name = "the same in coarse bins",
      .windows = 10,
      .error_rate = 0.01,
      .all_times = 1.5,
      .coarse = 8},
     0.9},
};

enum { WORSE_CASES = sizeof worse_cases / sizeof *worse_cases };

static const double false_alarms_max = 0.01;

enum judging { JUDGE, STRICT, EXAMPLE, FITTED, LENIENT, OFTEN, ONCE, JUDGINGS };

/* Parts of the runs that were failed. */
struct rates {
    double of[JUDGINGS];
};

static struct judge *judge_of(double alpha_times)
{
    struct judge_policy policy;
    judge_policy_init(&policy);
    policy.power = 0; /* which tells pass from inconclusive only */
    policy.alpha *= alpha_times;
    struct judge *judge = judge_new(&policy);
    if (!judge)
        abort();
    return judge;
}

/* One run by all of them: the windows in which each fails, or 0. */
static void run_once(struct traffic *traffic, unsigned seed, unsigned windows,
                     unsigned failed_at[JUDGINGS])
{
    struct judge *judges[] = {[JUDGE] = judge_of(1), [STRICT] = judge_of(0.1)};
    struct peer_run run = {.windows = 0};
    failed_at[JUDGE] = failed_at[STRICT] = 0;
    traffic_start(traffic, seed);
    for (unsigned i = 1; i <= windows; i++) {
        const struct judge_sample *sample = traffic_next(traffic);
        struct judge_report report;
        peer_run_add(&run, sample);
        for (int judging = JUDGE; judging <= STRICT; judging++) {
            if (failed_at[judging] > 0)
                continue;
            if (judge_look(judges[judging], sample, &report) != RC_OK)
                abort();
            failed_at[judging] = report.verdict == JUDGE_FAIL ? i : 0;
        }
    }
    failed_at[EXAMPLE] = peer_flagger(&flagger_example, &run);
    failed_at[FITTED] = peer_flagger(&flagger_fitted, &run);
    failed_at[LENIENT] = peer_flagger(&flagger_lenient, &run);
    failed_at[OFTEN] = peer_kayenta(&kayenta_often, &run);
    failed_at[ONCE] = peer_kayenta(&kayenta_once, &run);
    judge_free(judges[JUDGE]);
    judge_free(judges[STRICT]);
}

/* Runs that were failed before anything was wrong have ended, and count neither way. */
static struct rates rates_of(const struct traffic_case *what, unsigned runs)
{
    unsigned found[JUDGINGS] = {0}, counted[JUDGINGS] = {0}, failed_at[JUDGINGS];
    struct rates rates = {{0}};
    struct traffic *traffic = traffic_new(what);
    for (unsigned run = 1; run <= runs; run++) {
        run_once(traffic, run, what->windows, failed_at);
        for (int judging = 0; judging < JUDGINGS; judging++) {
            bool is_early = failed_at[judging] > 0 && failed_at[judging] <= what->from_window;
            counted[judging] += !is_early;
            found[judging] += failed_at[judging] > what->from_window;
        }
    }
    for (int judging = 0; judging < JUDGINGS; judging++)
        if (counted[judging] > 0)
            rates.of[judging] = (double)found[judging] / counted[judging];
    traffic_free(traffic);
    return rates;
}

/* As long as the estimate says for twice the errors. */
static unsigned windows_of_estimate(void)
{
    struct judge_policy policy;
    struct estimate_traffic traffic = {
        .requests_per_second = 2000.0 / 60, .share = 0.1, .error_rate = 0.01, .window_minutes = 1};
    struct estimate estimate;
    judge_policy_init(&policy);
    if (estimate_bake(&policy, &traffic, &estimate) != RC_OK)
        abort();
    return (unsigned)estimate.windows;
}

static unsigned windows_of(const struct traffic_case *what)
{
    return what->windows > 0 ? what->windows : windows_of_estimate();
}

/* Rows are simulated by as many processes as there are processors, each of which takes the next. */
struct simulation {
    atomic_int next;
    struct rates equal[EQUAL_CASES], worse[WORSE_CASES];
};

static void rows_simulate(struct simulation *simulation, unsigned runs)
{
    int row;
    while ((row = atomic_fetch_add(&simulation->next, 1)) < EQUAL_CASES + WORSE_CASES) {
        if (row < EQUAL_CASES) {
            simulation->equal[row] = rates_of(&equal_cases[row], runs);
            continue;
        }
        struct traffic_case what = worse_cases[row - EQUAL_CASES].what;
        what.windows = windows_of(&what);
        simulation->worse[row - EQUAL_CASES] = rates_of(&what, runs);
    }
}

/* It lasts as long as this process. */
static struct simulation *simulate(unsigned runs)
{
    struct simulation *simulation =
        mmap(NULL, sizeof *simulation, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (simulation == MAP_FAILED)
        abort();
    for (long processors = sysconf(_SC_NPROCESSORS_ONLN); processors > 1; processors--) {
        pid_t child = fork();
        if (child < 0)
            abort();
        if (child == 0) {
            rows_simulate(simulation, runs);
            _exit(0);
        }
    }
    rows_simulate(simulation, runs);
    int status, broken = 0;
    while (wait(&status) > 0)
        broken |= status;
    if (broken)
        abort();
    return simulation;
}

static void rates_add(struct rates *sum, const struct rates *rates, double part)
{
    for (int judging = 0; judging < JUDGINGS; judging++)
        sum->of[judging] += part * rates->of[judging];
}

static void print_row(const char *name, unsigned windows, const struct rates *rates)
{
    (void)printf("| %-39s | %3u |", name, windows);
    for (int judging = 0; judging < JUDGINGS; judging++)
        (void)printf(" %7.2f |", 100 * rates->of[judging]);
    (void)putchar('\n');
    (void)fflush(stdout);
}

static void print_head(const char *what)
{
    (void)printf(
        "\n| %-39s | min | judge   | strict  | example | fitted  | lenient | every 5 | at end  |\n"
        "|---|---|---|---|---|---|---|---|---|\n",
        what);
}

static int check(bool is_kept, const char *name, const char *what)
{
    if (!is_kept)
        (void)printf("not kept: %s: %s\n", name, what);
    return is_kept ? 0 : 1;
}

static int bench_equal(const struct rates *rates, struct rates *mean)
{
    int broken = 0;
    print_head("false rollbacks, % of runs");
    for (int i = 0; i < EQUAL_CASES; i++) {
        print_row(equal_cases[i].name, equal_cases[i].windows, &rates[i]);
        broken |= check(rates[i].of[JUDGE] <= false_alarms_max, equal_cases[i].name,
                        "at most 1 % false rollbacks");
        rates_add(mean, &rates[i], 1.0 / EQUAL_CASES);
    }
    print_row("mean", equal_cases[0].windows, mean);
    return broken;
}

static int bench_worse(const struct rates *rates, struct rates *mean)
{
    int broken = 0;
    print_head("found, % of runs");
    for (int i = 0; i < WORSE_CASES; i++) {
        const struct traffic_case *what = &worse_cases[i].what;
        print_row(what->name, windows_of(what), &rates[i]);
        broken |= check(rates[i].of[JUDGE] >= worse_cases[i].least - 1e-9, what->name,
                        "found often enough");
        rates_add(mean, &rates[i], 1.0 / WORSE_CASES);
    }
    print_row("mean", 0, mean);
    return broken;
}

int main(int argc, char **argv)
{
    unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    struct rates equal = {{0}}, worse = {{0}};
    if (argc > 2 || runs == 0 || runs > 10000000) {
        (void)fputs("usage: canary [RUNS]\n", stderr);
        return 2;
    }
    (void)printf("%lu seeded runs of each kind; 2000 requests a minute, 10 %% to the canary, where "
                 "nothing else is said.\njudge: ours; strict: with a tenth of its alpha; example, "
                 "fitted, lenient: Flagger's rule with "
                 "three pairs of thresholds; every 5, at end: Kayenta's.\n",
                 runs);
    (void)fflush(stdout);
    const struct simulation *simulation = simulate((unsigned)runs);
    int broken = bench_equal(simulation->equal, &equal);
    broken |= bench_worse(simulation->worse, &worse);
    for (int peer = EXAMPLE; peer <= ONCE; peer++) {
        /* Who judges at the end alone is compared with the judge that errs as rarely. */
        enum judging ours = peer == ONCE ? STRICT : JUDGE;
        broken |= check(equal.of[ours] <= equal.of[peer] && worse.of[ours] > worse.of[peer], "mean",
                        "better on both errors than each peer");
    }
    return broken;
}
