#include "runtime/dashboard/guard_acts.h"

#include <stdio.h>

#include "runtime/json/json.h"

enum { ARENA_BYTES = 64 * 1024, DIGITS = 15 };

static const struct bytes folder = BYTES_INIT("/duet/"), past = BYTES_INIT("/history/");

/* The digits behind ".../history/"; 0: it is another parameter. */
static int64_t time_of(struct bytes name)
{
    int64_t ms = 0;
    if (!bytes_starts_with(name, folder) || name.len < past.len + DIGITS)
        return 0;
    struct bytes end = bytes_skip(name, name.len - past.len - DIGITS);
    if (!bytes_starts_with(end, past))
        return 0;
    for (size_t i = past.len; i < end.len; i++) {
        if (end.ptr[i] < '0' || end.ptr[i] > '9')
            return 0;
        ms = ms * 10 + end.ptr[i] - '0';
    }
    return ms;
}

static bool print_act(const struct parameter *parameter, struct arena *arena, char *text)
{
    cJSON *json;
    if (parameter->type != PARAMETER_STRING ||
        json_parse(arena, parameter->newest->value, &json, NULL) != RC_OK)
        return false;
    struct bytes act = json_bytes(cJSON_GetObjectItemCaseSensitive(json, "act"));
    struct bytes why = json_bytes(cJSON_GetObjectItemCaseSensitive(json, "why"));
    if (!act.len || !why.len)
        return false;
    (void)snprintf(text, GUARD_ACTS_TEXT_MAX, "%.*s: %.*s", BYTES_ARG(act), BYTES_ARG(why));
    return true;
}

int64_t guard_acts_look(const struct parameters *parameters, int64_t known_ms,
                        guard_acts_tell_fn *tell, void *context)
{
    struct arena arena;
    char text[GUARD_ACTS_TEXT_MAX];
    int64_t last_ms = known_ms;
    arena_init(&arena, ARENA_BYTES);
    for (const struct parameter *each = parameters ? parameters->first : NULL; each;
         each = each->next) {
        int64_t ms = time_of(each->name);
        if (ms <= known_ms || !print_act(each, &arena, text))
            continue;
        tell(context, ms, text);
        last_ms = ms > last_ms ? ms : last_ms;
        arena_reset(&arena);
    }
    arena_release(&arena);
    return last_ms;
}
