#ifndef RUNTIME_NET_SESSION_H
#define RUNTIME_NET_SESSION_H

/*
 * session — what a connection speaks instead of HTTP/1.1 where its handshake has chosen that by
 * ALPN: many requests at once (http2/ has HTTP/2). The owner of the httpd sees exchanges as ever.
 *
 * Layer:   net. conn_session.c has the socket, its bytes and times; a session makes exchanges of
 *          bytes and bytes of answers, and never touches the socket.
 * Memory:  the connection owns its session; a session owns its exchanges. A connection that is
 *          closed stays, as a struct, until the owner has answered all that it holds.
 * Threads: the loop's.
 */

#include "runtime/net/httpd.h"

struct session;

enum { SESSION_OUT_BYTES = 64 * 1024 }; /* that `give` makes at once, or little more */

struct session_protocol {
    const char *name; /* in ALPN */

    /* NULL: no memory. */
    struct session *(*open)(struct httpd_conn *conn);
    /* Frees it; nothing is held any more. */
    void (*close)(struct session *session);

    /* Bytes have come. false: they are nothing that this protocol knows; what `give` gives then is
     * the last that the client hears. */
    bool (*take)(struct session *session, struct bytes in);
    /* Appends what is to be written now; nothing where there is nothing. false: as for take. */
    bool (*give)(struct session *session, struct buf *out);
    /* true: nothing will be read or written any more. */
    bool (*is_over)(const struct session *session);

    /* No request from now on, and the client is told so; those that are here are answered. */
    void (*retire)(struct session *session);
    /* The connection is gone: answers to come go nowhere. */
    void (*cut)(struct session *session);

    /* As httpd_respond, httpd_wake and httpd_body_next. */
    void (*respond)(struct httpd_exchange *exchange);
    void (*wake)(struct httpd_exchange *exchange);
    void (*body_next)(struct httpd_exchange *exchange);
};

/* First member of a protocol's own struct. The counts are its to keep. */
struct session {
    const struct session_protocol *protocol;
    struct httpd_conn *conn;
    size_t held_count;    /* requests that the owner has, or whose answers it makes */
    size_t coming_count;  /* requests of which a part is here */
    size_t leaving_count; /* answers of which a part is not written, and could be */
    uint64_t asked_count; /* requests that the owner has got */
    uint64_t taken_bytes; /* of bodies */
};

/* --- for protocols: an exchange's way to the owner and back --- */

/* Fills all of `exchange` but its arena, which is ready, and its req, which is set after it. */
void session_begin_exchange(struct session *session, struct httpd_exchange *exchange,
                            size_t received_bytes, enum rc fault);

/* Gives it to the owner: as a request, or, where it has a fault, for an answer to that. The owner
 * may answer inside. For a fault the answer is in it after the call, and is the caller's to send.
 */
void session_give_exchange(struct httpd_exchange *exchange);

/* Its client has left, and has it no more: tells the owner, which may answer inside. */
void session_leave_exchange(struct httpd_exchange *exchange);

/* Tells the owner that it is done. */
void session_end_exchange(struct httpd_exchange *exchange);

/* The Date field's value now. */
struct bytes session_date(struct session *session);

/* The request in hand is the connection's last: the httpd ends, or the connection's time is over.
 */
bool session_is_last(const struct session *session);

#endif
