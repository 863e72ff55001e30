#include "runtime/dashboard/history.h"

#include "runtime/alb/series_stat.h"
#include "runtime/core/json_text.h"

enum { TIMES_OVER_S = 5, LINE_MAX_BYTES = 64 * 1024, ARENA_BYTES = 4 * 1024 * 1024 };

#define OWN_SPACE BYTES_LIT("Duet/Dashboard")

void history_init(struct history *history, const struct alb_model *model,
                  const struct series_store *store, int64_t second)
{
    history->model = model;
    history->store = store;
    history->first_s = history->end_s = second;
    for (size_t i = 0; i < HISTORY_SECONDS; i++)
        buf_init(&history->lines[i], LINE_MAX_BYTES);
}

void history_release(struct history *history)
{
    series_store_release(&history->own);
    for (size_t i = 0; i < HISTORY_SECONDS; i++)
        buf_release(&history->lines[i]);
}

const struct alb_rule *history_rule(const struct alb_model *model)
{
    const struct alb_rule *found = NULL;
    for (const struct alb_listener *each = model->listeners; each; each = each->next)
        for (const struct alb_rule *rule = each->rules; rule; rule = rule->next)
            if (rule->action.type == ALB_FORWARD &&
                (!found || rule->action.forward.count > found->action.forward.count))
                found = rule;
    return found;
}

unsigned history_weight(const struct alb_rule *rule, const struct alb_group *group)
{
    for (size_t i = 0; rule && i < rule->action.forward.count; i++)
        if (rule->action.forward.shares[i].group == group)
            return rule->action.forward.shares[i].weight;
    return 0;
}

/* --- what AWS does not count --- */

static void count_own(struct history *history, const char *group, struct bytes name, int64_t second,
                      double value)
{
    struct series_dimension dimension = {BYTES_LIT("TargetGroup"), bytes_from_str(group)};
    struct series_id id = {OWN_SPACE, name, &dimension, 1};
    struct series *series = series_open(&history->own, &id, BYTES_LIT("Count"));
    if (series && series_add_value(series, second, value, 1) != RC_OK)
        return; /* a figure of the page is missing, and no more */
}

void history_count(struct history *history, int64_t second, const struct alb_record *record)
{
    bool has_target = record->call ? record->call->try_count > 0 : record->function != NULL;
    if (record->group && record->status >= 500)
        count_own(history, record->group->name, BYTES_LIT("Errors"), second, 1);
    if (record->group && !has_target)
        count_own(history, record->group->name, BYTES_LIT("WithoutTarget"), second, 1);
}

void history_count_cold_start(struct history *history, int64_t second, const char *group,
                              int64_t init_us)
{
    count_own(history, group, BYTES_LIT("ColdStarts"), second, (double)init_us / 1000);
}

/* --- a second --- */

/* A group's line in the making. */
struct reading {
    const struct history *history;
    const struct alb_group *group;
    int64_t second;
    struct arena *arena;
    struct buf *out;
    bool has_any; /* members */
};

static enum rc read_balancer(const struct reading *reading, const char *name, int64_t from_s,
                             struct series_sum *sum)
{
    const struct series_dimension dimensions[] = {
        {BYTES_LIT("LoadBalancer"), alb_arn_tail(reading->history->model->arn)},
        {BYTES_LIT("TargetGroup"), alb_arn_tail(reading->group->arn)}};
    struct series_id id = {BYTES_LIT("AWS/ApplicationELB"), bytes_from_str(name), dimensions, 2};
    const struct series *series = series_find(reading->history->store, &id);
    return series ? series_between(series, from_s, reading->second + 1, reading->arena, sum)
                  : RC_NOT_FOUND;
}

static double own_count(const struct reading *reading, const char *name)
{
    struct series_dimension dimension = {BYTES_LIT("TargetGroup"),
                                         bytes_from_str(reading->group->name)};
    struct series_id id = {OWN_SPACE, bytes_from_str(name), &dimension, 1};
    struct series_sum sum;
    const struct series *series = series_find(&reading->history->own, &id);
    bool is_there = series && series_between(series, reading->second, reading->second + 1,
                                             reading->arena, &sum) == RC_OK;
    return is_there ? sum.count : 0;
}

static double balancer_sum(const struct reading *reading, const char *name)
{
    struct series_sum sum;
    return read_balancer(reading, name, reading->second, &sum) == RC_OK ? sum.sum : 0;
}

static void print_member(struct reading *reading, const char *name, double value)
{
    if (value <= 0)
        return;
    if (!reading->has_any) {
        json_text_string(reading->out, bytes_from_str(reading->group->name));
        buf_append_char(reading->out, ':');
    }
    buf_printf(reading->out, "%s\"%s\":%.6g", reading->has_any ? "," : "{", name, value);
    reading->has_any = true;
}

static void print_times(struct reading *reading)
{
    static const struct {
        const char *name;
        struct series_stat stat;
    } rows[] = {{"p50", {STAT_PERCENTILE, false, 0, 50}},
                {"p95", {STAT_PERCENTILE, false, 0, 95}},
                {"p99", {STAT_PERCENTILE, false, 0, 99}}};
    struct series_sum sum;
    double seconds;
    if (read_balancer(reading, "TargetResponseTime", reading->second + 1 - TIMES_OVER_S, &sum) !=
        RC_OK)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (series_stat_compute(&rows[i].stat, &sum, &seconds) == RC_OK)
            print_member(reading, rows[i].name, seconds * 1000);
}

static bool print_group(struct reading *reading)
{
    print_member(reading, "n",
                 balancer_sum(reading, "RequestCount") + own_count(reading, "WithoutTarget"));
    print_member(reading, "e", own_count(reading, "Errors"));
    print_member(reading, "c", balancer_sum(reading, "HTTPCode_Target_4XX_Count"));
    print_member(reading, "cold", own_count(reading, "ColdStarts"));
    print_member(reading, "w",
                 history_weight(history_rule(reading->history->model), reading->group));
    print_times(reading);
    if (reading->has_any)
        buf_append_char(reading->out, '}');
    return reading->has_any;
}

static void make_line(const struct history *history, int64_t second, struct arena *arena,
                      struct buf *line)
{
    bool is_first = true;
    buf_reset(line);
    buf_printf(line, "{\"t\":%lld,\"g\":{", (long long)second);
    for (const struct alb_group *group = history->model->groups; group; group = group->next) {
        struct reading reading = {history, group, second, arena, line, false};
        size_t before = line->len;
        if (!is_first)
            buf_append_char(line, ',');
        if (print_group(&reading))
            is_first = false;
        else
            line->len = before;
    }
    buf_append(line, BYTES_LIT("}}"));
}

void history_advance(struct history *history, int64_t second)
{
    struct arena arena;
    int64_t gap_s = second - history->end_s;
    /* After a long sleep of the machine, or when its clock is set, the history begins anew. */
    if (gap_s > HISTORY_SECONDS || gap_s < -HISTORY_SECONDS)
        history->first_s = history->end_s = second;
    arena_init(&arena, ARENA_BYTES);
    for (; history->end_s < second; history->end_s++) {
        make_line(history, history->end_s, &arena,
                  &history->lines[history->end_s % HISTORY_SECONDS]);
        arena_reset(&arena);
    }
    arena_release(&arena);
    if (history->end_s - history->first_s > HISTORY_SECONDS)
        history->first_s = history->end_s - HISTORY_SECONDS;
}

void history_print(const struct history *history, int64_t from_s, struct buf *out)
{
    int64_t from = from_s > history->first_s ? from_s : history->first_s;
    bool is_first = true;
    buf_append_char(out, '[');
    for (int64_t second = from; second < history->end_s; second++) {
        const struct buf *line = &history->lines[second % HISTORY_SECONDS];
        if (line->failed)
            continue;
        if (!is_first)
            buf_append_char(out, ',');
        buf_append(out, buf_bytes(line));
        is_first = false;
    }
    buf_append_char(out, ']');
}
