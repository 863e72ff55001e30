#include "tests/support/event_case.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/limits.h"
#include "tests/support/data.h"
#include "tests/support/guard.h"

struct decoded {
    struct arena arena;
    struct http_request req;
    struct event_context context;
    const char *fault;
    enum rc rc;
};

static void decode(struct decoded *self, struct bytes text)
{
    struct guard event = guard_new(text);
    arena_init(&self->arena, LIMIT_REQUEST_ARENA_BYTES);
    self->fault = NULL;
    self->rc = event_decode(event.view, &self->arena, &self->req, &self->context, &self->fault);
    guard_free(&event);
}

static struct bytes read_event(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s.json", name);
    return data_read(path);
}

static void decode_file(struct decoded *self, const char *name)
{
    struct bytes text = read_event(name);
    decode(self, text);
    free((void *)(uintptr_t)text.ptr);
}

static void expect_fields(const struct event_case *row, struct http_request *req)
{
    struct buf text;
    buf_init(&text, LIMIT_HEAD_BYTES);
    for (size_t i = 0; i < req->field_count; i++)
        buf_printf(&text, "%.*s: %.*s\n", BYTES_ARG(req->fields[i].name),
                   BYTES_ARG(req->fields[i].value));
    cr_expect(bytes_eq(buf_bytes(&text), bytes_from_str(row->fields)), "%s: fields\n%.*s",
              row->name, BYTES_ARG(buf_bytes(&text)));
    buf_release(&text);
}

void event_case_expect(const struct event_case *row, enum event_kind kind)
{
    struct decoded got;
    decode_file(&got, row->name);
    cr_assert_eq(got.rc, RC_OK, "%s: %s %s", row->name, rc_name(got.rc), got.fault);
    cr_expect_eq(got.context.kind, kind, "%s", row->name);
    cr_expect_eq(got.context.apigw_v2.is_function_url, row->is_function_url, "%s", row->name);
    cr_expect_eq(got.req.method, row->method, "%s", row->name);
    cr_expect(bytes_eq(got.req.path, bytes_from_str(row->path)), "%s: path %.*s", row->name,
              BYTES_ARG(got.req.path));
    cr_expect(bytes_eq(got.req.query, bytes_from_str(row->query)), "%s: query %.*s", row->name,
              BYTES_ARG(got.req.query));
    cr_expect(bytes_eq(got.req.body, row->body), "%s: body", row->name);
    if (row->fields)
        expect_fields(row, &got.req);
    arena_release(&got.arena);
}

void event_fault_expect(const struct event_fault *row, enum event_kind kind)
{
    struct decoded got;
    decode_file(&got, row->name);
    cr_expect_eq(got.rc, kind == EVENT_NONE ? RC_UNSUPPORTED : RC_SYNTAX, "%s: %s", row->name,
                 rc_name(got.rc));
    cr_expect_eq(got.context.kind, kind, "%s", row->name);
    cr_expect_str_eq(got.fault ? got.fault : "(none)", row->message, "%s", row->name);
    arena_release(&got.arena);
}

void event_trace_expect(const char *name, const char *trace_id)
{
    struct decoded got;
    decode_file(&got, name);
    cr_expect_eq(got.rc, RC_OK);
    cr_expect(bytes_eq(got.req.trace_id, bytes_from_str(trace_id)), "%.*s",
              BYTES_ARG(got.req.trace_id));
    arena_release(&got.arena);
}

void event_cuts_expect(const char *name)
{
    struct bytes text = read_event(name);
    size_t whole = text.len;
    while (whole && text.ptr[whole - 1] == '\n')
        whole--;
    for (size_t len = 0; len < whole; len++) {
        struct decoded got;
        decode(&got, bytes_make(text.ptr, len));
        cr_expect_eq(got.rc, RC_SYNTAX, "%s: %zu bytes: %s", name, len, rc_name(got.rc));
        arena_release(&got.arena);
    }
    free((void *)(uintptr_t)text.ptr);
}

void event_flips_expect(const char *name)
{
    static const char bytes[] = {'\0', '"', '\\', '{', '9', '\x7F', '\xC3'};
    struct bytes text = read_event(name);
    char *changed = malloc(text.len);
    cr_assert(changed);
    for (size_t i = 0; i < text.len; i++)
        for (size_t k = 0; k < sizeof bytes; k++) {
            struct decoded got;
            memcpy(changed, text.ptr, text.len);
            changed[i] = bytes[k];
            decode(&got, bytes_make(changed, text.len));
            cr_expect(got.rc != RC_SYNTAX || got.fault, "%s: byte %zu", name, i);
            arena_release(&got.arena);
        }
    free(changed);
    free((void *)(uintptr_t)text.ptr);
}

static void expect_limit(const char *format, size_t path_len, size_t value_len, size_t body_len,
                         enum rc rc)
{
    size_t size = path_len + value_len + body_len + strlen(format) + 1;
    char *path = calloc(1, path_len + 1), *value = calloc(1, value_len + 1);
    char *body = calloc(1, body_len + 1), *text = malloc(size);
    struct decoded got;
    cr_assert(path && value && body && text);
    memset(path, 'p', path_len);
    memset(value, 'v', value_len);
    memset(body, 'b', body_len);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int len = snprintf(text, size, format, path, value, body);
#pragma GCC diagnostic pop
    cr_assert(len > 0 && (size_t)len < size);
    decode(&got, bytes_make(text, (size_t)len));
    cr_expect_eq(got.rc, rc, "%zu %zu %zu: %s", path_len, value_len, body_len, rc_name(got.rc));
    arena_release(&got.arena);
    free(path);
    free(value);
    free(body);
    free(text);
}

void event_limits_expect(const char *format)
{
    size_t path_max = LIMIT_REQUEST_LINE_BYTES - strlen("POST / HTTP/1.1");
    size_t value_max = LIMIT_FIELD_BYTES - strlen("a: ");
    expect_limit(format, path_max, value_max, LIMIT_BODY_BYTES, RC_OK);
    expect_limit(format, path_max + 1, 1, 1, RC_URI_LIMIT);
    expect_limit(format, 1, value_max + 1, 1, RC_HEAD_LIMIT);
    expect_limit(format, 1, 1, LIMIT_BODY_BYTES + 1, RC_BODY_LIMIT);
}

void event_answer_expect(const struct event_context *context, struct bytes body, const char *json)
{
    static struct http_field fields[] = {
        {BYTES_INIT("Content-Type"), BYTES_INIT("text/plain")},
        {BYTES_INIT("Vary"), BYTES_INIT("a")},
        {BYTES_INIT("Set-Cookie"), BYTES_INIT("a=1")},
        {BYTES_INIT("Connection"), BYTES_INIT("close")},
        {BYTES_INIT("vary"), BYTES_INIT("b")},
        {BYTES_INIT("set-cookie"), BYTES_INIT("b=2")},
    };
    struct http_response res = {.status = 201,
                                .fields = fields,
                                .field_count = sizeof fields / sizeof *fields,
                                .body = body};
    struct buf out;
    buf_init(&out, LIMIT_INVOCATION_BYTES);
    cr_expect_eq(event_encode(&res, context, &out), RC_OK);
    cr_expect(bytes_eq(buf_bytes(&out), bytes_from_str(json)), "%.*s", BYTES_ARG(buf_bytes(&out)));
    for (size_t max = 0; max < strlen(json); max++) {
        struct buf small;
        buf_init(&small, max);
        cr_expect_eq(event_encode(&res, context, &small), RC_NOMEM, "%zu", max);
        buf_release(&small);
    }
    buf_release(&out);
}
