#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/guard/guard_pace.h"

static struct guard_policy policy;

static void use_policy(const char *probes)
{
    char text[256], error[256] = "";
    (void)snprintf(text, sizeof text, "{\"probes\":{\"url\":\"http://127.0.0.1/\"%s}}", probes);
    cr_assert(guard_policy_parse(&policy, "policy", bytes_from_str(text), error, sizeof error),
              "%s", error);
}

static void release_policy(void)
{
    guard_policy_release(&policy);
}

TestSuite(guard_pace, .fini = release_policy);

static const struct row {
    const char *probes;
    double rate; /* of the home's requests a second */
    int64_t interval_ms, confirm_ms;
} rows[] = {
    {"", 0, 1000, 142}, /* no rate is known */
    {"", 1, 1000, 142},
    {"", 25, 1000, 142},
    {"", 50, 500, 71},
    {"", 1000, 25, 6},
    {"", 2500, 10, 6}, /* the most there are */
    {"", 1e9, 10, 6},
    {",\"interval\":\"auto\",\"part\":10", 50, 200, 28},
    {",\"part\":0.1", 100 * 1000, 10, 6},
    {",\"interval\":\"300ms\"", 1000, 300, 42}, /* a duration stays what it is */
    {",\"interval\":\"300ms\",\"confirm\":\"100ms\"", 0, 300, 100},
    {",\"interval\":\"300ms\",\"confirm\":\"1s\"", 0, 300, 300},
    {",\"failures\":1", 0, 1000, 1000},
    {",\"failures\":2", 1000, 25, 25},
};

Test(guard_pace, follows_the_homes_traffic)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        use_policy(row->probes);
        int64_t interval_ms = guard_pace_interval_ms(&policy.probes, row->rate);
        cr_expect_eq(interval_ms, row->interval_ms, "%s at %g: %d ms", row->probes, row->rate,
                     (int)interval_ms);
        int64_t confirm_ms = guard_pace_confirm_ms(&policy.probes, interval_ms);
        cr_expect_eq(confirm_ms, row->confirm_ms, "%s at %g: %d ms", row->probes, row->rate,
                     (int)confirm_ms);
        guard_policy_release(&policy);
    }
    use_policy("");
}

/* How long after its death a home is known to be dead, when it dies right behind a good probe. */
static int64_t detection_ms(struct guard_pace *pace)
{
    int64_t died_ms = pace->sent_ms;
    for (unsigned i = 0; i < pace->probes->failures; i++) {
        pace->sent_ms = guard_pace_next_ms(pace);
        cr_expect(guard_pace_answer(pace, false), "probe %u may complete the row", i);
    }
    return pace->sent_ms - died_ms;
}

Test(guard_pace, confirms_a_bad_probe_within_one_more_interval)
{
    use_policy("");
    struct guard_pace slow = {.probes = &policy.probes, .sent_ms = 1000};
    struct guard_pace fast = {.probes = &policy.probes, .sent_ms = 1000, .rate = 1000};
    cr_expect_eq(detection_ms(&slow), 1000 + 7 * 142);
    cr_expect_eq(detection_ms(&fast), 25 + 7 * 6);
}

Test(guard_pace, goes_back_to_the_interval_when_it_is_known)
{
    use_policy("");
    struct guard_pace pace = {.probes = &policy.probes, .sent_ms = 1000};
    (void)detection_ms(&pace);
    cr_expect_eq(guard_pace_next_ms(&pace), pace.sent_ms + 1000, "a dead home is no busy one");
    cr_expect_not(guard_pace_answer(&pace, false), "nothing is new");
    cr_expect_not(guard_pace_answer(&pace, true));
    cr_expect_eq(guard_pace_next_ms(&pace), pace.sent_ms + 1000);
    cr_expect(guard_pace_answer(&pace, false), "a new row begins");
    cr_expect_eq(guard_pace_next_ms(&pace), pace.sent_ms + 142);
    cr_expect_not(guard_pace_answer(&pace, true));
    cr_expect_eq(guard_pace_next_ms(&pace), pace.sent_ms + 1000, "it was a blip");
}
