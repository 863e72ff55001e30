#include "runtime/aws/sigv4_canonical.h"

#include <stdlib.h>

#include "runtime/core/text.h"

/*
 * A canonical request has six parts, each with a line end behind it but the last: method, path,
 * query, fields, names of the fields, hash of the payload. What varies on the way is made one:
 * query and fields are sorted, names are lower case, runs of blanks in values are one blank.
 */

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

enum rc sigv4_encode(struct arena *arena, struct bytes plain, bool keeps_slash, struct bytes *out)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = arena_alloc(arena, 3 * plain.len + 1);
    size_t len = 0;
    if (!to)
        return RC_NOMEM;
    for (size_t i = 0; i < plain.len; i++) {
        unsigned char c = (unsigned char)plain.ptr[i];
        if (is_unreserved((char)c) || (keeps_slash && c == '/')) {
            to[len++] = (char)c;
            continue;
        }
        to[len++] = '%';
        to[len++] = digits[c >> 4];
        to[len++] = digits[c & 15];
    }
    to[len] = '\0';
    *out = bytes_make(to, len);
    return RC_OK;
}

/* Takes the last segment, and the slash before it, off `path`. */
static void drop_segment(struct text *path)
{
    while (path->len && path->data[path->len - 1] != '/')
        path->len--;
    if (path->len)
        path->len--;
}

/* The path without empty segments, "." and ".."; a slash at its end stays. */
static struct bytes resolve(struct arena *arena, struct bytes path, bool *failed)
{
    struct text out;
    bool has_end = path.len && path.ptr[path.len - 1] == '/';
    text_init(&out, arena);
    while (path.len) {
        struct bytes segment = {path.ptr, bytes_find(path, '/')};
        path = bytes_skip(path, segment.len < path.len ? segment.len + 1 : segment.len);
        bool is_dot = bytes_eq(segment, BYTES_LIT(".")), is_up = bytes_eq(segment, BYTES_LIT(".."));
        if (path.len == 0 && (is_dot || is_up))
            has_end = true;
        if (is_up)
            drop_segment(&out);
        if (segment.len == 0 || is_dot || is_up)
            continue;
        text_append(&out, BYTES_LIT("/"));
        text_append(&out, segment);
    }
    if (has_end || out.len == 0)
        text_append(&out, BYTES_LIT("/"));
    *failed = out.failed;
    return text_bytes(&out);
}

static enum rc write_path(struct text *out, const struct sigv4_request *request,
                          struct arena *arena)
{
    struct bytes path = request->path.len ? request->path : BYTES_LIT("/");
    bool failed = false;
    if (!request->keeps_path_segments)
        path = resolve(arena, path, &failed);
    enum rc rc = failed ? RC_NOMEM : RC_OK;
    if (rc == RC_OK && !request->keeps_path_encoding)
        rc = sigv4_encode(arena, path, true, &path);
    if (rc == RC_OK)
        text_append(out, path);
    text_append(out, BYTES_LIT("\n"));
    return rc;
}

static int compare(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_pairs(const void *left, const void *right)
{
    const struct aws_field *a = left, *b = right;
    int order = compare(a->name, b->name);
    return order ? order : compare(a->value, b->value);
}

/* Sorted by encoded name, then by encoded value. */
static enum rc write_query(struct text *out, const struct sigv4_request *request,
                           struct arena *arena)
{
    size_t count = request->query_count;
    struct aws_field *pairs = arena_alloc(arena, (count + 1) * sizeof *pairs);
    enum rc rc = pairs ? RC_OK : RC_NOMEM;
    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        rc = sigv4_encode(arena, request->query[i].name, false, &pairs[i].name);
        if (rc == RC_OK)
            rc = sigv4_encode(arena, request->query[i].value, false, &pairs[i].value);
    }
    if (rc != RC_OK)
        return rc;
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < count; i++) {
        text_append(out, i ? BYTES_LIT("&") : BYTES_LIT(""));
        text_append(out, pairs[i].name);
        text_append(out, BYTES_LIT("="));
        text_append(out, pairs[i].value);
    }
    text_append(out, BYTES_LIT("\n"));
    return RC_OK;
}

/* A field with its place, since those of one name keep their order, which qsort does not promise.
 */
struct entry {
    struct bytes name, value;
    size_t place;
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = compare(a->name, b->name);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static enum rc lower(struct arena *arena, struct bytes view, struct bytes *out)
{
    char *to = arena_alloc(arena, view.len);
    if (!to)
        return RC_NOMEM;
    for (size_t i = 0; i < view.len; i++)
        to[i] = (char)(view.ptr[i] >= 'A' && view.ptr[i] <= 'Z' ? view.ptr[i] | 0x20 : view.ptr[i]);
    *out = bytes_make(to, view.len);
    return RC_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The value without blanks at its ends, runs of them made one. */
static void write_value(struct text *out, struct bytes value)
{
    bool has_gap = false, has_begun = false;
    for (size_t i = 0; i < value.len; i++) {
        if (is_blank(value.ptr[i])) {
            has_gap = has_begun;
            continue;
        }
        if (has_gap)
            text_append(out, BYTES_LIT(" "));
        text_append(out, bytes_make(value.ptr + i, 1));
        has_gap = false;
        has_begun = true;
    }
}

/* The fields, one line a name, and into `names` their names. */
static void write_entries(struct text *out, struct text *names, const struct entry *entries,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i && bytes_eq(entries[i].name, entries[i - 1].name)) {
            text_append(out, BYTES_LIT(","));
        } else {
            text_append(out, i ? BYTES_LIT("\n") : BYTES_LIT(""));
            text_append(names, i ? BYTES_LIT(";") : BYTES_LIT(""));
            text_append(names, entries[i].name);
            text_append(out, entries[i].name);
            text_append(out, BYTES_LIT(":"));
        }
        write_value(out, entries[i].value);
    }
    text_append(out, BYTES_LIT("\n\n"));
    text_append(out, text_bytes(names));
    text_append(out, BYTES_LIT("\n"));
}

static enum rc write_fields(struct text *out, const struct sigv4_key *key,
                            const struct sigv4_request *request, struct bytes date,
                            struct arena *arena, struct text *names)
{
    size_t count = 0;
    struct entry *entries = arena_alloc(arena, (request->field_count + 2) * sizeof *entries);
    enum rc rc = entries ? RC_OK : RC_NOMEM;
    for (; count < request->field_count && rc == RC_OK; count++) {
        entries[count] = (struct entry){.value = request->fields[count].value, .place = count};
        rc = lower(arena, request->fields[count].name, &entries[count].name);
    }
    if (rc != RC_OK)
        return rc;
    entries[count++] = (struct entry){BYTES_LIT("x-amz-date"), date, 0};
    if (key->session_token.len && !request->is_token_unsigned)
        entries[count++] = (struct entry){BYTES_LIT("x-amz-security-token"), key->session_token, 0};
    qsort(entries, count, sizeof *entries, compare_entries);
    write_entries(out, names, entries, count);
    return RC_OK;
}

enum rc sigv4_canonical(const struct sigv4_key *key, const struct sigv4_request *request,
                        struct bytes date, struct arena *arena, struct bytes *canonical,
                        struct bytes *names)
{
    struct text out, name_list;
    text_init(&out, arena);
    text_init(&name_list, arena);
    text_append(&out, request->method);
    text_append(&out, BYTES_LIT("\n"));
    enum rc rc = write_path(&out, request, arena);
    if (rc == RC_OK)
        rc = write_query(&out, request, arena);
    if (rc == RC_OK)
        rc = write_fields(&out, key, request, date, arena, &name_list);
    if (rc != RC_OK)
        return rc;
    text_append(&out, request->payload_hash);
    *canonical = text_bytes(&out);
    *names = text_bytes(&name_list);
    return out.failed || name_list.failed ? RC_NOMEM : RC_OK;
}
