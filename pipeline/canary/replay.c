#include "pipeline/canary/replay.h"

#include <math.h>
#include <string.h>

#include "pipeline/canary/judge_internal.h"
#include "runtime/core/limits.h"

/* What is being read. */
struct replay {
    const struct replay_visitor *visitor;
    void *context;
    const struct judge_policy *policy; /* to be taken in place of the recording's; NULL */
    struct judge *judge;               /* NULL before the first line */
    struct arena arena;                /* of the line */
    struct judge_bin stable[JUDGE_BINS_MAX], canary[JUDGE_BINS_MAX];
    struct judge_sample sample;
    struct judge_report report;
    bool is_waiting;  /* the sample was judged and not yet reported */
    bool is_step_due; /* from the first sample on that begins at step_ms or later */
    int64_t step_ms;
    char *error;
};

static enum rc refuse(struct replay *replay, const char *what)
{
    judge_text(replay->error, RECORDING_ERROR_BYTES, "%s", what);
    return RC_SYNTAX;
}

static bool read_count(const cJSON *item, uint64_t *count)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > 0x1p53)
        return false;
    *count = (uint64_t)item->valuedouble;
    return (double)*count == item->valuedouble;
}

static bool read_bin(const cJSON *pair, struct judge_bin *bin)
{
    const cJSON *upper = cJSON_GetArrayItem(pair, 0);
    if (cJSON_GetArraySize(pair) != 2 || !(cJSON_IsNumber(upper) || cJSON_IsNull(upper)))
        return false;
    bin->upper_ms = cJSON_IsNull(upper) ? INFINITY : upper->valuedouble;
    return read_count(cJSON_GetArrayItem(pair, 1), &bin->count);
}

static bool read_side(const cJSON *object, struct judge_bin *bins, struct judge_side *side)
{
    const cJSON *latency = cJSON_GetObjectItemCaseSensitive(object, "latency"), *pair;
    *side = (struct judge_side){.bins = bins};
    if (!read_count(cJSON_GetObjectItemCaseSensitive(object, "requests"), &side->requests) ||
        !read_count(cJSON_GetObjectItemCaseSensitive(object, "errors"), &side->errors) ||
        !cJSON_IsArray(latency))
        return false;
    cJSON_ArrayForEach(pair, latency)
    {
        if (side->bin_count == JUDGE_BINS_MAX || !read_bin(pair, &bins[side->bin_count]))
            return false;
        side->bin_count++;
    }
    return true;
}

static double number_of(const cJSON *line, const char *name, double fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

static struct bytes text_of(const cJSON *line, const char *name)
{
    return json_bytes(cJSON_GetObjectItemCaseSensitive(line, name));
}

static int64_t at_of(const cJSON *line)
{
    double at = number_of(line, "at", 0);
    return at > -0x1p53 && at < 0x1p53 ? (int64_t)at : 0;
}

/* Reports the sample that waits, with the verdict that the recording has for it. */
static void flush(struct replay *replay, int then)
{
    if (replay->is_waiting && replay->visitor->looked)
        replay->visitor->looked(replay->context, &replay->sample, &replay->report, then);
    replay->is_waiting = false;
}

static enum rc take_run(struct replay *replay, const cJSON *line)
{
    struct judge_policy policy;
    enum rc rc = recording_policy_read(cJSON_GetObjectItemCaseSensitive(line, "judge"), "judge",
                                       &policy, replay->error);
    if (rc)
        return rc;
    judge_free(replay->judge); /* who resumes a run asks for its windows once more */
    replay->judge = judge_new(replay->policy ? replay->policy : &policy);
    if (!replay->judge)
        return RC_NOMEM;
    if (replay->visitor->run)
        replay->visitor->run(replay->context, at_of(line), text_of(line, "plan"));
    return RC_OK;
}

static enum rc take_step(struct replay *replay, const cJSON *line)
{
    double step = number_of(line, "step", -1), share = number_of(line, "share", -1);
    if (!(step >= 0 && step < 1e6 && share >= 0 && share <= 1))
        return refuse(replay, "a step needs 'step' and 'share'");
    replay->is_step_due = true;
    replay->step_ms = at_of(line);
    if (replay->visitor->step)
        replay->visitor->step(replay->context, at_of(line), (unsigned)step, share);
    return RC_OK;
}

static enum rc take_sample(struct replay *replay, const cJSON *line)
{
    struct judge_sample *sample = &replay->sample;
    sample->start_ms = at_of(line);
    sample->minutes = number_of(line, "minutes", 0);
    if (!read_side(cJSON_GetObjectItemCaseSensitive(line, "stable"), replay->stable,
                   &sample->stable) ||
        !read_side(cJSON_GetObjectItemCaseSensitive(line, "canary"), replay->canary,
                   &sample->canary))
        return refuse(replay, "a sample needs 'stable' and 'canary', each with 'requests', "
                              "'errors' and 'latency'");
    if (replay->is_step_due && sample->start_ms >= replay->step_ms) {
        judge_step(replay->judge);
        replay->is_step_due = false;
    }
    if (judge_look(replay->judge, sample, &replay->report) != RC_OK)
        return refuse(replay, "a sample that contradicts itself");
    replay->is_waiting = true;
    return RC_OK;
}

static enum rc take_verdict(struct replay *replay, const cJSON *line)
{
    struct bytes name = text_of(line, "verdict");
    for (int verdict = JUDGE_PASS; verdict <= JUDGE_NO_DATA; verdict++) {
        if (bytes_eq(name, bytes_from_str(judge_verdict_name((enum judge_verdict)verdict)))) {
            flush(replay, verdict);
            return RC_OK;
        }
    }
    return refuse(replay, "a verdict of no known name");
}

static enum rc take_line(struct replay *replay, const cJSON *line)
{
    struct bytes type = text_of(line, "type"), text = text_of(line, "text");
    const struct replay_visitor *visitor = replay->visitor;
    if (bytes_eq(type, BYTES_LIT("verdict")))
        return take_verdict(replay, line);
    flush(replay, -1);
    if (bytes_eq(type, BYTES_LIT("run")))
        return take_run(replay, line);
    if (!replay->judge)
        return refuse(replay, "the first line is no run");
    if (bytes_eq(type, BYTES_LIT("step")))
        return take_step(replay, line);
    if (bytes_eq(type, BYTES_LIT("sample")))
        return take_sample(replay, line);
    if (bytes_eq(type, BYTES_LIT("end")) && visitor->end)
        visitor->end(replay->context, at_of(line), text_of(line, "outcome"));
    else if (text.len > 0 && visitor->event)
        visitor->event(replay->context, at_of(line), type, text);
    return RC_OK;
}

/* One line after the other; what stands behind the last newline was cut off. */
static enum rc take_lines(struct replay *replay, struct bytes text)
{
    char why[RECORDING_ERROR_BYTES];
    char *error = replay->error;
    enum rc rc = RC_OK;
    replay->error = why;
    for (size_t number = 1; rc == RC_OK && memchr(text.ptr, '\n', text.len); number++) {
        struct bytes line = {text.ptr, bytes_find(text, '\n')};
        cJSON *root;
        text = bytes_skip(text, line.len + 1);
        judge_text(why, sizeof why, "no JSON");
        rc = json_parse(&replay->arena, line, &root, NULL);
        if (rc == RC_OK)
            rc = take_line(replay, root);
        if (rc == RC_SYNTAX)
            judge_text(error, RECORDING_ERROR_BYTES, "line %zu: %.160s", number, why);
        arena_reset(&replay->arena);
    }
    if (rc == RC_OK)
        flush(replay, -1);
    return rc;
}

enum rc replay_run(struct bytes text, const struct judge_policy *policy,
                   const struct replay_visitor *visitor, void *context,
                   char error[RECORDING_ERROR_BYTES])
{
    struct replay replay = {
        .visitor = visitor, .context = context, .policy = policy, .error = error};
    arena_init(&replay.arena, LIMIT_CANARY_LINE_BYTES);
    enum rc rc = text.len > 0 ? take_lines(&replay, text) : RC_OK;
    if (rc == RC_OK && !replay.judge) {
        judge_text(error, RECORDING_ERROR_BYTES, "line 1: there is no whole line");
        rc = RC_SYNTAX;
    }
    judge_free(replay.judge);
    arena_release(&replay.arena);
    return rc;
}
