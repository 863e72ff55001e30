#include "runtime/lambda/alb_query.h"

#include <string.h>

#include "runtime/core/bytes.h"
#include "runtime/lambda/event_text.h"

/* %XX for each byte, '&' or '?' before the key, '=' behind it. */
enum { ENCODED_LEN = 3, PAIR_FRAME_LEN = 2 };

static void measure_pair(const char *key, const char *value, struct alb_query *out)
{
    size_t len = strlen(key) + strlen(value);
    out->raw_len += len + PAIR_FRAME_LEN;
    out->written_max += len * ENCODED_LEN + PAIR_FRAME_LEN;
}

bool alb_query_measure(const cJSON *map, struct alb_query *out)
{
    const cJSON *item, *value;
    *out = (struct alb_query){0, 0};
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

static bool stands_for_itself(unsigned char c, bool is_key)
{
    return c > ' ' && c < 0x7F && c != '&' && c != '#' && !(is_key && c == '=');
}

static size_t write_part(struct bytes part, bool is_key, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];
        if (stands_for_itself(c, is_key)) {
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
static size_t write_pair(struct bytes key, struct bytes value, bool is_first, char *out)
{
    size_t n = 0;
    if (!is_first)
        out[n++] = '&';
    n += write_part(key, true, out + n);
    if (value.len || key.len == 0)
        out[n++] = '=';
    return n + write_part(value, false, out + n);
}

static struct bytes restored(char *text, bool is_marked)
{
    size_t len = strlen(text);
    return bytes_make(text, is_marked ? event_text_restore(text, len) : len);
}

size_t alb_query_write(cJSON *map, bool is_marked, char *out)
{
    cJSON *item;
    size_t n = 0;
    cJSON_ArrayForEach(item, map)
    {
        struct bytes key = restored(item->string, is_marked);
        cJSON *value = cJSON_IsArray(item) ? item->child : item;
        for (; value; value = cJSON_IsArray(item) ? value->next : NULL)
            n += write_pair(key, restored(value->valuestring, is_marked), n == 0, out + n);
    }
    return n;
}
