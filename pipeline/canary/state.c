#include "pipeline/canary/state.h"

#include <inttypes.h>
#include <stdio.h>

#include "pipeline/canary/fields.h"
#include "runtime/core/json_text.h"

enum { VERSION = 1, ARENA_MAX = 1 << 20, WEIGHT_MAX = 999 };

static const double time_max = 1e15;

static const char *const phases[] = {"prepare", "smoke", "shift",  "bake", "promote",
                                     "hold",    "back",  "retire", "end",  NULL};
static const char *const outcomes[] = {"none", "promoted", "rolled-back", "aborted", NULL};

static const char *const members[] = {
    "version", "run",    "name",     "plan",   "owner",    "expiry",  "started", "since",
    "judged",  "phase",  "outcome",  "step",   "failures", "smoked",  "paused",  "hurried",
    "rule",    "groups", "stable",   "canary", "before",   "was",     "wished",  "tried",
    "why",     "steps",  "requests", "needed", "strip",    "verdict", NULL};

const char *canary_phase_name(enum canary_phase phase)
{
    return phases[phase];
}

const char *canary_outcome_name(enum canary_outcome outcome)
{
    return outcomes[outcome];
}

struct bytes canary_group_name(const char *arn)
{
    struct bytes rest = bytes_from_str(arn);
    size_t slash = bytes_find(rest, '/');
    if (slash == rest.len)
        return rest;
    rest = bytes_skip(rest, slash + 1);
    return bytes_make(rest.ptr, bytes_find(rest, '/'));
}

bool canary_rule_find(const struct canary_rule *rule, const char *slot, size_t *index)
{
    for (*index = 0; *index < rule->count; ++*index)
        if (strcmp(rule->slots[*index], slot) == 0 ||
            bytes_eq(canary_group_name(rule->groups[*index]), bytes_from_str(slot)))
            return true;
    return false;
}

double canary_share(const struct canary_state *state, const unsigned *weights)
{
    return shares_of(weights, state->count, state->canary);
}

void canary_strip_add(struct canary_state *state, char verdict)
{
    size_t len = strlen(state->strip);
    if (len == CANARY_STRIP_MAX)
        memmove(state->strip, state->strip + 1, len--);
    state->strip[len] = verdict;
    state->strip[len + 1] = 0;
}

/* --- printing --- */

static void print_text(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, ",\"%s\":", name);
    json_text_string(out, bytes_from_str(value));
}

static void print_weights(struct buf *out, const char *name, const unsigned *weights, size_t count)
{
    buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%u", i ? "," : "", weights[i]);
    buf_append_char(out, ']');
}

static void print_rule(const struct canary_state *state, struct buf *out)
{
    print_text(out, "rule", state->rule);
    buf_printf(out, ",\"groups\":[");
    for (size_t i = 0; i < state->count; i++) {
        buf_printf(out, i ? "," : "");
        json_text_string(out, bytes_from_str(state->groups[i]));
    }
    buf_printf(out, "],\"stable\":%zu,\"canary\":%zu", state->stable, state->canary);
    print_weights(out, "before", state->before, state->count);
    print_weights(out, "was", state->was, state->count);
    print_weights(out, "wished", state->wished, state->count);
    print_weights(out, "tried", state->tried, state->count);
}

static void print_progress(const struct canary_state *state, struct buf *out)
{
    print_weights(out, "steps", state->permille, state->step_count);
    buf_printf(out, ",\"requests\":%" PRIu64 ",\"needed\":%" PRIu64, state->requests,
               state->needed);
    if (*state->strip)
        print_text(out, "strip", state->strip);
    if (*state->verdict)
        print_text(out, "verdict", state->verdict);
}

void state_print(const struct canary_state *state, struct buf *out)
{
    buf_printf(out, "{\"version\":%d", VERSION);
    print_text(out, "run", state->run);
    print_text(out, "name", state->name);
    print_text(out, "plan", state->plan_hash);
    print_text(out, "owner", state->owner);
    buf_printf(out,
               ",\"expiry\":%" PRId64 ",\"started\":%" PRId64 ",\"since\":%" PRId64
               ",\"judged\":%" PRId64,
               state->expiry_ms, state->started_ms, state->phase_ms, state->judged_ms);
    print_text(out, "phase", phases[state->phase]);
    print_text(out, "outcome", outcomes[state->outcome]);
    buf_printf(out, ",\"step\":%u,\"failures\":%u,\"smoked\":%s,\"paused\":%s,\"hurried\":%s",
               state->step, state->failures, state->is_smoked ? "true" : "false",
               state->is_paused ? "true" : "false", state->is_hurried ? "true" : "false");
    print_rule(state, out);
    print_progress(state, out);
    if (*state->why)
        print_text(out, "why", state->why);
    buf_append_char(out, '}');
}

/* --- reading --- */

static void read_text(const struct fields_object *root, const char *name, char *out, size_t len)
{
    const char *text = NULL;
    fields_need_text(root, name, &text);
    if (text && strlen(text) >= len)
        fields_refuse(root, name, "is too long");
    else if (text)
        memcpy(out, text, strlen(text) + 1);
}

static void read_time(const struct fields_object *root, const char *name, int64_t *out)
{
    double number = -1;
    fields_number(root, name, 0, time_max, &number);
    if (number < 0)
        fields_refuse(root, name, "is missing");
    *out = (int64_t)number;
}

static void read_numbers(const struct fields_object *root, const char *name, size_t count,
                         unsigned most, unsigned *out)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root->json, name);
    if (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) != count) {
        fields_refuse(root, name, "must have %zu numbers", count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const cJSON *item = cJSON_GetArrayItem(array, (int)i);
        if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > most)
            fields_refuse(root, name, "must have numbers from 0 to %u", most);
        else
            out[i] = (unsigned)item->valuedouble;
    }
}

static void read_weights(const struct fields_object *root, const char *name, size_t count,
                         unsigned *out)
{
    read_numbers(root, name, count, WEIGHT_MAX, out);
}

static void read_index(const struct fields_object *root, const char *name, size_t count,
                       size_t *out)
{
    unsigned number = SHARES_MAX;
    fields_whole(root, name, 0, SHARES_MAX - 1, &number);
    if (number >= count)
        fields_refuse(root, name, "must be the index of a group");
    *out = number;
}

static void read_rule(struct canary_state *state, const struct fields_object *root)
{
    int count = fields_count(root, "groups", 2, SHARES_MAX);
    const cJSON *groups = cJSON_GetObjectItemCaseSensitive(root->json, "groups");
    state->count = (size_t)count;
    read_text(root, "rule", state->rule, sizeof state->rule);
    for (int i = 0; i < count; i++) {
        const cJSON *item = cJSON_GetArrayItem(groups, i);
        if (!cJSON_IsString(item) || strlen(item->valuestring) >= CANARY_ARN_MAX)
            fields_refuse(root, "groups", "must have ARNs");
        else
            memcpy(state->groups[i], item->valuestring, strlen(item->valuestring) + 1);
    }
    read_index(root, "stable", state->count, &state->stable);
    read_index(root, "canary", state->count, &state->canary);
    read_weights(root, "before", state->count, state->before);
    read_weights(root, "was", state->count, state->was);
    read_weights(root, "wished", state->count, state->wished);
    read_weights(root, "tried", state->count, state->tried);
}

static void read_words(struct canary_state *state, const struct fields_object *root)
{
    int phase = -1, outcome = 0;
    unsigned version = 0;
    fields_whole(root, "version", 1, 1000, &version);
    if (version != VERSION)
        fields_refuse(root, "version", "must be %d: another duet wrote this", VERSION);
    fields_choice(root, "phase", phases, &phase);
    fields_choice(root, "outcome", outcomes, &outcome);
    if (phase < 0)
        fields_refuse(root, "phase", "is missing");
    state->phase = phase < 0 ? PHASE_HOLD : (enum canary_phase)phase;
    state->outcome = (enum canary_outcome)outcome;
    fields_whole(root, "step", 0, PLAN_STEPS_MAX - 1, &state->step);
    fields_whole(root, "failures", 0, 1000 * 1000, &state->failures);
    fields_switch(root, "smoked", &state->is_smoked);
    fields_switch(root, "paused", &state->is_paused);
    fields_switch(root, "hurried", &state->is_hurried);
}

static void read_progress(struct canary_state *state, const struct fields_object *root)
{
    double requests = 0, needed = 0;
    state->step_count = (unsigned)fields_count(root, "steps", 1, PLAN_STEPS_MAX);
    read_numbers(root, "steps", state->step_count, 1000, state->permille);
    fields_number(root, "requests", 0, time_max, &requests);
    fields_number(root, "needed", 0, time_max, &needed);
    state->requests = (uint64_t)requests;
    state->needed = (uint64_t)needed;
    if (fields_has(root, "strip"))
        read_text(root, "strip", state->strip, sizeof state->strip);
    if (fields_has(root, "verdict"))
        read_text(root, "verdict", state->verdict, sizeof state->verdict);
}

static void read_all(struct canary_state *state, const struct fields_object *root)
{
    read_words(state, root);
    read_text(root, "run", state->run, sizeof state->run);
    read_text(root, "name", state->name, sizeof state->name);
    read_text(root, "plan", state->plan_hash, sizeof state->plan_hash);
    read_text(root, "owner", state->owner, sizeof state->owner);
    read_time(root, "expiry", &state->expiry_ms);
    read_time(root, "started", &state->started_ms);
    read_time(root, "since", &state->phase_ms);
    read_time(root, "judged", &state->judged_ms);
    read_rule(state, root);
    read_progress(state, root);
    if (fields_has(root, "why"))
        read_text(root, "why", state->why, sizeof state->why);
}

bool state_parse(struct canary_state *state, struct bytes text, char *error, size_t error_len)
{
    struct arena arena;
    cJSON *json;
    struct fields fields = {.error = error, .error_len = error_len};
    *state = (struct canary_state){0};
    arena_init(&arena, ARENA_MAX);
    if (json_parse(&arena, text, &json, NULL) == RC_OK) {
        struct fields_object root = fields_root(&fields, json, members);
        read_all(state, &root);
    } else {
        fields.has_error = true;
        (void)snprintf(error, error_len, "no JSON");
    }
    arena_release(&arena);
    return !fields.has_error;
}
