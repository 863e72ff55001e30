#include <stdio.h>
#include <stdlib.h>

#include "runtime/http1/http1.h"
#include "tests/support/parity_table.h"

/* --- the request --- */

static void *take(struct arena *arena, size_t len)
{
    void *p = arena_alloc(arena, len);
    if (!p)
        abort();
    return p;
}

static struct bytes repeat(struct arena *arena, char c, size_t len)
{
    return bytes_make(memset(take(arena, len), c, len), len);
}

static struct bytes row_target(const struct parity_row *row, struct arena *arena)
{
    struct bytes target = bytes_from_str(row->target);
    static const struct bytes key = BYTES_INIT("?pad=");
    if (row->query_len < key.len)
        return target;
    struct bytes pad = repeat(arena, 'x', row->query_len - key.len);
    if (arena_printf(arena, &target, "%s%s%.*s", row->target, key.ptr, BYTES_ARG(pad)) != RC_OK)
        abort();
    return target;
}

static struct bytes row_body(const struct parity_row *row, struct arena *arena)
{
    if (row->body_len <= row->body.len)
        return row->body;
    char *body = take(arena, row->body_len);
    size_t blanks = row->body_len - row->body.len;
    memset(body, ' ', blanks);
    if (row->body.len)
        memcpy(body + blanks, row->body.ptr, row->body.len);
    return bytes_make(body, row->body_len);
}

static size_t row_fields(const struct parity_row *row, struct arena *arena,
                         struct http_field **fields)
{
    size_t count = 0;
    *fields = take(arena, (PARITY_FIELDS + 2 + row->field_count) * sizeof **fields);
    (*fields)[count++] = (struct http_field){BYTES_LIT("Host"), BYTES_LIT("duet.example")};
    for (size_t i = 0; i < PARITY_FIELDS && row->fields[i].name.len; i++)
        (*fields)[count++] = row->fields[i];
    if (row->field_len)
        (*fields)[count++] =
            (struct http_field){BYTES_LIT("X-Pad"), repeat(arena, 'x', row->field_len)};
    for (size_t i = 0; i < row->field_count; i++) {
        struct http_field *field = &(*fields)[count++];
        field->value = BYTES_LIT("v");
        if (arena_printf(arena, &field->name, "X-Many-%zu", i) != RC_OK)
            abort();
    }
    return count;
}

void parity_request(const struct parity_row *row, struct buf *out)
{
    struct http_field *fields;
    struct arena arena;
    arena_init(&arena, 8 << 20);
    size_t count = row_fields(row, &arena, &fields);
    http1_encode_request(out, bytes_from_str(row->method), row_target(row, &arena), fields, count,
                         row_body(row, &arena));
    arena_release(&arena);
    if (out->failed)
        abort();
}

/* --- the comparison --- */

static bool is_left_out(struct bytes name)
{
    return bytes_ieq(name, BYTES_LIT("Date")) || bytes_ieq(name, BYTES_LIT("Server")) ||
           bytes_ieq(name, BYTES_LIT("Connection")) ||
           bytes_ieq(name, BYTES_LIT("Transfer-Encoding"));
}

/* The `n`th field `name`, counted from 0; NULL when there are fewer. */
static const struct http_field *find(const struct parity_answer *answer, struct bytes name,
                                     size_t n)
{
    for (size_t i = 0; i < answer->field_count; i++)
        if (bytes_ieq(answer->fields[i].name, name) && n-- == 0)
            return &answer->fields[i];
    return NULL;
}

/* What is compared of a field: a candidate's ETag says behind its dash when it was created. */
static struct bytes compared(const struct parity_row *row, const struct http_field *field)
{
    struct bytes value = field->value;
    if (row->kind == PARITY_CREATED && bytes_ieq(field->name, BYTES_LIT("ETag")))
        value.len = bytes_find(value, '-');
    return value;
}

/* Each field of `a` stands in `b`, at its place among those of its name. */
static bool has_fields(const struct parity_row *row, const struct parity_answer *a,
                       const struct parity_answer *b, char *why, size_t why_len)
{
    for (size_t i = 0; i < a->field_count; i++) {
        struct bytes name = a->fields[i].name, value = a->fields[i].value;
        size_t n = 0;
        if (is_left_out(name))
            continue;
        for (size_t k = 0; k < i; k++)
            n += bytes_ieq(a->fields[k].name, name);
        const struct http_field *other = find(b, name, n);
        if (other && bytes_eq(compared(row, other), compared(row, &a->fields[i])))
            continue;
        struct bytes shown = other ? other->value : BYTES_LIT("(none)");
        (void)snprintf(why, why_len, "field %.*s: '%.*s' and '%.*s'", BYTES_ARG(name),
                       BYTES_ARG(value), BYTES_ARG(shown));
        return false;
    }
    return true;
}

/* The first byte where `a` and `b` differ, or their common length; times are passed over. */
static size_t common_len(struct bytes a, struct bytes b, bool skip_times)
{
    static const struct bytes key = BYTES_INIT("\"created\":\"");
    static const size_t time_len = sizeof "2026-11-21T09:30:00.250Z" - 1;
    size_t i = 0;
    while (i < a.len && i < b.len && a.ptr[i] == b.ptr[i]) {
        i++;
        bool is_time = skip_times && i >= key.len && a.len - i >= time_len &&
                       b.len - i >= time_len && memcmp(a.ptr + i - key.len, key.ptr, key.len) == 0;
        if (is_time)
            i += time_len;
    }
    return i;
}

static bool is_same_body(const struct parity_row *row, struct bytes a, struct bytes b, char *why,
                         size_t why_len)
{
    enum { SHOWN = 40 };
    size_t at = common_len(a, b, row->kind == PARITY_CREATED);
    if (at == a.len && at == b.len)
        return true;
    size_t from = at > SHOWN / 2 ? at - SHOWN / 2 : 0;
    int a_len = (int)(a.len - from < SHOWN ? a.len - from : SHOWN);
    int b_len = (int)(b.len - from < SHOWN ? b.len - from : SHOWN);
    (void)snprintf(why, why_len,
                   "bodies of %zu and %zu bytes differ at byte %zu: '%.*s' and '%.*s'", a.len,
                   b.len, at, a_len, a_len ? a.ptr + from : "", b_len, b_len ? b.ptr + from : "");
    return false;
}

static bool is_same_type(const struct parity_answer *a, const struct parity_answer *b, char *why,
                         size_t why_len)
{
    struct bytes name = BYTES_LIT("Content-Type"), none = BYTES_LIT("(none)");
    const struct http_field *one = find(a, name, 0), *other = find(b, name, 0);
    struct bytes first = one ? one->value : none, second = other ? other->value : none;
    if (bytes_eq(first, second))
        return true;
    (void)snprintf(why, why_len, "field Content-Type: '%.*s' and '%.*s'", BYTES_ARG(first),
                   BYTES_ARG(second));
    return false;
}

bool parity_equal(const struct parity_row *row, const struct parity_answer *a,
                  const struct parity_answer *b, char *why, size_t why_len)
{
    if (a->status != b->status) {
        (void)snprintf(why, why_len, "status %d and %d", a->status, b->status);
        return false;
    }
    if (row->kind == PARITY_LOOSE)
        return is_same_type(a, b, why, why_len);
    if (!has_fields(row, a, b, why, why_len))
        return false;
    if (!has_fields(row, b, a, why, why_len)) {
        size_t used = strlen(why);
        (void)snprintf(why + used, why_len - used, " (the second and the first)");
        return false;
    }
    return is_same_body(row, a->body, b->body, why, why_len);
}
