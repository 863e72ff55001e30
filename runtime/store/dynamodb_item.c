#include "runtime/core/base64.h"
#include "runtime/json/json.h"
#include "runtime/json/json_nul.h"
#include "runtime/store/dynamodb_internal.h"

/* The text of an attribute of one type; a NULL pointer: there is none such. */
static struct bytes attribute(const cJSON *attributes, const char *name, const char *type)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(attributes, name);
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(value, type);
    return json_bytes(text);
}

static enum rc read_name(const struct dynamodb_call *call, const cJSON *attributes,
                         struct arena *arena, struct bytes *out)
{
    struct bytes name = attribute(attributes, "sk", "S");
    if (!name.ptr)
        return RC_IO;
    enum rc rc = arena_dup(arena, name, out);
    if (rc == RC_OK && call->is_marked)
        out->len = json_nul_restore((char *)(uintptr_t)out->ptr, name.len);
    return rc;
}

/* With a NUL behind it, as arena_dup gives to what other stores hold. */
static enum rc read_value(const cJSON *attributes, struct arena *arena, struct bytes *out)
{
    struct bytes text = attribute(attributes, "value", "B");
    if (!text.ptr)
        return RC_IO;
    size_t len = base64_decoded_len(text);
    char *value = arena_alloc(arena, len + 1);
    if (!value)
        return RC_NOMEM;
    value[len] = '\0';
    *out = bytes_make(value, len);
    return base64_decode(text, value) == RC_OK ? RC_OK : RC_IO;
}

static enum rc read_number(const cJSON *attributes, const char *name, uint64_t *out)
{
    return bytes_to_u64(attribute(attributes, name, "N"), INT64_MAX, out) ? RC_OK : RC_IO;
}

enum rc dynamodb_read_item(struct dynamodb_call *call, const cJSON *attributes, struct arena *arena,
                           struct dynamodb_item *out)
{
    uint64_t created_ms = 0;
    enum rc rc = read_name(call, attributes, arena, &out->item.name);
    if (rc == RC_OK)
        rc = read_value(attributes, arena, &out->item.value);
    if (rc == RC_OK)
        rc = read_number(attributes, "created", &created_ms);
    if (rc == RC_OK)
        rc = read_number(attributes, "version", &out->item.version);
    if (rc == RC_OK)
        rc = arena_dup(arena, attribute(attributes, "token", "S"), &out->token);
    out->item.created_ms = (int64_t)created_ms;
    if (rc == RC_IO)
        dynamodb_log(call, rc, "an item without sk, value, created or version of the right type");
    return rc;
}
