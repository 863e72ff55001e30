#include "runtime/core/problem.h"

#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"

#define PROBLEM_TYPE BYTES_LIT("application/problem+json")

static void drop_all(struct http_response *res)
{
    http_response_init(res);
}

/* "detail" may hold anything that a caller sent, so it is escaped like any string. */
static enum rc print_problem(struct arena *arena, int status, const char *type, struct bytes detail,
                             struct bytes *out)
{
    struct buf text;
    buf_init(&text, LIMIT_RESPONSE_JSON_BYTES);
    buf_printf(&text, "{\"type\":\"/problems/%s\",\"title\":", type);
    json_text_string(&text, http_status_reason(status));
    buf_printf(&text, ",\"status\":%d,\"detail\":", status);
    json_text_string(&text, detail);
    buf_append(&text, BYTES_LIT("}\n"));
    enum rc rc = text.failed ? RC_NOMEM : arena_dup(arena, buf_bytes(&text), out);
    buf_release(&text);
    return rc;
}

void problem_set(struct http_response *res, struct arena *arena, int status, const char *type,
                 const char *format, ...)
{
    struct bytes detail = {NULL, 0}, body = {NULL, 0};
    va_list args;
    va_start(args, format);
    enum rc rc = arena_vprintf(arena, &detail, format, args);
    va_end(args);
    if (rc == RC_OK)
        rc = print_problem(arena, status, type, detail, &body);
    drop_all(res);
    http_response_borrow(res, arena, status, PROBLEM_TYPE, body);
    if (rc != RC_OK)
        res->is_out_of_memory = true;
}

void problem_set_fixed(struct http_response *res)
{
    static struct http_field fields[] = {
        {BYTES_INIT("Content-Type"), BYTES_INIT("application/problem+json")},
    };
    drop_all(res);
    res->fields = fields;
    res->field_count = res->field_capacity = 1; /* the next field moves them to an arena */
    res->body = BYTES_LIT("{\"type\":\"/problems/internal\",\"title\":\"Internal Server Error\","
                          "\"status\":500,\"detail\":\"no memory to answer with\"}\n");
}

static const char *rc_detail(enum rc rc)
{
    switch (rc) {
    case RC_SYNTAX:
        return "the request is not well-formed HTTP/1.1";
    case RC_HEAD_LIMIT:
        return "the header fields are over 64 KiB in all, 16 KiB in one, or 256 in number";
    case RC_URI_LIMIT:
        return "the request line is over 16 KiB";
    case RC_BODY_LIMIT:
        return "the body is over 1048576 bytes";
    case RC_UNSUPPORTED:
        return "the transfer coding is none that this server speaks";
    case RC_VERSION:
        return "the HTTP version is none that this server speaks";
    case RC_TIMEOUT:
        return "the request did not arrive in time";
    case RC_NOMEM:
        return "no memory to take the request";
    case RC_OK:
    case RC_AGAIN:
    case RC_NOT_FOUND:
    case RC_EXISTS:
    case RC_CLOSED:
    case RC_IO:
    case RC_CONFLICT:
    case RC_THROTTLED:
    case RC_REFUSED:
    case RC_UNREACHABLE:
        break;
    }
    return "the request could not be taken";
}

void problem_set_rc(struct http_response *res, struct arena *arena, enum rc rc)
{
    problem_set(res, arena, rc == RC_TIMEOUT ? 408 : rc_to_status(rc), rc_name(rc), "%s",
                rc_detail(rc));
}
