#include "tests/support/canary_peers.h"

#include <math.h>
#include <stdlib.h>

static double p99_ms(const struct judge_side *side)
{
    uint64_t all = 0, below = 0;
    for (size_t i = 0; i < side->bin_count; i++)
        all += side->bins[i].count;
    for (size_t i = 0; i < side->bin_count; i++) {
        below += side->bins[i].count;
        if ((double)below >= 0.99 * (double)all)
            return side->bins[i].upper_ms;
    }
    return 0;
}

static struct peer_point point_of(const struct judge_side *side)
{
    struct peer_point point = {.requests = side->requests, .p99_ms = p99_ms(side)};
    if (side->requests > 0)
        point.error_rate = (double)side->errors / (double)side->requests;
    return point;
}

void peer_run_add(struct peer_run *run, const struct judge_sample *sample)
{
    if (run->windows == PEER_WINDOWS_MAX)
        return;
    run->stable[run->windows] = point_of(&sample->stable);
    run->canary[run->windows++] = point_of(&sample->canary);
}

unsigned peer_flagger(const struct flagger *flagger, const struct peer_run *run)
{
    unsigned failures = 0;
    for (unsigned i = 0; i < run->windows; i++) {
        const struct peer_point *point = &run->canary[i];
        if (point->requests == 0 || point->error_rate > flagger->error_rate_max ||
            point->p99_ms > flagger->p99_max_ms)
            failures++;
        if (failures == flagger->failures_max)
            return i + 1;
    }
    return 0;
}

/* The number that would stand at `place` were they in order (Hoare's selection); moves them about.
 */
static double select_place(double *numbers, long count, long place)
{
    long first = 0, last = count - 1;
    while (first < last) {
        double pivot = numbers[place];
        long low = first, high = last;
        while (low <= high) {
            while (numbers[low] < pivot)
                low++;
            while (pivot < numbers[high])
                high--;
            if (low <= high) {
                double number = numbers[low];
                numbers[low++] = numbers[high];
                numbers[high--] = number;
            }
        }
        if (high < place)
            first = low;
        if (place < low)
            last = high;
    }
    return numbers[place];
}

/* The normal quantile, by bisection of erfc. */
static double normal_quantile(double part)
{
    double low = -10, high = 10;
    while (high - low > 1e-9) {
        double middle = (low + high) / 2;
        if (0.5 * erfc(-middle / M_SQRT2) < part)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Of all differences, in order, the median is the estimate, and the interval's ends are so many
 * places from the ends as the rank sum's normal distribution says. */
static bool is_high(const struct kayenta *kayenta, const double *canary, size_t canary_count,
                    const double *stable, size_t stable_count)
{
    size_t count = canary_count * stable_count;
    double *differences = count > 0 ? malloc(count * sizeof *differences) : NULL;
    if (!differences)
        return false;
    for (size_t i = 0; i < count; i++)
        differences[i] = canary[i / stable_count] - stable[i % stable_count];
    double m = (double)canary_count, n = (double)stable_count;
    double z = normal_quantile(1 - (1 - kayenta->confidence) / 2);
    double place = round(m * n / 2 - z * sqrt(m * n * (m + n + 1) / 12));
    long all = (long)count;
    double median =
        (select_place(differences, all, (all - 1) / 2) + select_place(differences, all, all / 2)) /
        2;
    bool result = place >= 1 && select_place(differences, all, (long)place - 1) >
                                    kayenta->tolerance * fabs(median);
    free(differences);
    return result;
}

/* The points of one slot's first `windows`; those without a request are taken out. */
struct points {
    double errors[PEER_WINDOWS_MAX], p99[PEER_WINDOWS_MAX];
    size_t count;
};

static void points_fill(struct points *points, const struct peer_point *from, unsigned windows)
{
    points->count = 0;
    for (unsigned i = 0; i < windows; i++) {
        if (from[i].requests == 0)
            continue;
        points->errors[points->count] = from[i].error_rate;
        points->p99[points->count++] = from[i].p99_ms;
    }
}

unsigned peer_kayenta(const struct kayenta *kayenta, const struct peer_run *run)
{
    struct points canary, stable;
    for (unsigned i = 1; i <= run->windows; i++) {
        if (i % kayenta->every != 0 && i < run->windows)
            continue;
        points_fill(&canary, run->canary, i);
        points_fill(&stable, run->stable, i);
        if (is_high(kayenta, canary.errors, canary.count, stable.errors, stable.count) ||
            is_high(kayenta, canary.p99, canary.count, stable.p99, stable.count))
            return i;
    }
    return 0;
}
