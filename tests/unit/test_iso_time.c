#include <criterion/criterion.h>

#include "runtime/control/iso_time.h"

struct row {
    const char *text;
    double seconds;
};

Test(iso_time, reads_what_clients_write)
{
    static const struct row rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-21T09:30:00Z", 1795253400},
        {"2026-11-21T09:30:00", 1795253400},
        {"2026-11-21 09:30:00Z", 1795253400},
        {"2026-11-21T09:30:00.500Z", 1795253400.5},
        {"2026-11-21T10:30:00+01:00", 1795253400},
        {"2026-11-21T08:00:00-0130", 1795253400},
        {"2026-11-21", 1795219200},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"2016-12-31T23:59:60Z", 1483228800},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double seconds = -1;
        cr_expect(iso_time_parse(bytes_from_str(rows[i].text), &seconds), "%s", rows[i].text);
        cr_expect_eq(seconds, rows[i].seconds, "%s: %f", rows[i].text, seconds);
    }
}

Test(iso_time, refuses_what_is_no_time)
{
    static const char *const rows[] = {
        "",
        "2026",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31",
        "2026-11-21T24:00:00Z",
        "2026-11-21T09:60:00Z",
        "2026-11-21T09:30",
        "2026-11-21T09:30:00.Z",
        "2026-11-21T09:30:00ZZ",
        "2026-11-21T09:30:00+1",
        "2026-11-21T09:30:00+24:00",
        "2026-11-21x",
        "0000-01-01T00:00:00Z",
        "+026-01-01T00:00:00Z",
        "1795253400",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double seconds = -1;
        cr_expect_not(iso_time_parse(bytes_from_str(rows[i]), &seconds), "%s", rows[i]);
        cr_expect_eq(seconds, -1, "%s", rows[i]);
    }
}

Test(iso_time, prints_what_it_reads)
{
    char text[ISO_TIME_LEN + 1];
    double again;
    iso_time_print(1795253400.25, text);
    cr_expect_str_eq(text, "2026-11-21T09:30:00.250Z");
    iso_time_print(-0.5, text);
    cr_expect_str_eq(text, "1969-12-31T23:59:59.500Z");
    iso_time_print(1e300, text);
    cr_expect_str_eq(text, "9999-12-31T23:59:59.000Z");
    iso_time_print(-1e300, text);
    cr_expect_str_eq(text, "0001-01-01T00:00:00.000Z");
    cr_expect(iso_time_parse(bytes_from_str(text), &again));
}
