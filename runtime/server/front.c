#include "runtime/server/front.h"

#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtime/core/crash.h"
#include "runtime/core/log.h"
#include "runtime/core/problem.h"

/* A request on its way through a worker; lives in the request's arena. */
struct call {
    struct pool_job job;
    struct front *front;
    struct httpd_exchange *exchange;
};

static struct front *front_of(const struct httpd_exchange *exchange)
{
    return httpd_context(exchange->httpd);
}

/* --- the way of a request --- */

/* Back on the loop: the worker's answer goes out. */
static void on_answered(struct loop *loop, struct loop_job *job)
{
    (void)loop;
    httpd_respond((void *)((char *)job - offsetof(struct httpd_exchange, job)));
}

/* On a worker: the handler may wait here. */
static void on_worker(struct pool_job *job)
{
    struct call *call = (struct call *)job;
    struct httpd_exchange *exchange = call->exchange;
    struct loop *loop = &call->front->loop;
    if (app_handle(call->front->app, &exchange->req, &exchange->res, APP_MAY_WAIT) != RC_OK)
        problem_set_fixed(&exchange->res);
    exchange->job.fn = on_answered;
    loop_post(loop, &exchange->job);
}

static void answer_busy(struct httpd_exchange *exchange)
{
    problem_set(&exchange->res, &exchange->arena, 503, "busy",
                "too many requests wait for the store; try again in a second");
    http_response_add(&exchange->res, &exchange->arena, BYTES_LIT("Retry-After"), BYTES_LIT("1"));
    metrics_record(&front_of(exchange)->app->metrics, exchange->req.route, 503,
                   exchange->received_us);
    httpd_respond(exchange);
}

static void hand_to_worker(struct front *front, struct httpd_exchange *exchange)
{
    struct call *call = arena_alloc(&exchange->arena, sizeof *call);
    if (call) {
        *call = (struct call){.job.fn = on_worker, .front = front, .exchange = exchange};
        if (pool_submit(front->pool, &call->job) == RC_OK)
            return;
    }
    answer_busy(exchange);
}

static void on_request(struct httpd_exchange *exchange)
{
    struct front *front = front_of(exchange);
    struct http_request *req = &exchange->req;
    request_id_set(&front->ids, req);
    req->peer_addr_net = exchange->peer_addr_net;
    req->is_tls = exchange->is_tls;
    req->received_us = exchange->received_us;
    req->may_stream = !front->app->config->has_response_limit;
    req->deadline_ms = front->loop.now_ms + front->app->config->request_timeout_ms;
    if (app_handle(front->app, req, &exchange->res, APP_MAY_NOT_WAIT) == RC_AGAIN)
        hand_to_worker(front, exchange);
    else
        httpd_respond(exchange);
}

/* The application never sees these. */
static void on_fault(struct httpd_exchange *exchange, enum rc fault)
{
    exchange->req.peer_addr_net = exchange->peer_addr_net;
    exchange->req.is_tls = exchange->is_tls;
    request_id_set(&front_of(exchange)->ids, &exchange->req);
    problem_set_rc(&exchange->res, &exchange->arena, fault);
    metrics_record(&front_of(exchange)->app->metrics, NULL, exchange->res.status,
                   exchange->received_us);
}

static void on_done(struct httpd_exchange *exchange)
{
    access_log_write(&front_of(exchange)->access_log, exchange);
}

/* --- life --- */

static void on_drained(struct httpd *httpd)
{
    struct front *front = httpd_context(httpd);
    loop_stop(&front->loop);
}

static void on_drain_timer(struct loop *loop, struct loop_timer *timer)
{
    struct front *front = (void *)((char *)timer - offsetof(struct front, drain_timer));
    log_event(LOG_WARN, "cut off", LOG_NUM("connections", httpd_connection_count(front->httpd)));
    loop_stop(loop);
}

static void on_drain(struct loop *loop, struct loop_job *job)
{
    struct front *front = (void *)((char *)job - offsetof(struct front, drain_job));
    int64_t end_ms = loop->now_ms + (int64_t)front->app->config->drain_s * 1000;
    if (loop_timer_set(loop, &front->drain_timer, end_ms) != RC_OK)
        loop_stop(loop);
    httpd_drain(front->httpd);
}

static void on_announce_end(struct loop *loop, struct loop_job *job)
{
    struct front *front = (void *)((char *)job - offsetof(struct front, announce_job));
    (void)loop;
    httpd_announce_end(front->httpd);
}

static void on_stop(struct loop *loop, struct loop_job *job)
{
    struct front *front = (void *)((char *)job - offsetof(struct front, stop_job));
    on_drain_timer(loop, &front->drain_timer);
}

enum rc front_init(struct front *front, const struct front_options *how)
{
    struct app *app = how->app;
    *front = (struct front){.app = app, .pool = how->pool, .done_fd = how->done_fd};
    front->announce_job.fn = on_announce_end;
    front->stop_job.fn = on_stop;
    access_log_init(&front->access_log, app->config);
    request_id_init(&front->ids);
    front->drain_job.fn = on_drain;
    front->drain_timer.fn = on_drain_timer;
    if (loop_init(&front->loop) != RC_OK) {
        (void)close(how->listen_fd);
        return RC_IO;
    }
    struct httpd_options options = {
        .loop = &front->loop,
        .listen_fd = how->listen_fd,
        .tls = how->tls,
        .on_request = on_request,
        .on_fault = on_fault,
        .on_done = app->config->has_access_log ? on_done : NULL,
        .on_drained = on_drained,
        .counts = &app->metrics.connections,
        .context = front,
        .idle_timeout_s = app->config->idle_timeout_s,
        .read_timeout_s = app->config->read_timeout_s,
        .write_timeout_s = app->config->write_timeout_s,
        .connections_max = how->connections_max,
    };
    front->httpd = httpd_new(&options);
    if (front->httpd)
        return RC_OK;
    loop_release(&front->loop);
    return RC_NOMEM;
}

static void *run(void *arg)
{
    struct front *front = arg;
    struct crash_stack stack;
    crash_thread_begin(&stack);
    if (loop_run(&front->loop) != RC_OK)
        log_write(LOG_FATAL, "the event loop failed", NULL, 0);
    crash_thread_end();
    atomic_store(&front->is_done, true);
    (void)eventfd_write(front->done_fd, 1);
    return NULL;
}

enum rc front_start(struct front *front)
{
    front->is_running = pthread_create(&front->thread, NULL, run, front) == 0;
    return front->is_running ? RC_OK : RC_IO;
}

void front_announce_end(struct front *front)
{
    loop_post(&front->loop, &front->announce_job);
}

void front_drain(struct front *front)
{
    loop_post(&front->loop, &front->drain_job);
}

void front_stop(struct front *front)
{
    loop_post(&front->loop, &front->stop_job);
}

void front_join(struct front *front)
{
    if (front->is_running)
        (void)pthread_join(front->thread, NULL);
    front->is_running = false;
}

void front_release(struct front *front)
{
    if (!front->httpd)
        return;
    httpd_free(front->httpd);
    front->httpd = NULL;
    loop_release(&front->loop);
}
