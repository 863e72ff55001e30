#include <criterion/criterion.h>

#include "runtime/alb/matcher.h"

struct row {
    const char *text;
    int takes[4], refuses[4]; /* 0 ends them */
};

static const struct row rows[] = {
    {"200", {200}, {199, 201, 499}},
    {"200,202", {200, 202}, {201, 203}},
    {"200-299", {200, 250, 299}, {300, 0}},
    {"200-201,404,498-499", {201, 404, 498, 499}, {202, 403, 405, 500}},
    {"499-499", {499}, {498, 500, -1, 100000}},
};

Test(matcher, takes_single_codes_lists_and_ranges)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct matcher matcher;
        cr_assert_eq(matcher_parse(&matcher, bytes_from_str(rows[i].text)), RC_OK, "%s",
                     rows[i].text);
        for (int k = 0; k < 4 && rows[i].takes[k]; k++)
            cr_expect(matcher_takes(&matcher, rows[i].takes[k]), "%s: %d", rows[i].text,
                      rows[i].takes[k]);
        for (int k = 0; k < 4 && rows[i].refuses[k]; k++)
            cr_expect_not(matcher_takes(&matcher, rows[i].refuses[k]), "%s: %d", rows[i].text,
                          rows[i].refuses[k]);
    }
}

Test(matcher, refuses_what_aws_does_not_take)
{
    static const char *const texts[] = {"",     "199",      "500",         "20",      "2000",
                                        "200,", ",200",     "200-",        "-200",    "201-200",
                                        "200 ", "200, 201", "200-250-299", "200;201", "2xx"};
    struct matcher matcher = {0}, before = matcher;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_expect_eq(matcher_parse(&matcher, bytes_from_str(texts[i])), RC_SYNTAX, "'%s'",
                     texts[i]);
        cr_expect_eq(memcmp(&matcher, &before, sizeof before), 0, "'%s' left something", texts[i]);
    }
}
