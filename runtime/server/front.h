#ifndef RUNTIME_SERVER_FRONT_H
#define RUNTIME_SERVER_FRONT_H

/*
 * front — one event loop of the server and the way of a request through it: from httpd to the
 * application, on the loop or by a worker, and back.
 *
 * Layer:   server.
 * Threads: a front's loop runs on a thread of its own; fronts share the application and the pool.
 */

#include <pthread.h>

#include "runtime/core/app.h"
#include "runtime/net/httpd.h"
#include "runtime/server/access_log.h"
#include "runtime/server/pool.h"
#include "runtime/server/request_id.h"

struct front_options {
    struct app *app;
    struct pool *pool;
    struct tls_context *tls; /* NULL: connections are plain */
    int listen_fd;
    size_t connections_max; /* of this front alone */
    int done_fd;            /* an eventfd, that each front adds 1 to when its loop has ended */
};

struct front {
    struct loop loop;
    struct httpd *httpd;
    struct app *app;
    struct pool *pool;
    struct access_log access_log;
    struct request_id ids;
    pthread_t thread;
    bool is_running;
    _Atomic bool is_done; /* its loop has ended */
    int done_fd;          /* an eventfd that is told so */
    struct loop_job announce_job, drain_job, stop_job;
    struct loop_timer drain_timer;
};

/* Prepares a front on how->listen_fd, which it takes over also on failure. RC_IO, RC_NOMEM. */
enum rc front_init(struct front *front, const struct front_options *how) MUST_CHECK;

/* Starts its thread. RC_IO: the system gives none. */
enum rc front_start(struct front *front) MUST_CHECK;

/* The three stages of a front's end; each from any thread, and once. Answers say that their
 * connection closes; new connections are still taken. */
void front_announce_end(struct front *front);

/* No new connections; those in a request end after its answer, the rest after the application's
 * drain_s. The thread then ends. */
void front_drain(struct front *front);

/* The thread ends, whatever is in flight. */
void front_stop(struct front *front);

/* Waits for the thread's end. */
void front_join(struct front *front);

/* After front_join and pool_end. Works on a zeroed struct. */
void front_release(struct front *front);

#endif
