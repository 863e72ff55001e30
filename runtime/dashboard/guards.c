#include "runtime/dashboard/guards.h"

#include "runtime/core/json_text.h"
#include "runtime/json/json.h"

enum { ARENA_BYTES = 256 * 1024 };

static const struct bytes folder = BYTES_INIT("/duet/");
static const struct bytes past = BYTES_INIT("/history/"); /* behind a guard's name */

static bool is_object(const struct parameter *parameter, struct arena *arena, cJSON **json)
{
    arena_reset(arena);
    return parameter->type == PARAMETER_STRING &&
           json_parse(arena, parameter->newest->value, json, NULL) == RC_OK &&
           cJSON_IsObject(*json);
}

static bool is_guard(const struct parameter *parameter, struct arena *arena)
{
    cJSON *json;
    return bytes_starts_with(parameter->name, folder) && is_object(parameter, arena, &json) &&
           cJSON_IsString(cJSON_GetObjectItemCaseSensitive(json, "phase")) &&
           cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(json, "expiry_ms")) &&
           cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(json, "groups"));
}

static bool is_act(const struct parameter *parameter, const struct parameter *guard,
                   struct arena *arena)
{
    cJSON *json;
    return bytes_starts_with(parameter->name, guard->name) &&
           bytes_starts_with(bytes_skip(parameter->name, guard->name.len), past) &&
           is_object(parameter, arena, &json) &&
           cJSON_IsString(cJSON_GetObjectItemCaseSensitive(json, "act"));
}

/* White space between JSON's tokens may be line ends, which would end an event. */
static void print_value(struct buf *out, const char *comma, struct bytes value)
{
    buf_printf(out, "%s", comma);
    for (size_t i = 0; i < value.len; i++)
        buf_append_char(out, (unsigned char)value.ptr[i] < ' ' ? ' ' : value.ptr[i]);
}

/* They stand behind their guard, by name and so by time. */
static void print_acts(const struct parameter *guard, struct arena *arena, struct buf *out)
{
    const struct parameter *newest[GUARDS_ACTS_MAX];
    size_t count = 0;
    for (const struct parameter *each = guard->next; each; each = each->next)
        if (is_act(each, guard, arena))
            newest[count++ % GUARDS_ACTS_MAX] = each;
    for (size_t i = count > GUARDS_ACTS_MAX ? count - GUARDS_ACTS_MAX : 0, first = i; i < count;
         i++)
        print_value(out, i > first ? "," : "", newest[i % GUARDS_ACTS_MAX]->newest->value);
}

void guards_print(const struct parameters *parameters, struct buf *out)
{
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, ARENA_BYTES);
    buf_append_char(out, '[');
    for (const struct parameter *each = parameters ? parameters->first : NULL;
         each && count < GUARDS_MAX; each = each->next) {
        if (!is_guard(each, &arena))
            continue;
        buf_printf(out, "%s{\"parameter\":", count++ ? "," : "");
        json_text_string(out, each->name);
        print_value(out, ",\"state\":", each->newest->value);
        buf_printf(out, ",\"acts\":[");
        print_acts(each, &arena, out);
        buf_printf(out, "]}");
    }
    buf_append_char(out, ']');
    arena_release(&arena);
}
