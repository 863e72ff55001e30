#include <stdarg.h>
#include <stdio.h>

#include "runtime/local/terraform_internal.h"

bool terraform_fail(struct terraform_reader *reader, const char *what)
{
    (void)snprintf(reader->error, reader->error_len, "%s: %s", reader->address, what);
    return false;
}

static bool is_noted(const struct terraform *terraform, const char *text)
{
    for (size_t i = 0; i < terraform->note_count; i++)
        if (strcmp(terraform->notes[i], text) == 0)
            return true;
    return false;
}

void terraform_note(struct terraform_reader *reader, const char *format, ...)
{
    struct terraform *terraform = reader->terraform;
    struct bytes text;
    va_list args;
    if (terraform->note_count == TERRAFORM_NOTES_MAX) {
        terraform->notes[TERRAFORM_NOTES_MAX - 1] = "there is more that is not taken over";
        return;
    }
    va_start(args, format);
    if (arena_vprintf(&reader->config->arena, &text, format, args) == RC_OK &&
        !is_noted(terraform, text.ptr))
        terraform->notes[terraform->note_count++] = text.ptr;
    va_end(args);
}

const cJSON *terraform_block(const cJSON *values, const char *name)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(values, name);
    return cJSON_IsArray(list) && cJSON_IsObject(list->child) ? list->child : NULL;
}

const char *terraform_text(struct terraform_reader *reader, const cJSON *values, const char *name)
{
    struct bytes copy, text = json_bytes(cJSON_GetObjectItemCaseSensitive(values, name));
    if (arena_dup(&reader->config->arena, text, &copy) == RC_OK)
        return copy.ptr;
    (void)terraform_fail(reader, "no memory");
    return NULL;
}

bool terraform_number(const cJSON *values, const char *name, unsigned least, unsigned most,
                      unsigned *out)
{
    char text[32] = "";
    uint64_t value;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(values, name);
    if (cJSON_IsNumber(item))
        (void)snprintf(text, sizeof text, "%.15g", item->valuedouble);
    else
        (void)snprintf(text, sizeof text, "%.*s", BYTES_ARG(json_bytes(item)));
    if (!bytes_to_u64(bytes_from_str(text), most, &value) || value < least)
        return false;
    *out = (unsigned)value;
    return true;
}

bool terraform_pair(struct terraform_reader *reader, struct terraform_pairs *pairs,
                    const cJSON *values, const char *name, const char *key)
{
    struct bytes text = {0};
    struct arena *arena = &reader->config->arena;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(values, name);
    enum rc rc = RC_OK;
    if (cJSON_IsBool(item))
        text = cJSON_IsTrue(item) ? BYTES_LIT("true") : BYTES_LIT("false");
    else if (cJSON_IsNumber(item))
        rc = arena_printf(arena, &text, "%.15g", item->valuedouble);
    else
        rc = arena_dup(arena, json_bytes(item), &text);
    if (rc != RC_OK || pairs->count == TERRAFORM_PAIRS_MAX)
        return terraform_fail(reader, "no memory");
    if (text.len)
        pairs->list[pairs->count++] = (struct alb_pair_text){bytes_from_str(key), text};
    return true;
}

int terraform_slot(struct bytes name)
{
    for (int i = 0; i < RIG_SLOTS; i++)
        if (bytes_eq(name, bytes_from_str(rig_slot_name(i))))
            return i;
    return -1;
}

bool terraform_env(struct terraform_reader *reader, int home, const char *name, const char *value)
{
    struct rig_config *config = reader->config;
    struct bytes text;
    if (strcmp(name, "PORT") == 0 || strcmp(name, "DUET_BIND") == 0)
        return true; /* each task has its own */
    if (strcmp(name, "DUET_STORE") == 0) {
        terraform_note(
            reader, "%s: DUET_STORE=%s is AWS's: both homes have a store of the rig's, see --store",
            reader->address, value);
        return true;
    }
    if (config->home_env_count[home] == RIG_ENV_MAX)
        return terraform_fail(reader, "it has too many environment variables");
    if (arena_printf(&config->arena, &text, "%s=%s", name, value) != RC_OK)
        return terraform_fail(reader, "no memory");
    config->home_env[home][config->home_env_count[home]++] = text.ptr;
    return true;
}
