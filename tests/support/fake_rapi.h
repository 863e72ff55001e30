#ifndef TESTS_SUPPORT_FAKE_RAPI_H
#define TESTS_SUPPORT_FAKE_RAPI_H

/*
 * fake_rapi — a Runtime API that answers as a test tells it to, and remembers what it was asked.
 *
 * One thread, one connection at a time, on 127.0.0.1; a parallel one serves each connection on a
 * thread of its own. It reads requests itself and not through http1, so that client and fake do not
 * share a mistake.
 */

#include <stdbool.h>
#include <stddef.h>

#include "runtime/core/buf.h"

struct fake_request {
    char *target;                  /* "GET /2018-06-01/runtime/invocation/next" */
    char *head;                    /* all lines, with their ends */
    struct bytes body;             /* of a chunked one the chunks' bytes */
    char *trailer;                 /* its lines, with their ends; "" without one */
    size_t chunk_count;            /* but for the last, empty one */
    unsigned connection;           /* from 1 */
    unsigned number_on_connection; /* from 0 */
};

/* What comes after the answer's bytes. */
enum fake_end {
    FAKE_KEEP,  /* the next request on the same connection */
    FAKE_CLOSE, /* the connection is closed */
    FAKE_HOLD,  /* nothing: bytes and end stay out until the fake is freed */
};

/* Appends the answer to the request `index` (from 0, in the order of their arrival) to `out`. Runs
 * on the fake's thread; in a parallel fake on many at once. */
typedef enum fake_end fake_answer_fn(void *context, size_t index, const struct fake_request *req,
                                     struct buf *out);

/* Listens; connections wait until fake_rapi_start. `remembers`: fake_rapi_request works. */
struct fake_rapi *fake_rapi_new(fake_answer_fn *answer, void *context, bool remembers);
void fake_rapi_start(struct fake_rapi *fake);

/* Before the start: serves all connections at once. */
void fake_rapi_set_parallel(struct fake_rapi *fake);

/* Before the start: answers go out in pieces of `len` bytes, each a packet of its own. */
void fake_rapi_set_piece(struct fake_rapi *fake, size_t len);

/* Requests whose target ends with `suffix` are answered when their first `body_len` bytes of body
 * are there, whatever is to come; the connection is then closed. Before fake_rapi_start. */
void fake_rapi_answer_early(struct fake_rapi *fake, const char *suffix, size_t body_len);

/* Closes all and frees all that it remembered. */
void fake_rapi_free(struct fake_rapi *fake);

/* "127.0.0.1:PORT" */
const char *fake_rapi_address(const struct fake_rapi *fake);

/* Waits until `count` requests have been received and their answers made; false when none comes for
 * a minute. In a parallel fake those need not be the first ones. */
bool fake_rapi_wait(struct fake_rapi *fake, size_t count);

/* How many have been received by now. */
size_t fake_rapi_count(struct fake_rapi *fake);

/* The request `index`, received before; by a parallel fake perhaps not answered yet. */
const struct fake_request *fake_rapi_request(struct fake_rapi *fake, size_t index);

/* --- answers --- */

/* A script: step by step, and then FAKE_HOLD for all further requests. */
struct fake_step {
    const char *text;   /* bytes; with `status`, a body */
    unsigned status;    /* not 0: a head with Content-Length is made */
    const char *fields; /* lines with CR LF for that head; NULL: none */
    enum fake_end end;
};

struct fake_script {
    const struct fake_step *steps;
    size_t count;
};

/* A fake_answer_fn whose context is a struct fake_script. */
fake_answer_fn fake_rapi_play;

/* Appends a response's head and body. */
void fake_rapi_put(struct buf *out, unsigned status, const char *fields, struct bytes body);

/* The fields of an event; `id` is a literal. */
#define FAKE_ID(id) "Lambda-Runtime-Aws-Request-Id: " id "\r\n"

#endif
