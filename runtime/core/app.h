#ifndef RUNTIME_CORE_APP_H
#define RUNTIME_CORE_APP_H

/*
 * app — the application: its routes, its store, and the one entry function of both front ends.
 *
 * Layer:   core. A front end calls app_handle, or app_handle_raw, and nothing else of route and
 *          handle.
 * Threads: both run on any number of threads at once; the rest before they start.
 */

#include <stdatomic.h>

#include "runtime/core/config.h"
#include "runtime/core/http.h"
#include "runtime/core/metrics.h"
#include "runtime/core/router.h"

struct store;
struct lambda_context;

/* An event that carries no HTTP request, such as a schedule's or an alarm's. It comes to the Lambda
 * home alone: the server home has nothing that could send one. */
struct app_raw_event {
    struct app *app;
    struct bytes json; /* one JSON value, in UTF-8, as it came; runtime/json reads it */
    const struct lambda_context *lambda; /* the request id and the rest of what Lambda says */
    int64_t deadline_ms;                 /* clock_ms_monotonic() at which Lambda ends it */
    struct arena *arena;                 /* for everything that the answer needs */
};

/* Handles such an event.
 *
 * answer  out, on RC_OK: JSON text in UTF-8, static or in the arena, sent as it is; empty, as it is
 *         before the call, stands for null
 *
 * RC_OK · any other: the invocation fails with Function.RawHandlerFailed, which names the code. Who
 * calls without waiting, as schedules and alarms do, then has Lambda try it twice more. */
typedef enum rc app_raw_handler_fn(const struct app_raw_event *event, struct bytes *answer);

struct app;

/* A service's clean-up before its process ends by SIGTERM: what it holds outside of Duet. Called
 * once, on a thread that may wait; the store is still open.
 *
 * The server calls it after it has drained, unless a handler still waits by then: what that one
 * uses must stay. The Lambda home registers as an extension for it at the start (one call), is
 * given SIGTERM when no invocation is in flight (on managed instances others may be), and has about
 * 300 ms from then on; the process ends when the hook returns. */
typedef void app_stop_fn(struct app *app);

/* What a service is: given to duet_bootstrap_main and duet_server_main. */
struct app_definition {
    const char *name;                /* of the service */
    const char *version;             /* of the service, for /gtg?details and logs */
    const struct route *routes;      /* ends with ROUTES_END */
    app_raw_handler_fn *raw_handler; /* NULL: such an event is a function error */
    app_stop_fn *on_stop; /* NULL: nothing to clean up, and no call for it at the start */
};

struct app {
    const struct app_definition *definition;
    const struct config *config;
    struct store *store;    /* NULL: the service has none */
    bool store_is_blocking; /* a call may wait for a disk or a network */
    int64_t start_ms;       /* clock_ms_monotonic() at app_init */
    int64_t start_epoch_ms; /* the same moment, since 1970 */
    struct metrics metrics;
    _Atomic uint64_t requests_served;
    _Atomic bool is_stopping; /* set at SIGTERM */
};

/* Who calls app_handle. */
enum app_caller {
    APP_MAY_NOT_WAIT, /* an event loop */
    APP_MAY_WAIT,     /* a worker thread, or a bootstrap */
};

/* Fills `app`; everything given is borrowed. Nothing has to be released but metrics. Checks the
 * routes: false with `error` set when a pattern is wrong. */
bool app_init(struct app *app, const struct app_definition *definition, const struct config *config,
              char *error, size_t error_len) MUST_CHECK;

/* Gives `app` its store; `is_blocking` is what store_is_blocking(store) says. */
void app_set_store(struct app *app, struct store *store, bool is_blocking);

/* The ids of `req` for log lines about it: app_handle gives them to all lines that are written
 * inside it, front ends to their own. */
struct log_context app_log_context(const struct http_request *req);

/* Routes and handles one request, and records its metrics.
 *
 * req  from a codec, with its arena set; path and query need no check before
 * res  out: a complete response, whatever happened; borrows from req and its arena
 *
 * RC_OK     `res` is the answer
 * RC_AGAIN  only for APP_MAY_NOT_WAIT: the handler might wait and has not run; call again with
 *           APP_MAY_WAIT from a thread that may */
enum rc app_handle(struct app *app, struct http_request *req, struct http_response *res,
                   enum app_caller caller) MUST_CHECK;

/* For what is about to wait, as a store that blocks is: on an event loop, where everybody would
 * wait with it, it logs once in a process which route's row lacks ROUTE_USES_STORE. */
void app_tell_waiting(void);

/* Gives an event to the raw handler, which the definition must have.
 *
 * RC_OK           `answer` can be sent
 * RC_UNSUPPORTED  it is not UTF-8
 * RC_BODY_LIMIT   it is over LIMIT_INVOCATION_BYTES
 * others          the handler's */
enum rc app_handle_raw(struct app *app, struct app_raw_event *event,
                       struct bytes *answer) MUST_CHECK;

#endif
