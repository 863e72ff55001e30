#include "runtime/dashboard/message.h"

#include "runtime/core/json_text.h"
#include "runtime/dashboard/canaries.h"
#include "runtime/dashboard/dashboard.h"
#include "runtime/dashboard/guards.h"

static void print_name(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "\"%s\":", name);
    json_text_string(out, bytes_from_str(text));
}

/* --- rules --- */

static void print_rule(struct buf *out, const struct alb_rule *rule, bool is_production)
{
    buf_append_char(out, '{');
    print_name(out, "arn", rule->arn);
    buf_printf(out, ",\"port\":%u,\"priority\":%u,\"production\":%s,\"shares\":[",
               rule->listener->port, rule->priority, is_production ? "true" : "false");
    for (size_t i = 0; i < rule->action.forward.count; i++) {
        const struct alb_share *share = &rule->action.forward.shares[i];
        buf_printf(out, "%s[", i ? "," : "");
        json_text_string(out, bytes_from_str(share->group->name));
        buf_printf(out, ",%u]", share->weight);
    }
    buf_append(out, BYTES_LIT("]}"));
}

static void print_rules(struct buf *out, const struct alb_model *model)
{
    const struct alb_rule *production = history_rule(model);
    const char *comma = "";
    buf_append(out, BYTES_LIT("\"rules\":["));
    for (const struct alb_listener *each = model->listeners; each; each = each->next) {
        for (const struct alb_rule *rule = each->rules; rule; rule = rule->next) {
            if (rule->action.type != ALB_FORWARD)
                continue;
            buf_printf(out, "%s", comma);
            print_rule(out, rule, rule == production);
            comma = ",";
        }
    }
    buf_append_char(out, ']');
}

/* --- groups --- */

static void print_target(struct buf *out, const struct alb_target *target)
{
    buf_append_char(out, '{');
    print_name(out, "id", target->id);
    buf_printf(out, ",\"port\":%u,", target->port);
    print_name(out, "state", alb_target_state_name(target->state));
    buf_append_char(out, ',');
    print_name(out, "reason", target->reason ? target->reason : "");
    buf_append_char(out, ',');
    print_name(out, "text", target->description);
    buf_printf(out, ",\"requests\":%llu,\"inFlight\":%zu}",
               (unsigned long long)target->request_count, target->in_flight);
}

static void print_group(struct buf *out, const struct alb_group *group)
{
    buf_append_char(out, '{');
    print_name(out, "name", group->name);
    buf_printf(out, ",\"type\":\"%s\",\"requests\":%llu,\"targets\":[",
               group->type == ALB_TARGET_LAMBDA ? "lambda" : "ip",
               (unsigned long long)group->request_count);
    for (const struct alb_target *target = group->targets; target; target = target->next) {
        print_target(out, target);
        if (target->next)
            buf_append_char(out, ',');
    }
    buf_append(out, BYTES_LIT("]}"));
}

/* --- what runs --- */

struct list {
    struct buf *out;
    bool has_any;
};

static void print_version(void *context, const char *group, const char *name, const char *version)
{
    const char *const texts[] = {group, name, version};
    struct list *list = context;
    for (int i = 0; i < 3; i++) {
        buf_printf(list->out, "%s", i ? "," : list->has_any ? ",[" : "[");
        json_text_string(list->out, bytes_from_str(texts[i]));
    }
    buf_append_char(list->out, ']');
    list->has_any = true;
}

static void begin_item(struct list *list, int64_t id, const char *group, const char *state,
                       int64_t age_ms)
{
    buf_printf(list->out, "%s[%lld,", list->has_any ? "," : "", (long long)id);
    json_text_string(list->out, bytes_from_str(group));
    buf_append_char(list->out, ',');
    json_text_string(list->out, bytes_from_str(state));
    buf_printf(list->out, ",%lld", (long long)age_ms);
    list->has_any = true;
}

static void print_sandbox(void *context, const struct dashboard_sandbox *sandbox)
{
    struct list *list = context;
    begin_item(list, sandbox->process_id, sandbox->group, sandbox->state, sandbox->age_ms);
    buf_printf(list->out, ",%lld.%03lld,%llu,%u,", (long long)(sandbox->init_us / 1000),
               (long long)(sandbox->init_us % 1000), (unsigned long long)sandbox->call_count,
               sandbox->peak_memory_mb);
    json_text_string(list->out, bytes_from_str(sandbox->name));
    buf_append_char(list->out, ']');
}

static void print_task(void *context, const struct dashboard_task *task)
{
    struct list *list = context;
    begin_item(list, task->process_id, task->group, task->state, task->age_ms);
    buf_printf(list->out, ",%u,", task->port);
    json_text_string(list->out, bytes_from_str(task->name));
    buf_append_char(list->out, ']');
}

void message_print_state(const struct alb_model *model, const struct dashboard_source *source,
                         const struct parameters *parameters, struct buf *out)
{
    struct list versions = {out, false}, sandboxes = {out, false}, tasks = {out, false};
    print_rules(out, model);
    buf_append(out, BYTES_LIT(",\"groups\":["));
    for (const struct alb_group *group = model->groups; group; group = group->next) {
        print_group(out, group);
        if (group->next)
            buf_append_char(out, ',');
    }
    buf_append(out, BYTES_LIT("],\"versions\":["));
    if (source->versions)
        source->versions(source->context, print_version, &versions);
    buf_append(out, BYTES_LIT("],\"sandboxes\":["));
    if (source->sandboxes)
        source->sandboxes(source->context, print_sandbox, &sandboxes);
    buf_append(out, BYTES_LIT("],\"tasks\":["));
    if (source->tasks)
        source->tasks(source->context, print_task, &tasks);
    buf_append(out, BYTES_LIT("],\"canaries\":"));
    canaries_print(parameters, out);
    buf_append(out, BYTES_LIT(",\"guards\":"));
    guards_print(parameters, out);
}

/* --- an event --- */

static void print_rig(const struct message_parts *parts, struct buf *out)
{
    buf_printf(out, "\"rig\":{\"seconds\":%d,\"token\":", HISTORY_SECONDS);
    if (parts->token)
        json_text_string(out, bytes_from_str(parts->token));
    else
        buf_append(out, BYTES_LIT("null"));
    buf_append(out, BYTES_LIT("},"));
}

void message_print(const struct message_parts *parts, struct message_cursor *cursor,
                   struct buf *out)
{
    buf_printf(out, "data: {\"now\":%lld,", (long long)parts->now_ms);
    if (!cursor->has_begun)
        print_rig(parts, out);
    buf_append(out, parts->state);
    buf_append(out, BYTES_LIT(",\"points\":"));
    history_print(parts->history, cursor->second, out);
    buf_append(out, BYTES_LIT(",\"requests\":"));
    journal_print_requests(parts->journal, cursor->request, out);
    buf_append(out, BYTES_LIT(",\"events\":"));
    journal_print_events(parts->journal, cursor->event, out);
    buf_append(out, BYTES_LIT("}\n\n"));
    *cursor = (struct message_cursor){true, parts->journal->request_count,
                                      parts->journal->event_count, parts->history->end_s};
}
