#ifndef RUNTIME_ALB_UPSTREAM_INTERNAL_H
#define RUNTIME_ALB_UPSTREAM_INTERNAL_H

/*
 * upstream_internal — what upstream.c (a connection, whole answers) and upstream_stream.c (bodies
 * in parts) share.
 */

#include "runtime/alb/upstream.h"

/* Edge-triggered, so that a request costs no call of epoll_ctl, and epoll no second look. */
enum { UPSTREAM_READ_BYTES = 16 * 1024 };
#define UPSTREAM_WATCHED ((uint32_t)EPOLLIN | (uint32_t)EPOLLRDHUP | (uint32_t)EPOLLET)

struct upstream {
    struct loop *loop;
    struct loop_io io;
    struct loop_timer timer; /* may ring earlier than deadline_ms, and between two requests */
    int64_t deadline_ms;
    struct tls *tls;   /* NULL: none */
    bool has_socket;   /* is connected as TCP knows it */
    bool is_connected; /* and the handshake is done, where there is one */
    bool is_refused, is_busy;
    bool is_closed;      /* by the target, between two requests */
    bool has_body_left;  /* of the request, to be pushed */
    bool is_begun;       /* the answer's head has been told of */
    bool may_have_bytes; /* in the socket */
    bool is_at_end;      /* the target has closed */
    bool keeps_alive;
    struct metrics_connections *counts; /* NULL: none */
    bool is_in_event, is_closing;       /* closed by who was told: freed when the telling is over */
    enum rc failure;                    /* of an answer that has begun */
    const struct upstream_stream *stream; /* NULL: answers are whole */
    size_t in_start;                      /* bytes of `in` that were pulled */
    unsigned timeout_ms;
    struct buf out; /* what the socket has not taken at once */
    struct buf in;  /* of an answer that did not come whole with the first read */
    size_t sent;
    struct arena arena;
    struct http1_decoder decoder;
    enum http_method method;
    upstream_done_fn *on_done;
    void *context;
};

/* The end of a request: on_done. */
void upstream_finish(struct upstream *upstream, enum rc rc, const struct http1_response *res);

/* The target has its time from now on. The timer is only moved when it would ring too late, so that
 * a request costs none of it. false: no memory. */
bool upstream_set_timer(struct upstream *upstream);

/* As recv(2), by TLS where the connection has it. `may_have_more`: reading on may give bytes. */
ssize_t upstream_read(struct upstream *upstream, void *data, size_t len,
                      bool *may_have_more) MUST_CHECK;

/* How many bytes the socket takes now. All of them where it is broken: the target may have answered
 * before it closed, so reading tells. */
size_t upstream_send_now(struct upstream *upstream, struct bytes bytes) MUST_CHECK;

/* The socket has taken all there was: on_taken, where more of the body is to come. */
void upstream_ask_for_part(struct upstream *upstream);

/* An answer whose head is here and whose body is not: on_begun. */
void upstream_begin_answer(struct upstream *upstream);

#endif
