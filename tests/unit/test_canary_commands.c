#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/canary/estimate.h"
#include "pipeline/canary/replay.h"
#include "tests/support/canary_traffic.h"
#include "tests/support/captured.h"
#include "tests/support/tempdir.h"

static struct captured captured;

static bool says(const char *text)
{
    return strstr(captured.out, text) != NULL;
}

Test(canary_estimate_command, says_the_minutes)
{
    captured_run(&captured, canary_estimate,
                 "estimate --rps 20 --detect 1% --errors 1% --share 0.1");
    cr_expect_eq(captured.status, 0, "%s", captured.err);
    cr_expect(says("42 minutes: until then the canary has 5040 requests"), "%s", captured.out);
    cr_expect(says("error rate of 2 %, where stable has 1 %"), "%s", captured.out);
    captured_run(&captured, canary_estimate, "estimate --rps 20 --detect 1% --errors 1% --json");
    cr_expect_str_eq(captured.out, "{\"minutes\":42,\"canary_requests\":5040,\"windows\":42,"
                                   "\"rate\":0.02,\"power\":0.95}\n");
}

Test(canary_estimate_command, names_what_is_wrong)
{
    static const struct {
        const char *line;
        int status;
        const char *error;
    } rows[] = {
        {"estimate --rps 20", 2, "usage: duet canary estimate"},
        {"estimate --rps 20 --detect 1% more", 2, "usage: duet canary estimate"},
        {"estimate --rps many --detect 1%", 2, "--rps: 'many' is no number"},
        {"estimate --rps 20 --detect 1%%", 2, "--detect: '1%%' is no number"},
        {"estimate --rps 20 --detect 0", 2, "detect_errors: must be a number from"},
        {"estimate --rps 20 --detect 1% --share 2", 2, "--share above 0 and below 100%"},
        {"estimate --rps 0.001 --detect 1%", 1, "not even 31 days are enough"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        captured_run(&captured, canary_estimate, rows[i].line);
        cr_expect_eq(captured.status, rows[i].status, "%s: %d", rows[i].line, captured.status);
        cr_expect(strstr(captured.err, rows[i].error), "%s: %s", rows[i].line, captured.err);
    }
    captured_run(&captured, canary_estimate, "estimate --help");
    cr_expect_eq(captured.status, 0);
    cr_expect(says("--every MINUTES"));
}

/* A recording of a run that ends with `verdict`, but says for each window that it passed. */
static void record(const struct tempdir *dir, const char *name, double error_times, double power)
{
    char path[2 * TEMPDIR_PATH_MAX];
    struct buf text;
    struct traffic_case what = {
        .requests = 3000, .windows = 10, .error_rate = 0.01, .error_times = error_times};
    struct traffic *traffic = traffic_new(&what);
    struct judge_report pass = {.verdict = JUDGE_PASS};
    struct judge_policy policy;
    judge_policy_init(&policy);
    policy.power = power;
    buf_init(&text, 1024 * 1024);
    recording_run(&text, 0, "plan", &policy);
    recording_step(&text, 0, 1, 0.1);
    traffic_start(traffic, 1);
    for (unsigned i = 0; i < what.windows; i++) {
        recording_sample(&text, traffic_next(traffic));
        recording_verdict(&text, 0, &pass);
    }
    buf_append_char(&text, 0);
    tempdir_write(tempdir_join(dir, "", name, path), text.data);
    traffic_free(traffic);
    buf_release(&text);
}

static void judge(const struct tempdir *dir, const char *name, const char *options)
{
    char line[8 * TEMPDIR_PATH_MAX];
    (void)snprintf(line, sizeof line, "judge %s/%s%s", dir->path, name, options);
    captured_run(&captured, canary_judge, line);
}

Test(canary_judge_command, says_window_by_window_what_it_finds)
{
    struct tempdir dir;
    tempdir_init(&dir);
    record(&dir, "good", 1, 0);
    judge(&dir, "good", " --once");
    cr_expect_eq(captured.status, 0, "%d: %s", captured.status, captured.err);
    cr_expect(says("step 1: 10 %\n00:00:00  pass  "), "%s", captured.out);
    cr_expect(says("Fisher's exact test gives p = 0."), "%s", captured.out);
    record(&dir, "bad", 6, 0);
    judge(&dir, "bad", "");
    cr_expect_eq(captured.status, 4);
    cr_expect(says("00:09:00  fail  "), "%s", captured.out);
    cr_expect(strstr(captured.err, "was judged 'pass' when it was recorded"), "%s", captured.err);
    record(&dir, "short", 1, 0.95);
    judge(&dir, "short", " --json");
    cr_expect(says("\"verdict\":\"inconclusive\",\"requests_needed\":"), "%s", captured.out);
    tempdir_release(&dir);
}

Test(canary_judge_command, another_policy_may_say_otherwise)
{
    struct tempdir dir;
    char path[2 * TEMPDIR_PATH_MAX], options[3 * TEMPDIR_PATH_MAX];
    tempdir_init(&dir);
    record(&dir, "bad", 6, 0);
    tempdir_write(tempdir_join(&dir, "", "policy", path), "{\"power\":0,\"error_ratio\":50}");
    (void)snprintf(options, sizeof options, " --policy %s", path);
    judge(&dir, "bad", options);
    cr_expect_eq(captured.status, 0, "%d: %s", captured.status, captured.out);
    tempdir_write(path, "{\"power\":0.96}");
    judge(&dir, "bad", options);
    cr_expect_eq(captured.status, 1);
    tempdir_write(path, "{\"power\":0.6,\"sometimes\":1}");
    judge(&dir, "bad", options);
    cr_expect_eq(captured.status, 2);
    cr_expect(strstr(captured.err, "policy.sometimes: there is no such member"), "%s",
              captured.err);
    tempdir_release(&dir);
}

Test(canary_judge_command, names_what_is_wrong)
{
    struct tempdir dir;
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_init(&dir);
    judge(&dir, "none", "");
    cr_expect_eq(captured.status, 2);
    cr_expect(strstr(captured.err, "none': No such file or directory"), "%s", captured.err);
    tempdir_write(tempdir_join(&dir, "", "odd", path), "{}\n");
    judge(&dir, "odd", "");
    cr_expect_eq(captured.status, 2);
    cr_expect(strstr(captured.err, "odd': line 1: the first line is no run"), "%s", captured.err);
    captured_run(&captured, canary_judge, "judge");
    cr_expect_eq(captured.status, 2);
    captured_run(&captured, canary_judge, "judge --other");
    cr_expect_eq(captured.status, 2);
    captured_run(&captured, canary_judge, "judge --help");
    cr_expect_eq(captured.status, 0);
    tempdir_release(&dir);
}
