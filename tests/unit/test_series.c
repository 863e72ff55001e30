#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/series.h"
#include "runtime/alb/series_stat.h"

static struct series_store store;
static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 24);
}

static void teardown(void)
{
    series_store_release(&store);
    series_store_release(&store);
    arena_release(&arena);
}

TestSuite(series, .init = setup, .fini = teardown);

static struct series *open_series(const char *name)
{
    struct series_id id = {BYTES_LIT("Test"), bytes_from_str(name), NULL, 0};
    struct series *series = series_open(&store, &id, BYTES_LIT("Count"));
    cr_assert_not_null(series);
    return series;
}

static void add(struct series *series, int64_t second, double value, double count)
{
    cr_assert_eq(series_add_value(series, second, value, count), RC_OK);
}

static double stat_of(const char *text, const struct series_sum *sum)
{
    struct series_stat stat;
    double value = -1;
    cr_assert(series_stat_parse(bytes_from_str(text), &stat), "%s", text);
    cr_assert_eq(series_stat_compute(&stat, sum, &value), RC_OK, "%s", text);
    return value;
}

Test(series, is_found_by_its_dimensions_in_any_order)
{
    struct series_dimension ab[] = {{BYTES_LIT("B"), BYTES_LIT("2")},
                                    {BYTES_LIT("A"), BYTES_LIT("1")}};
    struct series_dimension ba[] = {ab[1], ab[0]};
    struct series_id id = {BYTES_LIT("S"), BYTES_LIT("N"), ab, 2};
    struct series_id turned = {BYTES_LIT("S"), BYTES_LIT("N"), ba, 2};
    struct series_id fewer = {BYTES_LIT("S"), BYTES_LIT("N"), ab, 1};
    struct series *series = series_open(&store, &id, BYTES_LIT("Count"));
    cr_assert_not_null(series);
    cr_expect_eq(series_find(&store, &turned), series);
    cr_expect_null(series_find(&store, &fewer));
    cr_expect_eq(series_open(&store, &turned, BYTES_LIT("None")), series);
    cr_expect(bytes_eq(series->id.dimensions[0].name, BYTES_LIT("A")));
    cr_expect_eq(store.count, 1);
}

Test(series, is_refused_past_the_stores_end)
{
    struct series_id id = {BYTES_LIT("S"), {NULL, 0}, NULL, 0};
    char name[16];
    for (int i = 0; i < SERIES_MAX; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        id.name = bytes_from_str(name);
        cr_assert_not_null(series_open(&store, &id, BYTES_LIT("None")));
    }
    id.name = BYTES_LIT("more");
    cr_expect_null(series_open(&store, &id, BYTES_LIT("None")));
}

Test(series, seconds_with_nothing_are_missing_not_zero)
{
    struct series *series = open_series("n");
    struct series_sum sum;
    add(series, 100, 1, 3);
    add(series, 102, 0, 1);
    cr_expect_eq(series_between(series, 100, 101, &arena, &sum), RC_OK);
    cr_expect_eq(sum.sum, 3);
    cr_expect_eq(series_between(series, 101, 102, &arena, &sum), RC_NOT_FOUND);
    cr_expect_eq(series_between(series, 102, 103, &arena, &sum), RC_OK);
    cr_expect_eq(sum.sum, 0);
    cr_expect_eq(sum.count, 1);
}

/* Points come late, early and twice; a model of plain sums agrees. */
Test(series, any_order_of_points_gives_the_same_sums)
{
    struct series *series = open_series("n");
    double model[50] = {0};
    uint32_t seed = 7;
    for (int i = 0; i < 2000; i++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned second = (seed >> 16) % 50, value = (seed >> 8) % 13;
        add(series, 1000 + second, value, 1 + value % 3);
        model[second] += value * (1 + value % 3);
    }
    cr_expect_leq(series->point_count, 50);
    for (int from = 0; from < 50; from++)
        for (int to = from + 1; to <= 50; to++) {
            double want = 0, values = 0, counts = 0;
            struct series_sum sum;
            for (int i = from; i < to; i++)
                want += model[i];
            cr_assert_eq(series_between(series, 1000 + from, 1000 + to, &arena, &sum), RC_OK);
            cr_expect_eq(sum.sum, want);
            for (size_t i = 0; i < sum.value_count; i++) {
                values += sum.values[i].value * sum.values[i].count;
                counts += sum.values[i].count;
                cr_expect(i == 0 || sum.values[i - 1].value < sum.values[i].value);
            }
            cr_expect_eq(values, want);
            cr_expect_eq(counts, sum.count);
            arena_reset(&arena);
        }
}

Test(series, keeps_its_newest_points)
{
    struct series *series = open_series("n");
    struct series_sum sum;
    for (int i = 0; i < SERIES_POINTS_MAX + 10; i++)
        add(series, i, 1, 1);
    cr_expect_eq(series->point_count, SERIES_POINTS_MAX);
    cr_expect_eq(series->points[0].second, 10);
    add(series, 3, 1, 1);
    cr_expect_eq(series->points[0].second, 10, "too old for it");
    cr_expect_eq(series_between(series, 0, SERIES_POINTS_MAX + 10, &arena, &sum), RC_OK);
    cr_expect_eq(sum.count, SERIES_POINTS_MAX);
}

Test(series, without_values_there_are_no_percentiles)
{
    struct series *series = open_series("n");
    struct series_stat stat;
    struct series_sum sum, set = {.count = 4, .sum = 10, .min = 1, .max = 4};
    double value;
    add(series, 5, 2, 1);
    cr_assert_eq(series_add(series, 5, &set), RC_OK);
    cr_assert_eq(series_between(series, 0, 10, &arena, &sum), RC_OK);
    cr_expect_eq(sum.count, 5);
    cr_expect_eq(sum.min, 1);
    cr_expect_null(sum.values);
    cr_assert(series_stat_parse(BYTES_LIT("p50"), &stat));
    cr_expect_eq(series_stat_compute(&stat, &sum, &value), RC_NOT_FOUND);
    cr_expect_eq(stat_of("Average", &sum), 12.0 / 5);
}

/* 1 to 100, once each. */
static struct series_sum hundred(void)
{
    struct series *series = open_series("hundred");
    struct series_sum sum;
    for (int i = 100; i >= 1; i--)
        add(series, i % 7, i, 1);
    cr_assert_eq(series_between(series, 0, 7, &arena, &sum), RC_OK);
    return sum;
}

Test(series, computes_each_statistic)
{
    static const struct {
        const char *stat;
        double want;
    } rows[] = {
        {"SampleCount", 100},  {"Sum", 5050},         {"Average", 50.5},  {"Minimum", 1},
        {"Maximum", 100},      {"p50", 50},           {"p7", 7},          {"p99", 99},
        {"p99.9", 100},        {"p100", 100},         {"p0", 1},          {"p0.0", 1},
        {"tm90", 45.5},        {"TM(10%:90%)", 50.5}, {"TM(:90%)", 45.5}, {"TM(90%:)", 95.5},
        {"TM(10:20)", 15.5},   {"IQM", 50.5},         {"tc90", 90},       {"TC(10%:90%)", 80},
        {"TC(:30)", 30},       {"TC(200:300)", 0},    {"ts10", 55},       {"TS(90:)", 955},
        {"PR(:30)", 30},       {"PR(10:20)", 10},     {"PR(98.5:)", 2},   {"wm90", 49.95},
        {"WM(10%:90%)", 50.5},
    };
    struct series_sum sum = hundred();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double got = stat_of(rows[i].stat, &sum) - rows[i].want;
        cr_expect(got < 1e-9 && got > -1e-9, "%s is off by %g", rows[i].stat, got);
    }
}

Test(series, takes_no_statistic_for_another)
{
    static const char *const rows[] = {"",
                                       "sum",
                                       "p",
                                       "p101",
                                       "p5x",
                                       "p-1",
                                       "TM",
                                       "TM()",
                                       "TM(:)",
                                       "TM(5%:1%)",
                                       "TM(1%:5)",
                                       "PR(1%:5%)",
                                       "TM(1:2:3)",
                                       "TM(1:2",
                                       "p1.2.3",
                                       "TM(10%:101%)",
                                       "IQMx",
                                       "tm",
                                       "p1234567890123456"};
    struct series_stat stat;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(!series_stat_parse(bytes_from_str(rows[i]), &stat), "'%s'", rows[i]);
}
