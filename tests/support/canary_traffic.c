#include "tests/support/canary_traffic.h"

#include <math.h>
#include <stdlib.h>

#include "tests/support/guard.h"

enum { BINS = 256, PER_OCTAVE = 16, BIN_SHIFT_MAX = 40 };

static const double slow_part = 0.05;

/* Bins to draw from in one step: Walker's alias method. */
struct alias {
    double stay[BINS];
    unsigned other[BINS];
};

struct traffic {
    struct traffic_case what;
    struct alias stable, canary;
    uint64_t random;
    unsigned window;
    struct judge_bin bins[2][BINS];
    struct judge_sample sample;
};

/* Splitmix64. */
static uint64_t random_next(struct traffic *traffic)
{
    uint64_t z = traffic->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Above 0, up to 1. */
static double uniform(struct traffic *traffic)
{
    return (double)((random_next(traffic) >> 11) + 1) * 0x1p-53;
}

static double normal(struct traffic *traffic)
{
    double radius = sqrt(-2 * log(uniform(traffic)));
    return radius * cos(2 * M_PI * uniform(traffic));
}

static uint64_t poisson(struct traffic *traffic, double mean)
{
    if (mean > 60)
        return (uint64_t)fmax(0, round(mean + sqrt(mean) * normal(traffic)));
    uint64_t count = 0;
    for (double left = exp(-mean); (left /= uniform(traffic)) < 1;)
        count++;
    return count;
}

/* From failure to failure: as many steps as there are failures. */
static uint64_t binomial(struct traffic *traffic, uint64_t n, double rate)
{
    if (rate <= 0)
        return 0;
    if (rate >= 1)
        return n;
    uint64_t hits = 0;
    for (double at = 0;; hits++) {
        at += floor(log(uniform(traffic)) / log1p(-rate)) + 1;
        if (at > (double)n)
            return hits;
    }
}

static double upper_ms(size_t bin)
{
    return exp2((double)bin / PER_OCTAVE);
}

static double below(double ms, double all_times, double slow_times)
{
    double fast = log(ms / (20 * all_times)) / 0.4;
    double slow = log(ms / (80 * all_times * slow_times)) / 0.35;
    return (1 - slow_part) * 0.5 * erfc(-fast / M_SQRT2) + slow_part * 0.5 * erfc(-slow / M_SQRT2);
}

static void alias_fill(struct alias *alias, double all_times, double slow_times)
{
    double part[BINS];
    size_t little[BINS], much[BINS], little_count = 0, much_count = 0;
    for (size_t i = 0; i < BINS; i++) {
        double low = i > 0 ? below(upper_ms(i - 1), all_times, slow_times) : 0;
        double high = i < BINS - 1 ? below(upper_ms(i), all_times, slow_times) : 1;
        part[i] = (high - low) * BINS;
        alias->stay[i] = 1;
        alias->other[i] = (unsigned)i;
        if (part[i] < 1)
            little[little_count++] = i;
        else
            much[much_count++] = i;
    }
    while (little_count > 0 && much_count > 0) {
        size_t less = little[--little_count], more = much[much_count - 1];
        alias->stay[less] = part[less];
        alias->other[less] = (unsigned)more;
        part[more] -= 1 - part[less];
        if (part[more] < 1) {
            much_count--;
            little[little_count++] = more;
        }
    }
}

static double or (double value, double fallback)
{
    return value > 0 ? value : fallback;
}

struct traffic *traffic_new(const struct traffic_case *what)
{
    struct traffic *traffic = calloc(1, sizeof *traffic);
    if (!traffic)
        abort();
    traffic->what = *what;
    traffic->what.requests = or (what->requests, 2000);
    traffic->what.share = or (what->share, 0.1);
    alias_fill(&traffic->stable, 1, 1);
    alias_fill(&traffic->canary, or (what->all_times, 1), or (what->slow_times, 1));
    return traffic;
}

void traffic_free(struct traffic *traffic)
{
    free(traffic);
}

void traffic_start(struct traffic *traffic, uint64_t seed)
{
    traffic->random = seed * UINT64_C(0xd1342543de82ef95) + 1;
    traffic->window = 0;
}

/* `shift` bins up: that much slower is this minute. */
static void draw(struct traffic *traffic, const struct alias *alias, int shift,
                 struct judge_side *side, struct judge_bin *bins)
{
    uint64_t counts[BINS] = {0};
    unsigned coarse = traffic->what.coarse > 1 ? traffic->what.coarse : 1;
    for (uint64_t i = 0; i < side->requests; i++) {
        uint64_t random = random_next(traffic);
        size_t bin = random % BINS;
        if ((double)(random >> 11) * 0x1p-53 > alias->stay[bin])
            bin = alias->other[bin];
        int at = (int)bin + shift;
        at = at < 0 ? 0 : at >= BINS ? BINS - 1 : at;
        counts[((unsigned)at / coarse + 1) * coarse - 1 < BINS
                   ? ((unsigned)at / coarse + 1) * coarse - 1
                   : BINS - 1]++;
    }
    side->bins = bins;
    side->bin_count = 0;
    for (size_t i = 0; i < BINS; i++)
        if (counts[i] > 0)
            bins[side->bin_count++] = (struct judge_bin){upper_ms(i), counts[i]};
}

static double requests_now(struct traffic *traffic)
{
    double requests = traffic->what.requests;
    if (traffic->what.shape != TRAFFIC_WAVES)
        return requests;
    bool is_spike = uniform(traffic) < 0.05;
    return requests * (1 + 0.8 * sin(traffic->window * 0.3)) * (is_spike ? 5 : 1);
}

static double share_now(const struct traffic *traffic)
{
    static const double shares[] = {0.01, 0.05, 0.1, 0.25, 0.5};
    if (traffic->what.shape != TRAFFIC_GROWING)
        return traffic->what.share;
    return shares[traffic->window * 5 / traffic->what.windows % 5];
}

/* Bins by which a minute is slower, for a standard deviation of the log. */
static double shift_now(struct traffic *traffic, double noise)
{
    double shift = noise > 0 ? noise * normal(traffic) * PER_OCTAVE / M_LN2 : 0;
    return fmax(-BIN_SHIFT_MAX, fmin(shift, BIN_SHIFT_MAX));
}

const struct judge_sample *traffic_next(struct traffic *traffic)
{
    const struct traffic_case *what = &traffic->what;
    struct judge_sample *sample = &traffic->sample;
    bool is_bad = traffic->window >= what->from_window;
    double requests = requests_now(traffic), share = share_now(traffic);
    double rate = what->error_rate;
    if (what->shared_noise > 0)
        rate *= exp(what->shared_noise * normal(traffic));
    double canary_rate = is_bad ? rate * or (what->error_times, 1) + what->error_more : rate;
    double shift = shift_now(traffic, what->shared_noise / 5);
    *sample = (struct judge_sample){.start_ms = traffic->window * INT64_C(60000), .minutes = 1};
    sample->stable.requests = poisson(traffic, requests * (1 - share));
    sample->canary.requests = poisson(traffic, requests * share);
    sample->stable.errors = binomial(traffic, sample->stable.requests, rate);
    sample->canary.errors = binomial(traffic, sample->canary.requests, canary_rate);
    draw(traffic, &traffic->stable, (int)lround(shift + shift_now(traffic, what->own_noise)),
         &sample->stable, traffic->bins[0]);
    draw(traffic, is_bad ? &traffic->canary : &traffic->stable,
         (int)lround(shift + shift_now(traffic, what->own_noise)), &sample->canary,
         traffic->bins[1]);
    traffic->window++;
    return sample;
}

unsigned traffic_judge(struct traffic *traffic, const struct judge_policy *policy, uint64_t seed)
{
    struct judge *judge = judge_new(policy);
    unsigned failed_at = 0;
    if (!judge)
        abort();
    traffic_start(traffic, seed);
    for (unsigned i = 1; i <= traffic->what.windows && failed_at == 0; i++) {
        struct judge_report report;
        if (judge_look(judge, traffic_next(traffic), &report))
            abort();
        if (report.verdict == JUDGE_FAIL)
            failed_at = i;
    }
    judge_free(judge);
    return failed_at;
}
