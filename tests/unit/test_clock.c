#include <criterion/criterion.h>

#include "runtime/core/clock.h"

struct time_row {
    int64_t epoch_ms;
    const char *text;
};

static const struct time_row rows[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {1, "1970-01-01T00:00:00.001Z"},
    {951782400000, "2000-02-29T00:00:00.000Z"},
    {1795253400250, "2026-11-21T09:30:00.250Z"},
    {253402300799999, "9999-12-31T23:59:59.999Z"},
    {253402300800000, "9999-12-31T23:59:59.999Z"},
    {INT64_MAX, "9999-12-31T23:59:59.999Z"},
    {-1, "1970-01-01T00:00:00.000Z"},
    {INT64_MIN, "1970-01-01T00:00:00.000Z"},
};

Test(clock, writes_rfc_3339_and_never_leaves_its_years)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[CLOCK_RFC3339_LEN + 1];
        clock_rfc3339(rows[i].epoch_ms, text);
        cr_expect_str_eq(text, rows[i].text);
    }
}

Test(clock, monotonic_time_never_goes_back)
{
    int64_t before = clock_us_monotonic();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_us_monotonic();
        cr_assert_geq(now, before);
        before = now;
    }
}
