#include "runtime/json/json.h"

#include <pthread.h>
#include <stdlib.h>

#include "runtime/core/json_text.h"
#include "runtime/json/json_plain.h"

#define NUL_ESCAPE BYTES_LIT("\\u0000")

/*
 * cJSON has one pair of allocation hooks for the whole process. Ours look at a variable of the
 * thread: while json_parse runs, it names the arena; at any other time they are malloc and free, so
 * trees that other code makes live and die as cJSON's manual says.
 */
static _Thread_local struct arena *parsing_into;
static _Thread_local bool was_refused; /* the arena had no room, which cJSON does not tell */

static void *hook_malloc(size_t len)
{
    if (!parsing_into)
        return malloc(len);
    void *p = arena_alloc(parsing_into, len);
    was_refused |= p == NULL;
    return p;
}

static void hook_free(void *ptr)
{
    if (!parsing_into)
        free(ptr);
}

static void set_hooks(void)
{
    cJSON_Hooks hooks = {.malloc_fn = hook_malloc, .free_fn = hook_free};
    cJSON_InitHooks(&hooks);
}

struct json_place json_place_at(struct bytes text, size_t offset)
{
    struct json_place place = {.offset = offset, .line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        place.column++;
        if (text.ptr[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

struct bytes json_bytes(const cJSON *item)
{
    if (!cJSON_IsString(item))
        return bytes_make(NULL, 0);
    if (item->valueint > 0) /* json_plain has counted; cJSON leaves 0 there */
        return bytes_make(item->valuestring, (size_t)item->valueint);
    return bytes_from_str(item->valuestring);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What cJSON lets pass and RFC 8259 does not, looked for in one pass over the text: control bytes
 * in strings, numbers such as 01, 1. and +1, other white space, \u0000. The offset of the first
 * such place, or text.len. */
static size_t strict_number(struct bytes text, size_t i, bool *bad)
{
    size_t digits = 0, start;
    if (i < text.len && text.ptr[i] == '-')
        i++;
    start = i;
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
        i++;
    *bad = i == start || (text.ptr[start] == '0' && i - start > 1);
    if (i < text.len && text.ptr[i] == '.') {
        for (i++; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
            digits++;
        *bad |= digits == 0;
    }
    if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
        i++;
        if (i < text.len && (text.ptr[i] == '+' || text.ptr[i] == '-'))
            i++;
        for (digits = 0; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
            digits++;
        *bad |= digits == 0;
    }
    return i;
}

/* Bytes of a string that may stand for themselves are passed over at one look each. */
static size_t strict_string(struct bytes text, size_t i, bool *bad)
{
    for (i++;; i++) {
        i += json_text_plain_len(bytes_skip(text, i));
        if (i == text.len)
            return i;
        char c = text.ptr[i];
        if (c == '"')
            return i + 1;
        *bad = (unsigned char)c < 0x20 || bytes_starts_with(bytes_skip(text, i), NUL_ESCAPE);
        if (*bad)
            return i;
        if (c == '\\' && ++i == text.len)
            return i;
    }
}

static size_t first_lax(struct bytes text)
{
    size_t i = 0;
    bool bad = false;
    while (i < text.len) {
        char c = text.ptr[i];
        size_t start = i;
        if (c == '"') {
            i = strict_string(text, i, &bad);
            start = bad ? i : start;
        } else if (c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9')) {
            i = strict_number(text, i, &bad);
        } else if (((unsigned char)c <= 0x20 && !is_space(c)) || (unsigned char)c >= 0x7F) {
            bad = true;
        } else {
            i++;
        }
        if (bad)
            return start;
    }
    return text.len;
}

static enum rc syntax_error(struct bytes text, size_t offset, struct json_place *place)
{
    if (place)
        *place = json_place_at(text, offset);
    return RC_SYNTAX;
}

enum rc json_parse(struct arena *arena, struct bytes text, cJSON **root, struct json_place *place)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const char *end = text.ptr;
    (void)pthread_once(&once, set_hooks);
    size_t utf8_len = bytes_utf8_len(text);
    if (utf8_len < text.len)
        return syntax_error(text, utf8_len, place);
    *root = json_plain_parse(arena, text);
    if (*root)
        return RC_OK;
    size_t lax = first_lax(text);
    parsing_into = arena;
    was_refused = false;
    cJSON *tree = cJSON_ParseWithLengthOpts(text.ptr ? text.ptr : "", text.len, &end, 0);
    parsing_into = NULL;
    size_t stop = end ? (size_t)(end - text.ptr) : 0;
    if (!tree && was_refused)
        return RC_NOMEM;
    if (!tree)
        return syntax_error(text, stop < lax ? stop : lax, place);
    if (lax < text.len)
        return syntax_error(text, lax, place);
    while (stop < text.len && is_space(text.ptr[stop]))
        stop++;
    if (stop < text.len)
        return syntax_error(text, stop, place);
    *root = tree;
    return RC_OK;
}
