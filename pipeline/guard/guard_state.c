#include "pipeline/guard/guard_state.h"

#include <inttypes.h>
#include <stdio.h>

#include "pipeline/canary/fields.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"

static const char *const phases[] = {"watch", "away", "back", "foreign", NULL};
static const char *const homes[] = {"lambda", "fargate", NULL};
static const double most = 9007199254740992.0; /* whole numbers of a double */

const char *guard_phase_name(enum guard_phase phase)
{
    return phases[phase];
}

const char *guard_home_name(enum guard_home home)
{
    return home < GUARD_HOMES ? homes[home] : "no home";
}

enum guard_home guard_home_of(struct bytes group)
{
    for (int i = 0; i < GUARD_HOMES; i++) {
        struct bytes name = bytes_from_str(homes[i]);
        for (size_t at = 0; at + name.len <= group.len; at++)
            if (bytes_eq(bytes_make(group.ptr + at, name.len), name) &&
                (at == 0 || group.ptr[at - 1] == '-'))
                return (enum guard_home)i;
    }
    return GUARD_HOMES;
}

double guard_share(const struct guard_state *state, const unsigned *weights, enum guard_home home)
{
    double sum = 0;
    for (size_t i = 0; i < state->count; i++)
        if (guard_home_of(bytes_from_str(state->groups[i])) == home)
            sum += shares_of(weights, state->count, i);
    return sum;
}

/* --- writing --- */

static void print_home(const struct guard_home_state *home, struct buf *out)
{
    buf_printf(out,
               "{\"probe_bad\":%u,\"health_bad\":%u,\"window_bad\":%u,\"is_down\":%s,"
               "\"bad_ms\":%" PRId64 ",\"good_ms\":%" PRId64 ",\"moved_ms\":%" PRId64
               ",\"relapses\":%u,\"rate\":%.3f,\"why\":",
               home->probe_bad, home->health_bad, home->window_bad,
               home->is_down ? "true" : "false", home->bad_ms, home->good_ms, home->moved_ms,
               home->relapses, home->rate);
    json_text_string(out, bytes_from_str(home->why));
    buf_append_char(out, '}');
}

static void print_groups(const struct guard_state *state, struct buf *out)
{
    for (size_t i = 0; i < state->count; i++) {
        buf_printf(out, "%s{\"name\":", i ? "," : "");
        json_text_string(out, bytes_from_str(state->groups[i]));
        buf_printf(out, ",\"normal\":%u,\"wished\":%u,\"tried\":%u}", state->normal[i],
                   state->wished[i], state->tried[i]);
    }
}

static void print_cost(const struct guard_cost_state *cost, struct buf *out)
{
    buf_printf(out,
               ",\"cost\":{\"has_rate\":%s,\"rate\":%.3f,\"since_ms\":%" PRId64
               ",\"is_begun\":%s,\"is_foreign\":%s,\"is_untold\":%s}",
               cost->has_rate ? "true" : "false", cost->rate, cost->since_ms,
               cost->is_begun ? "true" : "false", cost->is_foreign ? "true" : "false",
               cost->is_untold ? "true" : "false");
}

static void print_scaled(const struct guard_scaled *scaled, struct buf *out)
{
    buf_printf(out, ",\"scaled\":{\"service\":");
    json_text_string(out, bytes_from_str(scaled->service));
    buf_printf(out,
               ",\"has_bounds\":%s,\"min\":%u,\"max\":%u,\"desired\":%u,\"set_min\":%u,"
               "\"set_max\":%u,\"set_desired\":%u,\"share\":%.4f}",
               scaled->has_bounds ? "true" : "false", scaled->min, scaled->max, scaled->desired,
               scaled->set_min, scaled->set_max, scaled->set_desired, scaled->share);
}

static void print_untold(const struct guard_untold *untold, struct buf *out)
{
    buf_printf(out, ",\"untold\":{\"at_ms\":%" PRId64 ",\"act\":\"%s\",\"home\":\"%s\",\"why\":",
               untold->at_ms, untold->act, guard_home_name(untold->home));
    json_text_string(out, bytes_from_str(untold->why));
    buf_append_char(out, '}');
}

void guard_state_print(const struct guard_state *state, struct buf *out)
{
    buf_printf(out, "{\"phase\":\"%s\",\"away\":\"%s\",\"groups\":[", phases[state->phase],
               homes[state->away]);
    print_groups(state, out);
    buf_printf(out,
               "],\"step\":%zu,\"stepped_ms\":%" PRId64 ",\"scaling_ms\":%" PRId64
               ",\"window_ms\":%" PRId64 ",\"next_ms\":%" PRId64
               ",\"is_alarmed\":%s,\"is_held\":%s,\"expiry_ms\":%" PRId64 ",\"owner\":",
               state->step, state->stepped_ms, state->scaling_ms, state->window_ms, state->next_ms,
               state->is_alarmed ? "true" : "false", state->is_held ? "true" : "false",
               state->expiry_ms);
    json_text_string(out, bytes_from_str(state->owner));
    buf_printf(out, ",\"stand_in_lambda\":%u,\"stand_in_fargate\":%u",
               state->stand_in[GUARD_LAMBDA], state->stand_in[GUARD_FARGATE]);
    print_cost(&state->cost, out);
    if (state->scaled.is_set)
        print_scaled(&state->scaled, out);
    if (state->untold.at_ms)
        print_untold(&state->untold, out);
    for (int i = 0; i < GUARD_HOMES; i++) {
        buf_printf(out, ",\"%s\":", homes[i]);
        print_home(&state->homes[i], out);
    }
    buf_append_char(out, '}');
}

/* --- reading --- */

static void read_text(const struct fields_object *object, const char *name, char *out, size_t len)
{
    const char *text = "";
    fields_need_text(object, name, &text);
    (void)snprintf(out, len, "%s", text);
}

static void read_time(const struct fields_object *object, const char *name, int64_t *out)
{
    double number = 0;
    fields_number(object, name, 0, most, &number);
    *out = (int64_t)number;
}

static void read_home(struct guard_home_state *home, const struct fields_object *root,
                      const char *name)
{
    static const char *const known[] = {"probe_bad", "health_bad", "window_bad", "is_down",
                                        "bad_ms",    "good_ms",    "moved_ms",   "relapses",
                                        "rate",      "why",        NULL};
    struct fields_object object = fields_object(root, name, known);
    const char *why = "";
    fields_whole(&object, "probe_bad", 0, 1000000000, &home->probe_bad);
    fields_whole(&object, "health_bad", 0, 1000000000, &home->health_bad);
    fields_whole(&object, "window_bad", 0, 1000000000, &home->window_bad);
    fields_switch(&object, "is_down", &home->is_down);
    read_time(&object, "bad_ms", &home->bad_ms);
    read_time(&object, "good_ms", &home->good_ms);
    read_time(&object, "moved_ms", &home->moved_ms);
    fields_whole(&object, "relapses", 0, 1000, &home->relapses);
    fields_number(&object, "rate", 0, most, &home->rate);
    if (cJSON_IsString(cJSON_GetObjectItemCaseSensitive(object.json, "why")))
        why = cJSON_GetObjectItemCaseSensitive(object.json, "why")->valuestring;
    (void)snprintf(home->why, sizeof home->why, "%s", why);
}

static void read_cost(struct guard_cost_state *cost, const struct fields_object *root)
{
    static const char *const known[] = {"has_rate",   "rate",      "since_ms", "is_begun",
                                        "is_foreign", "is_untold", NULL};
    struct fields_object object = fields_object(root, "cost", known);
    fields_switch(&object, "has_rate", &cost->has_rate);
    fields_number(&object, "rate", 0, most, &cost->rate);
    read_time(&object, "since_ms", &cost->since_ms);
    fields_switch(&object, "is_begun", &cost->is_begun);
    fields_switch(&object, "is_foreign", &cost->is_foreign);
    fields_switch(&object, "is_untold", &cost->is_untold);
}

static void read_scaled(struct guard_scaled *scaled, const struct fields_object *root)
{
    static const char *const known[] = {"service", "has_bounds", "min",         "max",   "desired",
                                        "set_min", "set_max",    "set_desired", "share", NULL};
    struct fields_object object = fields_object(root, "scaled", known);
    if (!object.json)
        return;
    scaled->is_set = true;
    read_text(&object, "service", scaled->service, sizeof scaled->service);
    fields_switch(&object, "has_bounds", &scaled->has_bounds);
    fields_whole(&object, "min", 0, 1000000000, &scaled->min);
    fields_whole(&object, "max", 0, 1000000000, &scaled->max);
    fields_whole(&object, "desired", 0, 1000000000, &scaled->desired);
    fields_whole(&object, "set_min", 0, 1000000000, &scaled->set_min);
    fields_whole(&object, "set_max", 0, 1000000000, &scaled->set_max);
    fields_whole(&object, "set_desired", 0, 1000000000, &scaled->set_desired);
    fields_number(&object, "share", 0, 1, &scaled->share);
}

static void read_untold(struct guard_untold *untold, const struct fields_object *root)
{
    static const char *const known[] = {"at_ms", "act", "home", "why", NULL};
    struct fields_object object = fields_object(root, "untold", known);
    int home = 0;
    if (!object.json)
        return;
    read_time(&object, "at_ms", &untold->at_ms);
    read_text(&object, "act", untold->act, sizeof untold->act);
    fields_choice(&object, "home", homes, &home);
    read_text(&object, "why", untold->why, sizeof untold->why);
    untold->home = (enum guard_home)home;
}

static void read_groups(struct guard_state *state, const struct fields_object *root)
{
    static const char *const known[] = {"name", "normal", "wished", "tried", NULL};
    int count = fields_count(root, "groups", 1, SHARES_MAX);
    for (int i = 0; i < count; i++) {
        struct fields_object object = fields_item(root, "groups", i, known);
        read_text(&object, "name", state->groups[i], GUARD_NAME_MAX);
        fields_whole(&object, "normal", 0, LIMIT_WEIGHT, &state->normal[i]);
        fields_whole(&object, "wished", 0, LIMIT_WEIGHT, &state->wished[i]);
        fields_whole(&object, "tried", 0, LIMIT_WEIGHT, &state->tried[i]);
    }
    state->count = (size_t)count;
}

static void read_state(struct guard_state *state, const struct fields_object *root)
{
    int phase = 0, away = 0;
    unsigned step = 0;
    fields_choice(root, "phase", phases, &phase);
    fields_choice(root, "away", homes, &away);
    read_groups(state, root);
    fields_whole(root, "step", 0, 1000, &step);
    read_time(root, "stepped_ms", &state->stepped_ms);
    read_time(root, "scaling_ms", &state->scaling_ms);
    read_time(root, "window_ms", &state->window_ms);
    read_time(root, "next_ms", &state->next_ms);
    fields_switch(root, "is_alarmed", &state->is_alarmed);
    fields_switch(root, "is_held", &state->is_held);
    read_time(root, "expiry_ms", &state->expiry_ms);
    read_text(root, "owner", state->owner, sizeof state->owner);
    read_cost(&state->cost, root);
    read_scaled(&state->scaled, root);
    fields_whole(root, "stand_in_lambda", 0, SHARES_MAX, &state->stand_in[GUARD_LAMBDA]);
    fields_whole(root, "stand_in_fargate", 0, SHARES_MAX, &state->stand_in[GUARD_FARGATE]);
    read_untold(&state->untold, root);
    for (int i = 0; i < GUARD_HOMES; i++)
        read_home(&state->homes[i], root, homes[i]);
    state->phase = (enum guard_phase)phase;
    state->away = (enum guard_home)away;
    state->step = step;
}

bool guard_state_parse(struct guard_state *state, struct bytes text, char *error, size_t error_len)
{
    static const char *const known[] = {"phase",
                                        "away",
                                        "groups",
                                        "step",
                                        "stepped_ms",
                                        "scaling_ms",
                                        "window_ms",
                                        "next_ms",
                                        "is_alarmed",
                                        "is_held",
                                        "expiry_ms",
                                        "owner",
                                        "lambda",
                                        "fargate",
                                        "cost",
                                        "stand_in_lambda",
                                        "stand_in_fargate",
                                        "scaled",
                                        "untold",
                                        NULL};
    struct fields fields = {.error = error, .error_len = error_len};
    struct arena arena;
    cJSON *json;
    *state = (struct guard_state){.phase = GUARD_WATCH};
    arena_init(&arena, 16 * GUARD_STATE_MAX);
    enum rc rc = json_parse(&arena, text, &json, NULL);
    if (rc == RC_OK) {
        struct fields_object root = fields_root(&fields, json, known);
        read_state(state, &root);
    } else {
        (void)snprintf(error, error_len, "no JSON");
    }
    arena_release(&arena);
    return rc == RC_OK && !fields.has_error;
}
