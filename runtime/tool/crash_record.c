#include "runtime/tool/crash_record.h"

#include "runtime/json/json.h"

static bool read_hex(struct bytes text, uintptr_t *out)
{
    uintptr_t value = 0;
    if (!bytes_starts_with(text, BYTES_LIT("0x")) || text.len == 2 ||
        text.len > 2 + 2 * sizeof value)
        return false;
    for (size_t i = 2; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9')
            value = value << 4 | (uintptr_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uintptr_t)(c - 'a' + 10);
        else
            return false;
    }
    *out = value;
    return true;
}

static bool read_addresses(const cJSON *list, struct crash_record *record)
{
    const cJSON *item;
    if (!cJSON_IsArray(list))
        return false;
    cJSON_ArrayForEach(item, list)
    {
        if (record->address_count == BACKTRACE_MAX ||
            !read_hex(json_bytes(item), &record->addresses[record->address_count++]))
            return false;
    }
    return record->address_count > 0;
}

bool crash_record_read(struct bytes line, struct arena *arena, struct crash_record *record)
{
    cJSON *root;
    *record = (struct crash_record){.base = 0};
    struct bytes object = bytes_skip(line, bytes_find(line, '{'));
    if (object.len == 0 || !memmem(object.ptr, object.len, "\"buildId\"", strlen("\"buildId\"")) ||
        json_parse(arena, object, &root, NULL) != RC_OK)
        return false;
    record->timestamp = json_bytes(cJSON_GetObjectItemCaseSensitive(root, "timestamp"));
    record->message = json_bytes(cJSON_GetObjectItemCaseSensitive(root, "message"));
    record->request_id = json_bytes(cJSON_GetObjectItemCaseSensitive(root, "requestId"));
    record->build_id = json_bytes(cJSON_GetObjectItemCaseSensitive(root, "buildId"));
    return record->message.len &&
           read_hex(json_bytes(cJSON_GetObjectItemCaseSensitive(root, "base")), &record->base) &&
           read_addresses(cJSON_GetObjectItemCaseSensitive(root, "addresses"), record);
}
