#include "runtime/lambda/event_query.h"

#include <string.h>

#include "runtime/core/bytes.h"
#include "runtime/json/json_nul.h"

/* %XX for each byte, '&' or '?' before the key, '=' behind it. */
enum { ENCODED_LEN = 3, PAIR_FRAME_LEN = 2 };

static void measure_pair(const char *key, const char *value, struct event_query *out)
{
    size_t len = strlen(key) + strlen(value);
    out->raw_len += len + PAIR_FRAME_LEN;
    out->written_max += len * ENCODED_LEN + PAIR_FRAME_LEN;
}

bool event_query_measure(const cJSON *map, struct event_query *out)
{
    const cJSON *item, *value;
    *out = (struct event_query){0, 0};
    if (map && !cJSON_IsObject(map))
        return false;
    cJSON_ArrayForEach(item, map)
    {
        if (cJSON_IsString(item)) {
            measure_pair(item->string, item->valuestring, out);
            continue;
        }
        if (!cJSON_IsArray(item))
            return false;
        cJSON_ArrayForEach(value, item)
        {
            if (!cJSON_IsString(value))
                return false;
            measure_pair(item->string, value->valuestring, out);
        }
    }
    return true;
}

enum part { PART_KEY, PART_VALUE, PART_DECODED };

static bool is_unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static bool stands_for_itself(unsigned char c, enum part part)
{
    if (part == PART_DECODED)
        return is_unreserved(c);
    return c > ' ' && c < 0x7F && c != '&' && c != '#' && !(part == PART_KEY && c == '=');
}

static size_t write_part(struct bytes text, enum part part, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (stands_for_itself(c, part)) {
            out[n++] = (char)c;
        } else {
            out[n++] = '%';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        }
    }
    return n;
}

/* An empty key keeps its '=' even without a value, or the pair would vanish. */
static size_t write_pair(struct bytes key, struct bytes value, bool is_decoded, char *out)
{
    size_t n = write_part(key, is_decoded ? PART_DECODED : PART_KEY, out);
    if (value.len || key.len == 0)
        out[n++] = '=';
    return n + write_part(value, is_decoded ? PART_DECODED : PART_VALUE, out + n);
}

static struct bytes restored(char *text, bool is_marked)
{
    size_t len = strlen(text);
    return bytes_make(text, is_marked ? json_nul_restore(text, len) : len);
}

size_t event_query_write(cJSON *map, bool is_decoded, bool is_marked, char *out)
{
    cJSON *item;
    size_t n = 0;
    cJSON_ArrayForEach(item, map)
    {
        struct bytes key = restored(item->string, is_marked);
        cJSON *value = cJSON_IsArray(item) ? item->child : item;
        for (; value; value = cJSON_IsArray(item) ? value->next : NULL) {
            if (n)
                out[n++] = '&';
            n += write_pair(key, restored(value->valuestring, is_marked), is_decoded, out + n);
        }
    }
    return n;
}
