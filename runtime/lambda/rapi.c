#include "runtime/lambda/rapi.h"

#include <poll.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/core/uri.h"
#include "runtime/lambda/crash_report.h"
#include "runtime/lambda/error_report.h"

#define INVOCATION "/2018-06-01/runtime/invocation/"

enum {
    NEXT_TRIES = 8,
    FIRST_PAUSE_MS = 10, /* doubles: 0.63 s in all */
    REPLY_MAX_BYTES = 64 * 1024,
    POST_FIELDS_MAX = 4,
};

void rapi_init(struct rapi *rapi, const char *api)
{
    rapi_conn_init(&rapi->_conn, api);
    buf_init(&rapi->_body, LIMIT_INVOCATION_BYTES);
}

void rapi_release(struct rapi *rapi)
{
    rapi_conn_release(&rapi->_conn);
    buf_release(&rapi->_body);
}

void rapi_trim(struct rapi *rapi)
{
    rapi_conn_trim(&rapi->_conn);
    buf_reset(&rapi->_body);
    buf_shrink(&rapi->_body, LIMIT_IDLE_BUFFER_BYTES);
}

/* --- next --- */

struct named_view {
    struct bytes name;
    struct bytes *out;
};

/* Copies the value where `name` is one of the views'; the first field of a name counts. */
static enum rc keep(struct arena *arena, const struct http_field *field,
                    const struct named_view *views, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (views[i].out->len == 0 && bytes_ieq(field->name, views[i].name))
            return arena_dup(arena, field->value, views[i].out);
    return RC_OK;
}

/* The texts are copied, since the event's answer is received where they lie. */
static enum rc read_invocation(struct arena *arena, const struct http1_response *res,
                               struct rapi_invocation *out)
{
    struct lambda_context *lambda = &out->lambda;
    struct bytes deadline = {NULL, 0};
    const struct named_view views[] = {
        {BYTES_LIT("Lambda-Runtime-Aws-Request-Id"), &lambda->request_id},
        {BYTES_LIT("Lambda-Runtime-Invocation-Id"), &out->invocation_id},
        {BYTES_LIT("Lambda-Runtime-Trace-Id"), &lambda->trace_id},
        {BYTES_LIT("Lambda-Runtime-Deadline-Ms"), &deadline},
        {BYTES_LIT("Lambda-Runtime-Invoked-Function-Arn"), &lambda->function_arn},
        {BYTES_LIT("Lambda-Runtime-Client-Context"), &lambda->client_context},
        {BYTES_LIT("Lambda-Runtime-Cognito-Identity"), &lambda->cognito_identity},
        {BYTES_LIT("Lambda-Runtime-Aws-Tenant-Id"), &lambda->tenant_id},
    };
    uint64_t deadline_ms;
    *out = (struct rapi_invocation){.event = res->body};
    for (size_t i = 0; i < res->field_count; i++)
        if (keep(arena, &res->fields[i], views, sizeof views / sizeof *views) != RC_OK)
            return RC_NOMEM;
    if (bytes_to_u64(deadline, INT64_MAX, &deadline_ms))
        lambda->deadline_epoch_ms = (int64_t)deadline_ms;
    /* The id becomes a part of a path. */
    return lambda->request_id.len && uri_is_target(lambda->request_id) ? RC_OK : RC_SYNTAX;
}

static enum rc try_next(struct rapi *rapi, struct arena *arena, struct rapi_invocation *invocation)
{
    struct http1_response res;
    enum rc rc = rapi_conn_exchange(&rapi->_conn, RAPI_BODY_MAX_BYTES, arena, &res);
    if (rc != RC_OK) {
        log_event(LOG_WARN, "no invocation from the Runtime API",
                  LOG_STR("address", rapi->_conn.api), LOG_STR("reason", rapi->_conn.error));
        return rc;
    }
    if (res.status != 200) {
        log_event(LOG_WARN, "no invocation from the Runtime API", LOG_NUM("status", res.status),
                  LOG_TEXT("reply", res.body));
        return RC_IO;
    }
    rc = read_invocation(arena, &res, invocation);
    if (rc != RC_OK)
        log_event(LOG_WARN, "an invocation without a request id", LOG_STR("reason", rc_name(rc)));
    return rc;
}

/* Waits for nothing: there is no event that says when the Runtime API is there again. */
static void pause_ms(int ms)
{
    int64_t end_ms = clock_ms_monotonic() + ms;
    for (int64_t left_ms = ms; left_ms > 0; left_ms = end_ms - clock_ms_monotonic())
        (void)poll(NULL, 0, (int)left_ms);
}

enum rc rapi_next(struct rapi *rapi, struct arena *arena, struct rapi_invocation *invocation)
{
    if (rapi_conn_request(&rapi->_conn, HTTP_GET, BYTES_LIT(INVOCATION "next"), NULL, 0,
                          bytes_make(NULL, 0)) != RC_OK)
        return RC_IO;
    for (int i = 0; i < NEXT_TRIES; i++) {
        /* The first failure may be no more than a connection that was closed while idle. */
        if (i > 1)
            pause_ms(FIRST_PAUSE_MS << (i - 2));
        if (try_next(rapi, arena, invocation) == RC_OK) {
            crash_report_begin(invocation->lambda.request_id, invocation->invocation_id);
            return RC_OK;
        }
    }
    return RC_IO;
}

/* --- response, error --- */

static void log_reply(enum log_level level, const char *message, const struct http1_response *res)
{
    log_event(level, message, LOG_NUM("status", res->status), LOG_TEXT("reply", res->body));
}

static enum rc post(struct rapi *rapi, struct arena *arena)
{
    crash_report_end(); /* from here on the platform may have an answer, and takes no second one */
    for (int i = 0; i < 2; i++) {
        struct http1_response res;
        enum rc rc = rapi_conn_exchange(&rapi->_conn, REPLY_MAX_BYTES, arena, &res);
        if (rc != RC_OK) {
            log_event(LOG_WARN, "a lost reply of the Runtime API",
                      LOG_STR("address", rapi->_conn.api), LOG_STR("reason", rapi->_conn.error));
            continue;
        }
        if (res.status >= 200 && res.status < 300)
            return RC_OK;
        if (res.status < 500) {
            log_reply(LOG_WARN, "an answer that the Runtime API refused", &res);
            return RC_OK;
        }
        log_reply(LOG_ERROR, "the Runtime API failed", &res);
        rapi_conn_close(&rapi->_conn);
    }
    return RC_IO;
}

/* The invocation's own fields, behind those that are there. */
static size_t add_invocation_id(const struct rapi_invocation *invocation, struct http_field *fields,
                                size_t count)
{
    if (invocation->invocation_id.len)
        fields[count++] = (struct http_field){BYTES_LIT("Lambda-Runtime-Invocation-Id"),
                                              invocation->invocation_id};
    return count;
}

enum rc rapi_response(struct rapi *rapi, struct arena *arena,
                      const struct rapi_invocation *invocation, struct bytes json)
{
    struct http_field fields[POST_FIELDS_MAX] = {
        {BYTES_LIT("Content-Type"), BYTES_LIT("application/json")}};
    struct bytes target;
    size_t count = add_invocation_id(invocation, fields, 1);
    if (arena_join(arena, BYTES_LIT(INVOCATION), invocation->lambda.request_id,
                   BYTES_LIT("/response"), &target) != RC_OK ||
        rapi_conn_request(&rapi->_conn, HTTP_POST, target, fields, count, json) != RC_OK)
        return RC_IO;
    return post(rapi, arena);
}

static enum rc post_error(struct rapi *rapi, struct arena *arena, struct bytes target,
                          const struct rapi_invocation *invocation,
                          const struct error_report *report)
{
    struct http_field fields[POST_FIELDS_MAX] = {
        {BYTES_LIT("Content-Type"), BYTES_LIT("application/json")},
        {BYTES_LIT("Lambda-Runtime-Function-Error-Type"), error_report_type(report->type)},
        {.name = BYTES_LIT("Lambda-Runtime-Function-XRay-Error-Cause")}};
    error_report_cause(arena, report, &fields[2].value);
    size_t count = add_invocation_id(invocation, fields, fields[2].value.len ? 3 : 2);
    buf_reset(&rapi->_body);
    error_report_body(&rapi->_body, report);
    if (rapi->_body.failed || rapi_conn_request(&rapi->_conn, HTTP_POST, target, fields, count,
                                                buf_bytes(&rapi->_body)) != RC_OK)
        return RC_IO;
    return post(rapi, arena);
}

enum rc rapi_error(struct rapi *rapi, struct arena *arena, const struct rapi_invocation *invocation,
                   const char *type, const char *message)
{
    struct bytes target;
    if (arena_printf(arena, &target, INVOCATION "%.*s/error",
                     BYTES_ARG(invocation->lambda.request_id)) != RC_OK)
        return RC_IO;
    return post_error(rapi, arena, target, invocation,
                      &(struct error_report){bytes_from_str(type), bytes_from_str(message)});
}

enum rc rapi_init_error(struct rapi *rapi, struct arena *arena, const char *type,
                        const char *message)
{
    static const struct rapi_invocation none;
    return post_error(rapi, arena, BYTES_LIT("/2018-06-01/runtime/init/error"), &none,
                      &(struct error_report){bytes_from_str(type), bytes_from_str(message)});
}

const char *rapi_error_type(enum rc rc)
{
    switch (rc) {
    case RC_SYNTAX:
        return "Runtime.InvalidEvent";
    case RC_BODY_LIMIT:
        return "Runtime.EventTooLarge";
    case RC_NOMEM:
        return "Runtime.OutOfMemory";
    case RC_OK:
    case RC_AGAIN:
    case RC_HEAD_LIMIT:
    case RC_URI_LIMIT:
    case RC_UNSUPPORTED:
    case RC_VERSION:
    case RC_NOT_FOUND:
    case RC_EXISTS:
    case RC_CLOSED:
    case RC_IO:
    case RC_TIMEOUT:
    case RC_CONFLICT:
    case RC_THROTTLED:
    case RC_REFUSED:
    case RC_UNREACHABLE:
        break;
    }
    return "Runtime.Unknown";
}
