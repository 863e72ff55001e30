#ifndef RUNTIME_TOOL_EVENT_ARGS_H
#define RUNTIME_TOOL_EVENT_ARGS_H

/*
 * event_args — the options that say which event: a file's, or one made from a request. Shared by
 * `duet invoke` and `duet event`.
 *
 * Layer:   tool.
 * Memory:  what is read and made lives in the caller's arena; options are views of argv.
 */

#include <getopt.h>

#include "runtime/core/buf.h"
#include "runtime/core/http.h"
#include "runtime/local/apigw_lambda.h"

/* Ids of the shared options; a command's own begin at EVENT_ARGS_NEXT. */
enum event_args_id {
    EVENT_ARGS_METHOD = 256,
    EVENT_ARGS_PATH,
    EVENT_ARGS_QUERY,
    EVENT_ARGS_BODY,
    EVENT_ARGS_HEADER,
    EVENT_ARGS_SINGLE_VALUE,
    EVENT_ARGS_TYPE,
    EVENT_ARGS_NEXT,
};

/* Rows for getopt_long. */
#define EVENT_ARGS_OPTIONS                                         \
    {"method", required_argument, NULL, EVENT_ARGS_METHOD},        \
        {"path", required_argument, NULL, EVENT_ARGS_PATH},        \
        {"query", required_argument, NULL, EVENT_ARGS_QUERY},      \
        {"body", required_argument, NULL, EVENT_ARGS_BODY},        \
        {"header", required_argument, NULL, EVENT_ARGS_HEADER},    \
        {"type", required_argument, NULL, EVENT_ARGS_TYPE},        \
    {                                                              \
        "single-value", no_argument, NULL, EVENT_ARGS_SINGLE_VALUE \
    }

/* What --help says about them. */
#define EVENT_ARGS_USAGE                                                                     \
    "  FILE                 an event as JSON, sent as it is; - is stdin\n"                   \
    "or, for the event that the load balancer makes of a request:\n"                         \
    "  --type TYPE          or whoever makes it: alb, apigw-v1 (REST API), apigw-v2 (HTTP\n" \
    "                       API), url (function URL) (alb)\n"                                \
    "  --method METHOD      (GET)\n"                                                         \
    "  --path PATH          as it stands in a URL, maybe with a query behind it (/)\n"       \
    "  --query QUERY        a=b&c=d, percent-encoded; may be given again\n"                  \
    "  --header 'K: V'      may be given again\n"                                            \
    "  --body TEXT          or @FILE, or @- for stdin\n"                                     \
    "  --single-value       headers and queryStringParameters instead of the multiValue "    \
    "forms\n"

enum { EVENT_ARGS_FIELDS_MAX = 256 };

struct event_args {
    const char *file; /* NULL: the event is made */
    const char *body; /* as given; NULL: none */
    bool is_made;     /* some option of the request was there */
    bool is_single_value;
    bool is_apigw; /* not a load balancer's, but of `apigw` */
    enum apigw_type apigw;
    struct http_request req; /* views of argv; the body is read by event_args_make */
    struct http_field fields[EVENT_ARGS_FIELDS_MAX];
    struct arena *arena; /* the caller's */
};

/* What an event needs of its answer. */
struct event_made {
    struct bytes json;
    bool is_multi_value; /* the answer must be multi-valued too */
    bool is_apigw;       /* it is one for `apigw`, not for a load balancer */
    enum apigw_type apigw;
    enum http_method method; /* of the request */
};

void event_args_init(struct event_args *args, struct arena *arena);

/* Takes one option that getopt_long found. false: `error` names it and says what is wrong. */
bool event_args_take(struct event_args *args, int id, const char *value, char *error,
                     size_t error_len) MUST_CHECK;

/* Takes what stands behind the options: the file. false: there is more, or a file and a request at
 * once, or neither. */
bool event_args_finish(struct event_args *args, int argc, char **argv, char *error,
                       size_t error_len) MUST_CHECK;

/* Reads the event, or makes it.
 *
 * out   with a maximum of LIMIT_INVOCATION_BYTES + 1; must outlive `made`
 * made  out, on ALB_LAMBDA_OK
 *
 * false: a file cannot be read or is no JSON; `error` names it. true: `reason` is set:
 * ALB_LAMBDA_OK, or why the load balancer refuses the request */
bool event_args_make(struct event_args *args, struct buf *out, struct event_made *made,
                     enum alb_lambda_reason *reason, char *error, size_t error_len) MUST_CHECK;

#endif
