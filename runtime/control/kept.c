#include "runtime/control/kept.h"

#include <errno.h>
#include <stdio.h>

#include "runtime/alb/state_file.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"

enum { TREE_TIMES = 16 }; /* a tree takes more than its text */

void kept_init(struct kept *kept, const char *dir, const char *name)
{
    *kept = (struct kept){.dir = dir, .name = name};
    buf_init(&kept->text, LIMIT_STATE_BYTES);
}

void kept_release(struct kept *kept)
{
    buf_release(&kept->text);
}

bool kept_fail(const struct kept *kept, const char *what, char *error, size_t error_len)
{
    (void)snprintf(error, error_len, "%.200s/%s: %s", kept->dir, kept->name, what);
    return false;
}

static const char *file_error(enum rc rc)
{
    return rc == RC_IO ? strerror(errno) : "it is too large, or its path is";
}

bool kept_load(struct kept *kept, bool *is_there, char *error, size_t error_len)
{
    buf_reset(&kept->text);
    enum rc rc = state_file_read(kept->dir, kept->name, &kept->text);
    *is_there = rc == RC_OK;
    return rc == RC_OK || rc == RC_NOT_FOUND || kept_fail(kept, file_error(rc), error, error_len);
}

bool kept_save(struct kept *kept, struct buf *fresh, char *error, size_t error_len)
{
    enum rc rc = RC_OK;
    bool is_same = !fresh->failed && bytes_eq(buf_bytes(fresh), buf_bytes(&kept->text));
    if (fresh->failed)
        rc = RC_NOMEM;
    else if (!is_same)
        rc = state_file_write(kept->dir, kept->name, buf_bytes(fresh));
    if (rc != RC_OK || is_same) {
        buf_release(fresh);
        return is_same || kept_fail(kept, file_error(rc), error, error_len);
    }
    buf_release(&kept->text);
    kept->text = *fresh;
    return true;
}

/* --- reading --- */

bool kept_wrong(struct kept_reader *reader, const char *where, const char *what)
{
    if (!reader->has_failed)
        (void)snprintf(reader->wrong, sizeof reader->wrong, "'%.150s' %.800s", where, what);
    reader->has_failed = true;
    return false;
}

const cJSON *kept_parse(struct kept_reader *reader, struct bytes text, int version)
{
    struct json_place place;
    cJSON *root = NULL;
    *reader = (struct kept_reader){.has_failed = false};
    arena_init(&reader->arena, (size_t)LIMIT_STATE_BYTES * TREE_TIMES);
    enum rc rc = json_parse(&reader->arena, text, &root, &place);
    if (rc == RC_OK && cJSON_IsObject(root)) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "version");
        if (cJSON_IsNumber(item) && item->valueint == version)
            return root;
        (void)snprintf(reader->wrong, sizeof reader->wrong, "version %d is unknown",
                       item ? item->valueint : 0);
    } else if (rc == RC_SYNTAX) {
        (void)snprintf(reader->wrong, sizeof reader->wrong,
                       "it is no JSON from line %zu, column %zu on", place.line, place.column);
    } else {
        (void)snprintf(reader->wrong, sizeof reader->wrong, "%s",
                       rc == RC_OK ? "it is no object" : "there is no memory for it");
    }
    reader->has_failed = true;
    return NULL;
}

void kept_reader_release(struct kept_reader *reader)
{
    arena_release(&reader->arena);
}

static const cJSON *member(struct kept_reader *reader, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!item)
        (void)kept_wrong(reader, name, "is missing");
    return item;
}

int64_t kept_number(struct kept_reader *reader, const cJSON *object, const char *name, int64_t min,
                    int64_t max)
{
    const cJSON *item = member(reader, object, name);
    double value = item ? item->valuedouble : 0;
    if (item && (!cJSON_IsNumber(item) || !(value >= (double)min && value <= (double)max) ||
                 value != (double)(int64_t)value))
        (void)kept_wrong(reader, name, "is no number that it may be");
    return reader->has_failed ? min : (int64_t)value;
}

bool kept_flag(struct kept_reader *reader, const cJSON *object, const char *name)
{
    const cJSON *item = member(reader, object, name);
    if (item && !cJSON_IsBool(item))
        (void)kept_wrong(reader, name, "is neither true nor false");
    return !reader->has_failed && cJSON_IsTrue(item);
}

const char *kept_text(struct kept_reader *reader, const cJSON *object, const char *name)
{
    const cJSON *item = member(reader, object, name);
    if (item && !cJSON_IsString(item))
        (void)kept_wrong(reader, name, "is no text");
    return reader->has_failed ? "" : item->valuestring;
}

const cJSON *kept_list(struct kept_reader *reader, const cJSON *object, const char *name)
{
    const cJSON *item = member(reader, object, name);
    if (item && !cJSON_IsArray(item))
        (void)kept_wrong(reader, name, "is no list");
    return reader->has_failed ? NULL : item->child;
}

void kept_copy(struct kept_reader *reader, const cJSON *object, const char *name, char *out,
               size_t size)
{
    const char *value = kept_text(reader, object, name);
    if (strlen(value) < size)
        memcpy(out, value, strlen(value) + 1);
    else
        (void)kept_wrong(reader, name, "is too long");
}

/* --- writing --- */

void kept_put_text(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "\"%s\":", name);
    json_text_string(out, bytes_from_str(text));
    buf_append_char(out, ',');
}
