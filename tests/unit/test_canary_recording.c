#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/canary/policy.h"
#include "pipeline/canary/replay.h"
#include "tests/support/canary_traffic.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

static struct buf text;
static char error[RECORDING_ERROR_BYTES];

static void setup(void)
{
    buf_init(&text, TEXT_MAX);
}

static void teardown(void)
{
    buf_release(&text);
}

TestSuite(canary_recording, .init = setup, .fini = teardown);

/* What a visitor saw. */
struct seen {
    unsigned steps, looks, differing, events, ends;
    double last_share;
    struct judge_report last;
    char outcome[20];
};

static void see_step(void *context, int64_t at_ms, unsigned step, double share)
{
    struct seen *seen = context;
    (void)at_ms;
    seen->steps++;
    cr_expect_eq(step, seen->steps);
    seen->last_share = share;
}

static void see_look(void *context, const struct judge_sample *sample,
                     const struct judge_report *report, int then)
{
    struct seen *seen = context;
    (void)sample;
    seen->looks++;
    seen->differing += then != (int)report->verdict;
    seen->last = *report;
}

static void see_event(void *context, int64_t at_ms, struct bytes type, struct bytes said)
{
    struct seen *seen = context;
    (void)at_ms;
    seen->events++;
    cr_expect(bytes_eq(type, BYTES_LIT("hold")));
    cr_expect(bytes_eq(said, BYTES_LIT("one \"moment\"")));
}

static void see_end(void *context, int64_t at_ms, struct bytes outcome)
{
    struct seen *seen = context;
    (void)at_ms;
    seen->ends++;
    (void)snprintf(seen->outcome, sizeof seen->outcome, "%.*s", (int)outcome.len, outcome.ptr);
}

static const struct replay_visitor visitor = {
    .step = see_step, .looked = see_look, .event = see_event, .end = see_end};

static struct seen replay(const struct judge_policy *policy)
{
    struct seen seen = {0};
    cr_assert_eq(replay_run(buf_bytes(&text), policy, &visitor, &seen, error), RC_OK, "%s", error);
    return seen;
}

/* Two steps of ten windows each, with and without something wrong in the second. */
static void record(bool is_bad, struct judge_policy *policy)
{
    struct traffic_case what = {
        .windows = 20, .error_rate = 0.01, .from_window = 10, .error_times = is_bad ? 5 : 1};
    struct traffic *traffic = traffic_new(&what);
    struct judge_report report;
    judge_policy_init(policy);
    policy->alpha = 0.01 / 3; /* no short number */
    struct judge *judge = judge_new(policy);
    cr_assert_not_null(judge);
    traffic_start(traffic, 1);
    recording_run(&text, 0, "a \"plan\"", policy);
    for (unsigned i = 0; i < what.windows; i++) {
        const struct judge_sample *sample = traffic_next(traffic);
        if (i % 10 == 0) {
            recording_step(&text, sample->start_ms, 1 + i / 10, 0.1);
            judge_step(judge);
        }
        cr_assert_eq(judge_look(judge, sample, &report), RC_OK);
        recording_sample(&text, sample);
        recording_verdict(&text, sample->start_ms + 60000, &report);
    }
    recording_end(&text, 20 * 60000, is_bad ? "rolled back" : "promoted");
    cr_assert_not(text.failed);
    judge_free(judge);
    traffic_free(traffic);
}

Test(canary_recording, a_replay_says_what_was_said_at_the_time)
{
    struct judge_policy policy;
    record(true, &policy);
    struct seen seen = replay(NULL);
    cr_expect_eq(seen.steps, 2u);
    cr_expect_eq(seen.looks, 20u);
    cr_expect_eq(seen.differing, 0u);
    cr_expect_eq(seen.last.verdict, JUDGE_FAIL);
    cr_expect_eq(seen.ends, 1u);
    cr_expect_str_eq(seen.outcome, "rolled back");
}

Test(canary_recording, another_policy_may_say_otherwise)
{
    struct judge_policy policy;
    record(true, &policy);
    policy.error_ratio = 100;
    policy.power = 0;
    struct seen seen = replay(&policy);
    cr_expect_gt(seen.differing, 0u);
    cr_expect_eq(seen.last.verdict, JUDGE_PASS, "%s", seen.last.worst->why);
}

Test(canary_recording, each_line_is_json)
{
    struct judge_policy policy;
    record(false, &policy);
    struct arena arena;
    arena_init(&arena, TEXT_MAX);
    struct bytes rest = buf_bytes(&text);
    for (unsigned lines = 0; rest.len > 0; lines++) {
        cJSON *root;
        struct bytes line = {rest.ptr, bytes_find(rest, '\n')};
        cr_assert_eq(json_parse(&arena, line, &root, NULL), RC_OK, "line %u", lines);
        cr_expect(cJSON_IsString(cJSON_GetObjectItem(root, "type")));
        cr_expect(cJSON_IsNumber(cJSON_GetObjectItem(root, "at")));
        rest = bytes_skip(rest, line.len + 1);
        arena_reset(&arena);
    }
    arena_release(&arena);
}

Test(canary_recording, a_cut_off_last_line_is_passed_over)
{
    struct judge_policy policy;
    record(true, &policy);
    struct bytes whole = buf_bytes(&text);
    struct seen seen = {0};
    struct bytes cut = {whole.ptr, whole.len - 10};
    cr_assert_eq(replay_run(cut, NULL, &visitor, &seen, error), RC_OK, "%s", error);
    cr_expect_eq(seen.looks, 20u);
    cr_expect_eq(seen.ends, 0u);
}

Test(canary_recording, no_bound_is_infinite_and_lines_of_others_are_events)
{
    struct judge_policy policy;
    struct judge_bin bins[] = {{20, 199}, {INFINITY, 1}};
    struct judge_sample sample = {
        .minutes = 0.1, .stable = {200, 0, bins, 2}, .canary = {200, 0, bins, 2}};
    judge_policy_init(&policy);
    recording_run(&text, 0, "plan", &policy);
    buf_printf(&text,
               "{\"type\":\"hold\",\"at\":7,\"text\":\"one \\\"moment\\\"\"}\n{\"type\":\"x\"}\n");
    recording_sample(&text, &sample);
    struct seen seen = replay(NULL);
    cr_expect_eq(seen.events, 1u);
    cr_expect_eq(seen.looks, 1u);
    cr_expect_eq(seen.last.count, 2u);
    cr_expect_eq(seen.last.results[1].figure, 20.0);
}

Test(canary_recording, a_later_run_begins_the_evidence_anew)
{
    struct judge_policy policy;
    record(true, &policy);
    cr_expect_eq(replay(NULL).last.verdict, JUDGE_FAIL);
    recording_run(&text, 0, "plan", &policy);
    struct judge_sample sample = {.start_ms = 1, .minutes = 1, .stable = {10, 0, NULL, 0}};
    recording_sample(&text, &sample);
    cr_expect_eq(replay(NULL).last.verdict, JUDGE_NO_DATA);
}

Test(canary_recording, what_is_no_recording_is_refused_by_its_line)
{
    static const char run[] = "{\"type\":\"run\",\"at\":0}\n";
    static const struct {
        const char *line, *error;
    } rows[] = {
        {"{\n", "line 2: no JSON"},
        {"{\"type\":\"step\"}\n", "line 2: a step needs 'step' and 'share'"},
        {"{\"type\":\"step\",\"step\":1,\"share\":10}\n",
         "line 2: a step needs 'step' and 'share'"},
        {"{\"type\":\"sample\",\"minutes\":1}\n",
         "line 2: a sample needs 'stable' and 'canary', each with 'requests', 'errors' and "
         "'latency'"},
        {"{\"type\":\"sample\",\"minutes\":1,\"stable\":{\"requests\":1,\"errors\":2,\"latency\":[]"
         "},\"canary\":{\"requests\":1,\"errors\":0,\"latency\":[]}}\n",
         "line 2: a sample that contradicts itself"},
        {"{\"type\":\"sample\",\"minutes\":1,\"stable\":{\"requests\":1.5,\"errors\":0,\"latency\":"
         "[]},\"canary\":{\"requests\":1,\"errors\":0,\"latency\":[]}}\n",
         "line 2: a sample needs 'stable' and 'canary', each with 'requests', 'errors' and "
         "'latency'"},
        {"{\"type\":\"verdict\",\"verdict\":\"good\"}\n", "line 2: a verdict of no known name"},
        {"{\"type\":\"run\",\"judge\":{\"alpha\":2}}\n",
         "line 2: judge.alpha: must be a number above 0 and below 0.5"},
        {"{\"type\":\"run\",\"judge\":[]}\n", "line 2: judge: must be an object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_reset(&text);
        buf_printf(&text, "%s%s", run, rows[i].line);
        cr_expect_eq(replay_run(buf_bytes(&text), NULL, &visitor, &(struct seen){0}, error),
                     RC_SYNTAX);
        cr_expect_str_eq(error, rows[i].error);
    }
    cr_expect_eq(replay_run(BYTES_LIT(""), NULL, &visitor, NULL, error), RC_SYNTAX);
    cr_expect_str_eq(error, "line 1: there is no whole line");
    cr_expect_eq(replay_run(BYTES_LIT("{\"type\":\"step\"}\n"), NULL, &visitor, NULL, error),
                 RC_SYNTAX);
    cr_expect_str_eq(error, "line 1: the first line is no run");
}

Test(canary_recording, a_policy_is_read_back_as_it_was_written)
{
    struct judge_policy policy, back;
    struct arena arena;
    cJSON *root;
    arena_init(&arena, TEXT_MAX);
    judge_policy_init(&policy);
    policy.alpha = 0.1 + 0.2 - 0.25;
    policy.requests_min = 123456789;
    recording_run(&text, 0, "plan", &policy);
    cr_assert_eq(json_parse(&arena, buf_bytes(&text), &root, NULL), RC_OK);
    cr_assert_eq(recording_policy_read(cJSON_GetObjectItem(root, "judge"), "judge", &back, error),
                 RC_OK);
    for (int i = 0; i < POLICY_MEMBERS; i++)
        cr_expect_eq(policy_member_get(&policy_members[i], &policy),
                     policy_member_get(&policy_members[i], &back), "%s", policy_members[i].name);
    cr_expect_eq(recording_policy_read(NULL, "judge", &back, error), RC_OK);
    cr_expect_eq(back.alpha, 0.01);
    arena_release(&arena);
}
