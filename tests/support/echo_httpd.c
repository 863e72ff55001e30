#include "tests/support/echo_httpd.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

#include "runtime/net/httpd.h"

struct echo_httpd echo_httpd = {.idle_timeout_s = 60, .read_timeout_s = 60};

static struct loop loop;
static struct httpd *httpd;
static pthread_t thread;
static struct loop_job drain_job;

struct parts {
    unsigned left;
    bool fails; /* instead of its end */
};

static enum rc make_part(void *context, struct buf *out)
{
    struct parts *parts = context;
    static char text[10000];
    if (parts->left == 0)
        return parts->fails ? RC_IO : RC_OK;
    memset(text, 'a' + (int)(parts->left % 26), sizeof text);
    buf_append(out, bytes_make(text, sizeof text));
    parts->left--;
    return RC_AGAIN;
}

static void answer_in_parts(struct httpd_exchange *exchange, unsigned count)
{
    struct parts *parts = arena_zalloc(&exchange->arena, sizeof *parts);
    cr_assert_not_null(parts);
    parts->left = count;
    parts->fails = bytes_eq(exchange->req.query, BYTES_LIT("fail"));
    http_response_produce(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"), make_part,
                          parts);
    httpd_respond(exchange);
}

/* --- /live --- */

static struct httpd_exchange *listener;
static _Atomic bool has_listener;

static struct saying {
    struct loop_job job;
    const char *text;
    sem_t is_done;
} saying;
static const char *unsaid; /* the loop's; NULL: all is said */

static enum rc say_part(void *context, struct buf *out)
{
    bool is_end = unsaid && strcmp(unsaid, "end") == 0;
    (void)context;
    if (unsaid && !is_end)
        buf_append(out, bytes_from_str(unsaid));
    unsaid = NULL;
    return is_end ? RC_OK : RC_AGAIN;
}

static void say_now(struct loop *l, struct loop_job *job)
{
    (void)l;
    (void)job;
    unsaid = saying.text;
    if (listener)
        httpd_wake(listener);
    (void)sem_post(&saying.is_done);
}

void echo_httpd_say(const char *text)
{
    saying.job.fn = say_now;
    saying.text = text;
    cr_assert_eq(sem_init(&saying.is_done, 0, 0), 0);
    loop_post(&loop, &saying.job);
    while (sem_wait(&saying.is_done) != 0)
        ;
    (void)sem_destroy(&saying.is_done);
}

bool echo_httpd_has_listener(void)
{
    return has_listener;
}

static void listen_live(struct httpd_exchange *exchange)
{
    exchange->is_live = true;
    listener = exchange;
    has_listener = true;
    http_response_produce(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"), say_part,
                          NULL);
    httpd_respond(exchange);
}

static void on_done(struct httpd_exchange *exchange)
{
    if (exchange != listener)
        return;
    listener = NULL;
    has_listener = false;
}

/* --- bodies in parts --- */

static void answer(struct httpd_exchange *exchange, size_t body_len);

static void count_part(struct httpd_exchange *exchange, struct bytes part, enum rc rc)
{
    size_t *len = exchange->context;
    *len += part.len;
    if (rc == RC_AGAIN)
        httpd_body_next(exchange);
    else
        answer(exchange, *len);
}

static void count_body(struct httpd_exchange *exchange)
{
    exchange->context = arena_zalloc(&exchange->arena, sizeof(size_t));
    cr_assert_not_null(exchange->context);
    exchange->on_body = count_part;
    httpd_body_next(exchange);
}

/* --- all paths --- */

static void answer_field(struct httpd_exchange *exchange, const char *name)
{
    const struct bytes *value = http_request_header(&exchange->req, name);
    http_response_printf(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"), "%.*s",
                         BYTES_ARG(value ? *value : BYTES_LIT("none")));
    httpd_respond(exchange);
}

static void answer(struct httpd_exchange *exchange, size_t body_len)
{
    const struct http_request *req = &exchange->req;
    char path[32]; /* the request's ends with no NUL, which sscanf looks for */
    unsigned len = 0;
    (void)snprintf(path, sizeof path, "%.*s", BYTES_ARG(req->path));
    if (sscanf(path, "/parts/%u", &len) == 1) {
        answer_in_parts(exchange, len);
        return;
    }
    if (strncmp(path, "/field/", 7) == 0) {
        answer_field(exchange, path + 7);
        return;
    }
    if (strcmp(path, "/live") == 0) {
        listen_live(exchange);
        return;
    }
    if (sscanf(path, "/big/%u", &len) == 1) {
        char *body = arena_alloc(&exchange->arena, len);
        cr_assert_not_null(body);
        memset(body, 'x', len);
        http_response_borrow(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"),
                             bytes_make(body, len));
    } else {
        http_response_printf(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"),
                             "%.*s %.*s %zu", BYTES_ARG(req->method_text), BYTES_ARG(req->path),
                             body_len);
    }
    httpd_respond(exchange);
}

static void answer_later(struct loop *l, struct loop_job *job)
{
    (void)l;
    struct httpd_exchange *exchange = (void *)((char *)job - offsetof(struct httpd_exchange, job));
    answer(exchange, exchange->req.body.len);
}

static void on_request(struct httpd_exchange *exchange)
{
    if (exchange->is_body_coming) {
        count_body(exchange);
    } else if (bytes_starts_with(exchange->req.path, BYTES_LIT("/later"))) {
        exchange->job.fn = answer_later;
        loop_post(&loop, &exchange->job);
    } else {
        answer(exchange, exchange->req.body.len);
    }
}

static void on_drained(struct httpd *which)
{
    (void)which;
    loop_stop(&loop);
}

static void start_drain(struct loop *l, struct loop_job *job)
{
    (void)l;
    (void)job;
    httpd_drain(httpd);
}

static void *run(void *arg)
{
    (void)arg;
    cr_assert_eq(loop_run(&loop), RC_OK);
    return NULL;
}

void echo_httpd_start(void)
{
    char error[256];
    listener = NULL;
    has_listener = false;
    unsaid = NULL;
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(fd, 0, "%s", error);
    echo_httpd.port = httpd_port(fd);
    cr_assert_eq(loop_init(&loop), RC_OK);
    struct httpd_options options = {.loop = &loop,
                                    .listen_fd = fd,
                                    .on_request = on_request,
                                    .on_done = on_done,
                                    .on_drained = on_drained,
                                    .tls = echo_httpd.tls,
                                    .second = echo_httpd.second,
                                    .streams_bodies = echo_httpd.second != NULL,
                                    .idle_timeout_s = echo_httpd.idle_timeout_s,
                                    .read_timeout_s = echo_httpd.read_timeout_s,
                                    .write_timeout_s = echo_httpd.write_timeout_s};
    httpd = httpd_new(&options);
    cr_assert_not_null(httpd);
    cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

void echo_httpd_drain(void)
{
    drain_job.fn = start_drain;
    loop_post(&loop, &drain_job);
}

static void free_all(void)
{
    httpd_free(httpd);
    loop_release(&loop);
}

void echo_httpd_stop(void)
{
    loop_stop(&loop);
    (void)pthread_join(thread, NULL);
    free_all();
}

void echo_httpd_expect(struct client *client, const char *body)
{
    struct http1_response res;
    enum rc rc = client_read(client, HTTP_GET, &res);
    cr_assert_eq(rc, RC_OK, "%s instead of '%s'", rc_name(rc), body);
    cr_expect(bytes_eq(res.body, bytes_from_str(body)), "'%.*s' instead of '%s'",
              BYTES_ARG(res.body), body);
}

size_t echo_httpd_join(void)
{
    (void)pthread_join(thread, NULL);
    size_t count = httpd_connection_count(httpd);
    free_all();
    return count;
}
