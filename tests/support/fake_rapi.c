#include "tests/support/fake_rapi.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/fake_request.h"

enum { SILENCE_S = 60, BUF_MAX_BYTES = 64 << 20, READ_BYTES = 64 << 10 };

struct fake_conn {
    struct fake_rapi *fake;
    int fd; /* -1: closed */
    unsigned number, request_count;
    struct buf in, out;
    pthread_t thread; /* of a parallel fake */
    struct fake_conn *next;
};

struct fake_rapi {
    fake_answer_fn *answer;
    void *context;
    bool remembers, is_started, is_parallel;
    size_t piece_len; /* 0: an answer is one piece */
    const char *early_suffix;
    size_t early_len;
    char address[32];
    int listen_fd;
    pthread_t thread;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t received;
    bool is_stopping;
    unsigned connection_count;
    struct fake_conn *conns; /* open and closed, the newest first */
    size_t begun, count;     /* requests read; answers made */
    struct fake_request **requests;
};

static void need(bool is_fine, const char *what)
{
    if (is_fine)
        return;
    perror(what);
    abort();
}

static void *need_memory(void *p)
{
    need(p != NULL, "memory");
    return p;
}

struct fake_rapi *fake_rapi_new(fake_answer_fn *answer, void *context, bool remembers)
{
    struct fake_rapi *self = need_memory(calloc(1, sizeof *self));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    self->answer = answer;
    self->context = context;
    self->remembers = remembers;
    self->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(self->listen_fd >= 0, "socket");
    need(bind(self->listen_fd, (struct sockaddr *)&address, len) == 0, "bind");
    need(listen(self->listen_fd, 128) == 0, "listen");
    need(getsockname(self->listen_fd, (struct sockaddr *)&address, &len) == 0, "getsockname");
    (void)snprintf(self->address, sizeof self->address, "127.0.0.1:%d", ntohs(address.sin_port));
    need(pthread_mutex_init(&self->lock, NULL) == 0, "mutex");
    need(pthread_cond_init(&self->received, NULL) == 0, "condition");
    return self;
}

void fake_rapi_set_parallel(struct fake_rapi *fake)
{
    fake->is_parallel = true;
}

void fake_rapi_set_piece(struct fake_rapi *fake, size_t len)
{
    fake->piece_len = len;
}

void fake_rapi_answer_early(struct fake_rapi *fake, const char *suffix, size_t body_len)
{
    fake->early_suffix = suffix;
    fake->early_len = body_len;
}

const char *fake_rapi_address(const struct fake_rapi *fake)
{
    return fake->address;
}

/* --- a connection --- */

/* false: the peer has closed. */
static bool read_more(struct fake_conn *self)
{
    ssize_t n;
    need(buf_reserve(&self->in, READ_BYTES) == RC_OK, "buffer");
    do
        n = recv(self->fd, self->in.data + self->in.len, self->in.cap - self->in.len, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        self->in.len += (size_t)n;
    return n > 0;
}

static bool read_for_request(void *context)
{
    return read_more(context);
}

static struct fake_request *read_request(struct fake_conn *self)
{
    struct fake_rapi *fake = self->fake;
    struct fake_reader reader = {read_for_request, self, &self->in, fake->early_suffix,
                                 fake->early_len};
    struct fake_request *req = fake_request_read(&reader);
    if (req) {
        req->connection = self->number;
        req->number_on_connection = self->request_count++;
    }
    return req;
}

static void write_all(const struct fake_conn *self, struct bytes left)
{
    size_t piece_len = self->fake->piece_len;
    int one = 1;
    if (piece_len)
        need(setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0, "TCP_NODELAY");
    while (left.len) {
        size_t len = piece_len && piece_len < left.len ? piece_len : left.len;
        ssize_t n = send(self->fd, left.ptr, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return;
        left = bytes_skip(left, n > 0 ? (size_t)n : 0);
    }
}

/* The request's index. */
static size_t begin(struct fake_rapi *self, struct fake_request *req)
{
    (void)pthread_mutex_lock(&self->lock);
    size_t index = self->begun++;
    if (self->remembers) {
        self->requests = need_memory(realloc(self->requests, self->begun * sizeof req));
        self->requests[index] = req;
    }
    (void)pthread_mutex_unlock(&self->lock);
    return index;
}

static void finish(struct fake_rapi *self)
{
    (void)pthread_mutex_lock(&self->lock);
    self->count++;
    (void)pthread_cond_broadcast(&self->received);
    (void)pthread_mutex_unlock(&self->lock);
}

/* Answers one request. false: the connection is over. */
static bool serve_one(struct fake_conn *self)
{
    struct fake_rapi *fake = self->fake;
    struct fake_request *req = read_request(self);
    if (!req)
        return false;
    size_t index = begin(fake, req);
    buf_reset(&self->out);
    enum fake_end end = fake->answer(fake->context, index, req, &self->out);
    need(!self->out.failed, "the answer's memory");
    finish(fake);
    if (!fake->remembers)
        fake_request_free(req);
    if (end == FAKE_HOLD) {
        while (read_more(self)) {
            /* until the peer or fake_rapi_free closes */
        }
        return false;
    }
    write_all(self, buf_bytes(&self->out));
    return end == FAKE_KEEP;
}

static void *serve(void *context)
{
    struct fake_conn *self = context;
    struct fake_rapi *fake = self->fake;
    while (serve_one(self)) {
        /* the next request */
    }
    (void)pthread_mutex_lock(&fake->lock); /* fake_rapi_free shuts down what is open */
    (void)close(self->fd);
    self->fd = -1;
    (void)pthread_mutex_unlock(&fake->lock);
    return NULL;
}

/* --- the thread that accepts --- */

/* NULL: the fake is being freed. */
static struct fake_conn *add_connection(struct fake_rapi *self, int fd)
{
    (void)pthread_mutex_lock(&self->lock);
    struct fake_conn *conn = NULL;
    if (self->is_stopping) {
        (void)close(fd);
    } else {
        conn = need_memory(calloc(1, sizeof *conn));
        *conn = (struct fake_conn){
            .fake = self, .fd = fd, .number = ++self->connection_count, .next = self->conns};
        buf_init(&conn->in, BUF_MAX_BYTES);
        buf_init(&conn->out, BUF_MAX_BYTES);
        self->conns = conn;
    }
    (void)pthread_mutex_unlock(&self->lock);
    return conn;
}

static void connection_release(struct fake_conn *conn)
{
    buf_release(&conn->in);
    buf_release(&conn->out);
}

static void *run(void *context)
{
    struct fake_rapi *self = context;
    for (;;) {
        int fd = accept4(self->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        struct fake_conn *conn = fd < 0 ? NULL : add_connection(self, fd);
        if (!conn)
            return NULL;
        if (self->is_parallel) {
            need(pthread_create(&conn->thread, NULL, serve, conn) == 0, "thread");
            continue;
        }
        (void)serve(conn);
        connection_release(conn);
    }
}

void fake_rapi_start(struct fake_rapi *fake)
{
    need(pthread_create(&fake->thread, NULL, run, fake) == 0, "thread");
    fake->is_started = true;
}

void fake_rapi_free(struct fake_rapi *fake)
{
    (void)pthread_mutex_lock(&fake->lock);
    fake->is_stopping = true;
    (void)shutdown(fake->listen_fd, SHUT_RDWR);
    for (const struct fake_conn *conn = fake->conns; conn; conn = conn->next)
        if (conn->fd >= 0)
            (void)shutdown(conn->fd, SHUT_RDWR);
    (void)pthread_mutex_unlock(&fake->lock);
    if (fake->is_started)
        (void)pthread_join(fake->thread, NULL);
    (void)close(fake->listen_fd);
    while (fake->conns) {
        struct fake_conn *conn = fake->conns;
        fake->conns = conn->next;
        if (fake->is_parallel)
            (void)pthread_join(conn->thread, NULL);
        connection_release(conn);
        free(conn);
    }
    for (size_t i = 0; fake->remembers && i < fake->begun; i++)
        fake_request_free(fake->requests[i]);
    free(fake->requests);
    (void)pthread_mutex_destroy(&fake->lock);
    (void)pthread_cond_destroy(&fake->received);
    free(fake);
}

bool fake_rapi_wait(struct fake_rapi *fake, size_t count)
{
    struct timespec end;
    int error = 0;
    (void)pthread_mutex_lock(&fake->lock);
    while (fake->count < count && error == 0) {
        size_t before = fake->count;
        (void)clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec += SILENCE_S;
        while (fake->count == before && error == 0)
            error = pthread_cond_timedwait(&fake->received, &fake->lock, &end);
    }
    bool is_there = fake->count >= count;
    (void)pthread_mutex_unlock(&fake->lock);
    return is_there;
}

size_t fake_rapi_count(struct fake_rapi *fake)
{
    (void)pthread_mutex_lock(&fake->lock);
    size_t count = fake->count;
    (void)pthread_mutex_unlock(&fake->lock);
    return count;
}

const struct fake_request *fake_rapi_request(struct fake_rapi *fake, size_t index)
{
    (void)pthread_mutex_lock(&fake->lock);
    need(fake->remembers && index < fake->begun, "no such request");
    const struct fake_request *req = fake->requests[index];
    (void)pthread_mutex_unlock(&fake->lock);
    return req;
}

/* --- answers --- */

void fake_rapi_put(struct buf *out, unsigned status, const char *fields, struct bytes body)
{
    buf_printf(out, "HTTP/1.1 %u Said\r\nContent-Type: application/json\r\n%s", status,
               fields ? fields : "");
    buf_printf(out, "Content-Length: %zu\r\n\r\n", body.len);
    buf_append(out, body);
}

enum fake_end fake_rapi_play(void *context, size_t index, const struct fake_request *req,
                             struct buf *out)
{
    const struct fake_script *script = context;
    (void)req;
    if (index >= script->count)
        return FAKE_HOLD;
    const struct fake_step *step = &script->steps[index];
    if (step->status)
        fake_rapi_put(out, step->status, step->fields, bytes_from_str(step->text));
    else
        buf_append(out, bytes_from_str(step->text));
    return step->end;
}
