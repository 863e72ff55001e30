#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/canary/report.h"
#include "tests/support/canary_traffic.h"
#include "tests/support/captured.h"
#include "tests/support/tempdir.h"

enum { TEXT_MAX = 4 * 1024 * 1024, MINUTE_MS = 60 * 1000 };

static struct buf recording, out;
static char error[RECORDING_ERROR_BYTES];

static void setup(void)
{
    buf_init(&recording, TEXT_MAX);
    buf_init(&out, TEXT_MAX);
}

static void teardown(void)
{
    buf_release(&recording);
    buf_release(&out);
}

TestSuite(canary_report, .init = setup, .fini = teardown);

static void begin(const char *plan)
{
    struct judge_policy policy;
    judge_policy_init(&policy);
    policy.error_rate_max = 0.1;
    recording_run(&recording, 0, plan, &policy);
}

/* Two steps of ten minutes; in the second the canary fails, and one window of it is empty. */
static void record(void)
{
    struct traffic_case what = {
        .windows = 20, .error_rate = 0.01, .from_window = 12, .error_times = 6};
    struct traffic *traffic = traffic_new(&what);
    begin("web <b>|\"x\"");
    traffic_start(traffic, 3);
    for (unsigned i = 0; i < what.windows; i++) {
        struct judge_sample sample = *traffic_next(traffic);
        if (i % 10 == 0)
            recording_step(&recording, sample.start_ms, 1 + i / 10, i < 10 ? 0.05 : 0.1);
        if (i == 5)
            sample.canary = (struct judge_side){.requests = 0};
        recording_sample(&recording, &sample);
    }
    buf_printf(&recording, "{\"type\":\"alarm\",\"at\":60000,\"text\":\"cpu is *high*\"}\n");
    recording_end(&recording, 20 * MINUTE_MS, "rolled back");
    traffic_free(traffic);
    cr_assert_not(recording.failed);
}

static const char *text(void)
{
    cr_assert_not(out.failed);
    buf_append_char(&out, 0);
    return out.data;
}

static bool has(const char *wanted)
{
    return strstr(out.data, wanted) != NULL;
}

static unsigned count_of(const char *wanted)
{
    unsigned count = 0;
    for (const char *at = out.data; (at = strstr(at, wanted)); at++)
        count++;
    return count;
}

Test(canary_report, markdown_says_what_came_of_it_and_why)
{
    record();
    cr_assert_eq(report_markdown(buf_bytes(&recording), &out, error), RC_OK, "%s", error);
    cr_expect(strstr(text(), "## Canary web &#60;b&#62;&#124;&#34;x&#34;: rolled back"));
    cr_expect(has("20 minutes from 1970-01-01T00:00:00.000Z, "));
    cr_expect(has("| errors | \u274c fail | error rate "));
    cr_expect(has("| error limit | \u2705 pass | "));
    cr_expect(has("| 1 | 5 % | 0.0 | "));
    cr_expect(has("| 2 | 10 % | 10.0 | "));
    cr_expect(has("| 1.0 | alarm | cpu is &#42;high&#42; |"));
}

Test(canary_report, picture_is_accessible_and_stands_alone)
{
    record();
    cr_assert_eq(report_svg(buf_bytes(&recording), &out, error), RC_OK, "%s", error);
    cr_expect(strstr(text(), "<svg xmlns=") == out.data);
    cr_expect(has("role=\"img\" aria-labelledby=\"t d\""));
    cr_expect(has("<title id=\"t\">Canary web &#60;b&#62;&#124;&#34;x&#34;: rolled back</title>"));
    cr_expect(has("<desc id=\"d\">20 minutes in 2 steps. Of "));
    cr_expect(has("prefers-color-scheme:dark"));
    cr_expect_eq(count_of("http"), 1u);
    cr_expect_eq(count_of("url("), 0u);
}

Test(canary_report, picture_has_each_panel)
{
    static const char *const names[] = {"Share", "Errors", "Latency", "Verdicts"};
    record();
    cr_assert_eq(report_svg(buf_bytes(&recording), &out, error), RC_OK, "%s", error);
    (void)text();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char wanted[64];
        (void)snprintf(wanted, sizeof wanted, "<tspan class=\"name\">%s</tspan>", names[i]);
        cr_expect_eq(count_of(wanted), 1u, "%s", names[i]);
    }
    cr_expect_eq(count_of("class=\"step\""), 2u);
    cr_expect_eq(count_of("class=\"line canary"), 4u);
    cr_expect(has("errors, minute "));
    cr_expect(has(": fail</title><rect class=\"fail\""));
    cr_expect_eq(count_of("nan") + count_of("inf"), 0u);
    cr_expect_eq(count_of("<g>"), count_of("</g>"));
    cr_expect_eq(count_of("<text"), count_of("</text>"));
}

/* The axis of errors ends at `top`, and the canary's first band, whose highest point stands at
 * its beginning, leaves some of the panel free, which begins at 232 pixels. */
static void expect_errors_axis(const struct traffic_case *what, const char *top)
{
    struct traffic *traffic = traffic_new(what);
    double x, y = 0;
    char wanted[32];
    buf_reset(&recording);
    buf_reset(&out);
    begin("axis");
    traffic_start(traffic, 3);
    for (unsigned i = 0; i < what->windows; i++)
        recording_sample(&recording, traffic_next(traffic));
    traffic_free(traffic);
    cr_assert_eq(report_svg(buf_bytes(&recording), &out, error), RC_OK, "%s", error);
    const char *errors = strstr(text(), "<tspan class=\"name\">Errors");
    const char *band = errors ? strstr(errors, "<path class=\"band-canary\" d=\"M") : NULL;
    cr_assert_not_null(band, "%s", out.data);
    (void)snprintf(wanted, sizeof wanted, ">%s %%</text>", top);
    const char *found = strstr(errors, wanted);
    cr_expect(found && found < band, "%s is not on the axis: %.600s", top, errors);
    cr_expect_eq(sscanf(strchr(band, 'M'), "M%lf %lf", &x, &y), 2);
    cr_expect_gt(y, 240, "%s", top);
}

Test(canary_report, the_axis_of_errors_leaves_room_for_what_did_not_happen)
{
    const struct traffic_case none = {.windows = 20}, sixty = {.windows = 20, .error_rate = 0.6},
                              much = {.windows = 3, .requests = 40000};
    expect_errors_axis(&none, "5");
    expect_errors_axis(&much, "1");
    expect_errors_axis(&sixty, "100");
}

Test(canary_report, a_window_alone_is_seen)
{
    struct traffic_case what = {.windows = 1, .error_rate = 0.1};
    expect_errors_axis(&what, "50");
    cr_expect_eq(count_of("h8\""), 8u, "a dash for each line: %s", out.data);
}

Test(canary_report, a_run_without_a_window_is_drawn_as_well)
{
    begin("plan");
    cr_assert_eq(report_svg(buf_bytes(&recording), &out, error), RC_OK, "%s", error);
    cr_expect(strstr(text(), "Canary plan: unfinished"));
    cr_expect_eq(count_of("nan") + count_of("inf</"), 0u);
    buf_reset(&out);
    cr_assert_eq(report_markdown(buf_bytes(&recording), &out, error), RC_OK, "%s", error);
    cr_expect(strstr(text(), "0 minutes"));
}

Test(canary_report, windows_that_a_resumed_run_asks_for_again_count_once)
{
    record();
    cr_assert_eq(report_markdown(buf_bytes(&recording), &out, error), RC_OK);
    buf_append_char(&out, 0);
    char *once = strdup(strstr(out.data, "20 minutes"));
    struct bytes whole = buf_bytes(&recording);
    char *again = malloc(whole.len);
    cr_assert(once && again);
    memcpy(again, whole.ptr, whole.len);
    buf_append(&recording, bytes_make(again, whole.len));
    buf_reset(&out);
    cr_assert_eq(report_markdown(buf_bytes(&recording), &out, error), RC_OK);
    cr_expect_eq(strncmp(strstr(text(), "20 minutes"), once, strcspn(once, "\n")), 0);
    free(again);
    free(once);
}

Test(canary_report, command_writes_both)
{
    static struct captured captured;
    struct tempdir dir;
    char line[4 * TEMPDIR_PATH_MAX];
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_init(&dir);
    record();
    buf_append_char(&recording, 0);
    tempdir_write(tempdir_join(&dir, "", "run", path), recording.data);
    (void)snprintf(line, sizeof line, "report %s/run --svg %s/svg", dir.path, dir.path);
    captured_run(&captured, canary_report, line);
    cr_expect_eq(captured.status, 0, "%s", captured.err);
    cr_expect(strstr(captured.out, "## Canary web"));
    FILE *svg = fopen(tempdir_join(&dir, "", "svg", path), "re");
    cr_assert_not_null(svg);
    cr_expect_eq(fgetc(svg), '<');
    (void)fclose(svg);
    (void)snprintf(line, sizeof line, "report %s/run --svg %s/none/svg", dir.path, dir.path);
    captured_run(&captured, canary_report, line);
    cr_expect_eq(captured.status, 1);
    cr_expect(strstr(captured.err, "none/svg': No such file or directory"), "%s", captured.err);
    captured_run(&captured, canary_report, "report");
    cr_expect_eq(captured.status, 2);
    tempdir_release(&dir);
}
