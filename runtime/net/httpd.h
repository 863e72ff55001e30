#ifndef RUNTIME_NET_HTTPD_H
#define RUNTIME_NET_HTTPD_H

/*
 * httpd — HTTP/1.1 connections on a loop: requests come in by a callback, answers go out when the
 * owner gives them, now or later.
 *
 * Layer:   net. Knows core/, http1/ and loop. The server, the rig's load balancer, its Runtime API
 *          and its control port are all owners of one.
 * Threads: all calls on the loop's thread; a request may cross to another thread between
 *          on_request and httpd_respond if it comes back by loop_post.
 *
 * A connection carries one request at a time to its owner; pipelined ones wait in its buffer, and
 * answers go out in order, many in one write.
 */

#include "runtime/core/arena.h"
#include "runtime/core/http.h"
#include "runtime/core/metrics.h"
#include "runtime/net/loop.h"
#include "runtime/net/tls.h"

struct httpd;
struct httpd_conn;
struct session_protocol;

enum { HTTPD_PEER_MAX = sizeof "255.255.255.255" };

struct httpd_exchange;

/* The next part of a request's body, see httpd_body_next. */
typedef void httpd_body_fn(struct httpd_exchange *exchange, struct bytes part, enum rc rc);

enum { HTTPD_UNKNOWN = -1 };

/* One request and its answer; belongs to the connection. */
struct httpd_exchange {
    struct http_request req;  /* the codec's part and the arena are set; the rest is zero */
    struct http_response res; /* the owner fills it before httpd_respond */
    struct bytes trailer; /* of a chunked body, with its last part; http1_trailer_find reads it */
    struct arena arena;
    struct httpd *httpd;
    struct httpd_conn *conn;
    struct loop_job job;    /* the owner's, for crossing threads */
    void *context;          /* the owner's, for this request */
    int64_t received_us;    /* when it was read, by the loop's now_us */
    size_t received_bytes;  /* the request's own bytes */
    struct bytes input;     /* of on_fault, during the call: the bytes that are no request */
    size_t sent_bytes;      /* the response's, in on_done */
    enum rc fault;          /* RC_OK, or why the bytes were no request (in on_done) */
    bool is_body_coming;    /* on_request has the head alone: httpd_body_next */
    int64_t coming_bytes;   /* of that body, all of it; HTTPD_UNKNOWN */
    int64_t produced_bytes; /* of res.producer, all of it; HTTPD_UNKNOWN: chunks say the end */
    httpd_body_fn *on_body; /* the owner's; Required for httpd_body_next */
    bool is_gone;           /* in on_done: the client had left before its answer */
    bool is_live;           /* the producer may have nothing to say for now, see httpd_wake */
    bool is_dropped;        /* the answer cuts the connection without a byte */
    bool is_last;           /* the connection ends with the answer, which says so */
    bool is_tls;            /* the connection is */
    struct tls_facts tls;   /* of it; the name is in the arena */
    bool is_http2;
    bool is_http10;         /* the client speaks HTTP/1.0 (not known of a fault's bytes) */
    bool has_date;          /* res carries its own Date field: none is added */
    uint64_t conn_number;   /* of the connection: no other of this httpd has it, nor had, nor in
                             * an earlier run of the program */
    uint32_t peer_addr_net; /* the client's IPv4 address and port in network order */
    uint16_t peer_port_net;
    char peer_text[HTTPD_PEER_MAX]; /* httpd_peer's, of the address below; "": none yet */
    uint32_t peer_text_net;
};

/* A whole request is here. Call httpd_respond exactly once, inside or later. */
typedef void httpd_request_fn(struct httpd_exchange *exchange);

/* The bytes are no request: fill exchange->res with the answer to `fault` (its req has what little
 * is known). It is sent, and the connection closed. */
typedef void httpd_fault_fn(struct httpd_exchange *exchange, enum rc fault);

/* The answer has been handed to the connection; exchange is still whole. For access logs. */
typedef void httpd_done_fn(struct httpd_exchange *exchange);

/* The client of a request that the owner has, and of whose body it has asked for nothing, has
 * closed the connection, or taken the request back: nobody waits for the answer. httpd_respond may
 * be called inside, or later as ever; nothing is sent. */
typedef void httpd_left_fn(struct httpd_exchange *exchange);

/* After httpd_drain: the last connection has closed. Must not free the httpd inside. */
typedef void httpd_drained_fn(struct httpd *httpd);

/* Which versions of TLS the client of a new connection may speak. */
typedef struct tls_versions httpd_tls_fn(const struct httpd *httpd);

struct httpd_options {
    struct loop *loop;            /* Required. */
    int listen_fd;                /* Required: from httpd_listen; the httpd closes it. */
    httpd_request_fn *on_request; /* Required. */
    httpd_fault_fn *on_fault;     /* NULL: problem+json */
    httpd_done_fn *on_done;       /* NULL: none */
    httpd_left_fn *on_left;       /* NULL: such a request is answered as ever, and a client that
                                   * merely ends its own side is still there */
    int64_t half_close_ms; /* with on_left: one that ends its side so soon after its request waits
                            * for the answer, as `nc -N` does; 0: it has left */
    httpd_drained_fn *on_drained; /* NULL: none */
    struct tls_context *tls;      /* NULL: none; else all connections speak TLS; borrowed */
    httpd_tls_fn *tls_versions;   /* NULL: all that net/tls speaks */
    tls_choose_fn *tls_choose;    /* NULL: the one certificate; else asked with `context` */
    const struct session_protocol *second; /* NULL: none; else spoken by TLS to who prefers it;
                                            * needs streams_bodies */
    const unsigned *offers_second;         /* NULL: always; else looked at for each connection */
    struct metrics_connections *counts;    /* NULL: none; else counted up here; borrowed */
    void *context;                         /* the owner's */
    unsigned idle_timeout_s;               /* a kept connection without a request; 0: none */
    size_t body_max_bytes;                 /* of a request; 0: LIMIT_BODY_BYTES */
    size_t arena_max_bytes;                /* of a request; 0: LIMIT_REQUEST_ARENA_BYTES */
    bool streams_bodies; /* a body that is not here with its head may have any length, and is the
                          * owner's to ask for: is_body_coming */
    unsigned read_timeout_s;  /* a request's head, the first one's from the connection's begin;
                               * and a body as slow as write_timeout_s says; 0: none */
    unsigned write_timeout_s; /* a client that for so long takes, or sends, fewer than
                               * LIMIT_LEAST_BYTES_PER_S; 0: none */
    int64_t lifetime_ms;      /* of a connection: the first answer after it says close; 0: no end
                               */
    size_t connections_max;   /* over it the one that is idle longest makes room, and where
                               * none is, new ones wait in the kernel's queue; 0: none */
};

/* A socket that listens on `address` (IPv4) and `port` (0: the system picks one), non-blocking and
 * close-on-exec. reuse_port: several loops may listen on the one port.
 * -1: `error` names address, port and reason, such as
 * "cannot listen on '127.0.0.1:8080': Address already in use". */
int httpd_listen(const char *address, unsigned port, bool reuse_port, char *error,
                 size_t error_len) MUST_CHECK;

/* Lets no further handshake begin on such a socket; those under way may end, and be accepted. A
 * client that comes now is not answered, and finds the port closed at its next try. */
void httpd_listen_no_more(int listen_fd);

/* The port that a socket of httpd_listen is bound to. */
unsigned httpd_port(int listen_fd);

/* Starts to accept. NULL: no memory or descriptor; the listening socket is closed then too. */
struct httpd *httpd_new(const struct httpd_options *options) MUST_CHECK;

/* Closes everything at once; requests that the owner still holds must have been answered. */
void httpd_free(struct httpd *httpd);

/* Sends exchange->res; the exchange is gone after it, when the client is gone too. */
void httpd_respond(struct httpd_exchange *exchange);

/* For an answer that goes on for as long as something happens: set is_live before httpd_respond.
 * Its producer is asked when the client has taken all of what was said before; when it returns
 * RC_AGAIN and no bytes, the answer rests, without a timeout, until httpd_wake has the producer
 * asked again. on_done tells when it is over: at its end, or when the client has left or is too
 * slow; httpd_free tells nothing. Harmless for one that does not rest. The exchange may be gone
 * after the call. */
void httpd_wake(struct httpd_exchange *exchange);

/* Asks for the next part of the body of a request where is_body_coming: on_body follows once,
 * inside or later, before or behind httpd_respond. `part` holds until the next call, and until then
 * no more is read from the client.
 *
 * RC_AGAIN: there is more. RC_OK: this part, which may be empty, is the last. Any other, with no
 * part, is the end too: RC_CLOSED: the client has left; RC_TIMEOUT: it was silent for
 * read_timeout_s; http1_body_read's.
 *
 * An answer before the last part is the connection's last, and what is left of the body is thrown
 * away when it is over. */
void httpd_body_next(struct httpd_exchange *exchange);

/* Other values of idle_timeout_s (also for reading and writing) and lifetime_ms, from the next
 * request, and for connections that begin from now on. */
void httpd_set_times(struct httpd *httpd, unsigned idle_timeout_s, int64_t lifetime_ms);

/* Another certificate, or none (NULL), for connections that begin from now on; borrowed. */
void httpd_set_tls(struct httpd *httpd, struct tls_context *tls);

/* Listens on another socket of httpd_listen, which is taken over. What waits at the old one is
 * accepted first; open connections stay. false: no descriptor: nothing has changed, and `listen_fd`
 * is closed. */
bool httpd_move(struct httpd *httpd, int listen_fd) MUST_CHECK;

/* Has each connection closed after its next answer, which says so ("Connection: close"). New ones
 * are accepted still, idle ones stay. */
void httpd_announce_end(struct httpd *httpd);

/* Does that, closes idle connections, and stops listening: no handshake begins from now on, those
 * under way may end, and whoever is connected then is served, new connections with
 * a second to send their request. */
void httpd_drain(struct httpd *httpd);

/* Open connections. */
size_t httpd_connection_count(const struct httpd *httpd);

/* The owner's context of httpd_options. */
void *httpd_context(const struct httpd *httpd);

/* The client's address as text, and its port. */
const char *httpd_peer(struct httpd_exchange *exchange, unsigned *port);

#endif
