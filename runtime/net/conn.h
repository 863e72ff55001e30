#ifndef RUNTIME_NET_CONN_H
#define RUNTIME_NET_CONN_H

/*
 * conn — what httpd.c (accepting, life and end of an httpd) and conn.c (one connection) share.
 *
 * Layer:   net, private.
 *
 * An idle connection is a struct httpd_conn and nothing more. From the first byte of a request to
 * the last byte of its answer it holds a `work`: exchange, arena and both buffers. Works come from
 * a list that the httpd keeps, so the one that is taken next is the one that is warm in the cache.
 */

#include <netinet/in.h>

#include "runtime/core/buf.h"
#include "runtime/http1/http1.h"
#include "runtime/net/httpd.h"
#include "runtime/net/session.h"
#include "runtime/net/tls.h"

struct work {
    struct httpd_exchange exchange; /* first: httpd_respond gets from it to its work */
    struct buf in, out;
    struct buf part;  /* of a produced body, on its way to `out` */
    size_t in_start;  /* bytes of `in` that earlier requests took */
    size_t out_start; /* bytes of `out` that are sent */
    struct http1_decoder decoder;
    bool said_continue;
    bool has_body_left;    /* the owner has the request's head, and may ask for more */
    bool wants_part;       /* it has asked */
    bool is_feeding;       /* conn_body_feed is on the stack */
    uint64_t sent_total;   /* bytes of `out` that the kernel took, of all answers so far */
    int64_t progress_mark; /* bytes of the body, or of `out`, when its timeout was last set */
    struct work *next;     /* in the list of free ones */
};

enum conn_state {
    CONN_IDLE,      /* waits for a request's first byte */
    CONN_READING,   /* has part of a request's head */
    CONN_BODY,      /* has its head, and not all of its body */
    CONN_BUSY,      /* the owner has the exchange */
    CONN_PRODUCING, /* the answer's body is made as the client takes it */
    CONN_WRITING,   /* unsent bytes, and the client does not read */
    CONN_SESSION,   /* another protocol's: `rest` says more */
    CONN_LINGER, /* all is said; what still comes is thrown away, so that no reset eats the answer
                  */
};

/* What a connection with a session waits for. */
enum session_rest {
    SESSION_IDLE,  /* a request */
    SESSION_WAITS, /* the owner, or its end */
    SESSION_MOVES, /* the client, which is to send or to read */
};

struct httpd_conn {
    struct httpd *httpd;
    struct loop_io io;
    struct loop_timer timer;
    uint64_t number;     /* see httpd_exchange */
    int64_t end_ms;      /* of its lifetime; 0: none */
    int64_t deadline_ms; /* of the state; the timer may be set earlier and looks again */
    enum conn_state state;
    bool is_serving;    /* conn_serve is on the stack */
    bool closes;        /* no further request: close when all is sent */
    bool is_stuffed;    /* answers had to be written before more input was served */
    bool is_resting;    /* CONN_PRODUCING: the producer has nothing to say until httpd_wake */
    bool is_gone;       /* the client has reset the connection */
    bool was_fault;     /* the last answer was to bytes that are no request */
    bool has_asked;     /* a request has begun on it, now or before */
    bool keeps_alive;   /* the request in hand lets the connection stay */
    bool has_second;    /* TLS: the other protocol was chosen, and has not begun */
    bool is_shaking;    /* TLS: no byte of a request can come yet */
    bool has_ended;     /* its own side, right behind its request: it waits for the answer */
    bool may_have_more; /* the last read may have left bytes, or the end, in the socket */
    struct tls *tls;    /* NULL: the socket's bytes are HTTP */
    struct sockaddr_in peer;
    struct work *work;
    struct session *session; /* NULL: HTTP/1.1 */
    enum session_rest rest;  /* in CONN_SESSION */
    uint64_t asked_before;   /* requests of its session, when the time was last set */
    struct httpd_conn *prev, *next;
};

struct httpd {
    struct httpd_options options;
    uint64_t last_number; /* of a connection; the first one's is the microsecond of the begin */
    struct metrics_connections *counts, own_counts; /* the owner's, or these */
    struct loop_io listen_io;
    struct loop_timer accept_timer; /* when descriptors ran out, and at the end of listening */
    int64_t accept_warned_ms;
    bool is_full;            /* as many connections as there may be: nobody is accepted */
    bool is_lame;            /* no connection outlives its next answer */
    bool is_draining;        /* lame, and the idle ones are closed */
    struct httpd_conn *hand; /* where the search for an idle one goes on */
    struct httpd_conn *conns;
    size_t conn_count;
    struct work *free_works;
    size_t free_work_count;
    struct buf spare_out; /* work_lend_out */
    int64_t date_end_ms;  /* of the second that `date` is, on the loop's clock */
    char date[HTTP1_DATE_LEN + 1];
};

static inline void httpd_count(_Atomic uint64_t *counter)
{
    (void)atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Takes over `fd`, which is closed when there is no memory. */
void conn_open(struct httpd *httpd, int fd, const struct sockaddr_in *peer);

/* Closes and frees; a work that the owner holds stays until httpd_respond. */
void conn_close(struct httpd_conn *conn);

/* Closes with a reset, so that what the client does not take fills no memory of the kernel's
 * either.
 */
void conn_abort(struct httpd_conn *conn);

/* In CONN_BUSY: what to watch for its client's end by, and whether `events` say that it has left.
 */
uint32_t conn_left_events(const struct httpd_conn *conn);
bool conn_has_left(struct httpd_conn *conn, uint32_t events);

/* All is said: ends when the client does, or soon, so that no reset eats the answer; meanwhile what
 * comes is read, and thrown away. */
void conn_linger(struct httpd_conn *conn);
void conn_read_waste(struct httpd_conn *conn);

/* Reads what has come on an idle connection. When nothing has, one that has asked before is closed,
 * and a new one has a moment more for the request that it was opened for. */
void conn_drain(struct httpd_conn *conn);

/* true: it waits for a request, and no byte of one has come. */
bool conn_is_idle(const struct httpd_conn *conn);

/* Serves the whole requests of the input until the owner keeps one or none is left. */
void conn_serve(struct httpd_conn *conn);

/* --- other protocols than HTTP/1.1 (conn_session.c) --- */

/* The handshake has chosen it. The connection may be gone after it. false: no memory. */
bool conn_session_begin(struct httpd_conn *conn) MUST_CHECK;

/* The connection may be gone after each of these. */
void conn_session_event(struct httpd_conn *conn, uint32_t events);
void conn_session_round(struct httpd_conn *conn);
void conn_session_late(struct httpd_conn *conn);
void conn_session_retire(struct httpd_conn *conn);
void conn_session_respond(struct httpd_exchange *exchange);
void conn_session_wake(struct httpd_exchange *exchange);
void conn_session_body_next(struct httpd_exchange *exchange);

/* The socket is closed. false: the owner holds requests of it still, and nobody forces it. */
bool conn_session_end(struct httpd_conn *conn, bool is_forced) MUST_CHECK;

/* --- what both kinds need --- */

/* The state may last so long from now on; 0: for ever. */
void conn_set_deadline(struct httpd_conn *conn, int64_t after_ms);

/* Fills what an exchange has of its connection, and clears the rest but arena and req. */
void conn_begin_exchange(struct httpd_conn *conn, struct httpd_exchange *exchange,
                         size_t received_bytes, enum rc fault);

/* The Date field's value now. */
struct bytes conn_date(struct httpd *httpd);

/* Its lifetime is over. */
bool conn_is_over(const struct httpd_conn *conn);

/* Answers bytes that are no request, and ends the connection after it. */
void conn_fault(struct httpd_conn *conn, enum rc fault);

/* --- a body that the owner takes as it comes (conn_body.c) --- */

/* The head at the start of `in` becomes the exchange's request. RC_OK; RC_NOMEM. */
enum rc conn_body_begin(struct httpd_conn *conn, struct bytes in) MUST_CHECK;

/* Gives what is here of the part that was asked for, or waits for it. false: the connection may be
 * gone. */
bool conn_body_feed(struct httpd_conn *conn);

/* The owner gets no more of it. */
void conn_body_fail(struct httpd_conn *conn, enum rc rc);

/* --- rounds (conn.c) --- */

/* Serves all that the input holds, and writes the answers. The connection may be gone after it. */
void conn_round(struct httpd_conn *conn);

/* Which state, and which events to wait for. The connection may be gone after it. */
void conn_settle(struct httpd_conn *conn);

/* The owner has answered: the answer is encoded, and ends here or in conn_produce. */
void conn_finish(struct httpd_conn *conn);

/* In CONN_PRODUCING: makes the next part of the body, or its end. */
void conn_produce(struct httpd_conn *conn);

/* The end of one request: the owner is told, the work ready for the next. */
void conn_end_exchange(struct httpd_conn *conn);

/* Puts a connection into the list of all, and takes it out again; the owner is told when draining
 * has come to its end with it. */
void httpd_remember(struct httpd *httpd, struct httpd_conn *conn);
void httpd_forget(struct httpd *httpd, struct httpd_conn *conn);

/* --- bytes, by TLS or as they are (conn_io.c) --- */

/* Begins TLS on a new connection whose httpd has a certificate. false: no memory. */
bool conn_secure(struct httpd_conn *conn) MUST_CHECK;

/* Goes on with the handshake, and waits for what it needs next. false: the connection shall end. */
bool conn_shake(struct httpd_conn *conn) MUST_CHECK;

/* As read(2) and send(2). */
ssize_t conn_read(struct httpd_conn *conn, void *data, size_t len) MUST_CHECK;
ssize_t conn_write(struct httpd_conn *conn, const void *data, size_t len) MUST_CHECK;

/* true: part of a TLS record is here, and so of a request. */
bool conn_has_part(const struct httpd_conn *conn);

/* The events that tell of more to read. */
uint32_t conn_input_events(const struct httpd_conn *conn);

/* Waits for what the next conn_read needs. */
void conn_watch_input(struct httpd_conn *conn);

/* Bytes of the body that have come (in CONN_BODY), or of answers that the client's side has
 * acknowledged. */
int64_t conn_progress(const struct httpd_conn *conn);

/* Says of TLS what the owner may want to know. */
void conn_describe(const struct httpd_conn *conn, struct httpd_exchange *exchange);

/* No conn_write follows. */
void conn_end_writing(struct httpd_conn *conn);

/* Room in `in` for the next read. false: no memory, or as much has come as may. */
bool work_make_room(struct work *work) MUST_CHECK;

struct work *work_take(struct httpd *httpd);

/* Bytes of one request, as they come, at most. */
size_t work_input_max(const struct httpd *httpd);
/* Makes it ready for the next request of its connection. */
void work_restart(struct httpd *httpd, struct work *work);
void work_give(struct httpd *httpd, struct work *work);

/* Bytes of answers that wait; whoever pipelines is stopped long before. */
#define WORK_OUT_MAX (SIZE_MAX / 2)

/* Answers are written one after the other, so one buffer does for most: where the work's `out` has
 * no memory it gets that of the last one that was sent whole, which is near still. */
void work_lend_out(struct httpd *httpd, struct work *work);

/* All of `out` is sent: its memory is for the next. */
void work_return_out(struct httpd *httpd, struct work *work);
void work_free(struct work *work);

#endif
