#ifndef TESTS_SUPPORT_PARITY_TABLE_H
#define TESTS_SUPPORT_PARITY_TABLE_H

/*
 * parity_table — the one list of requests that both homes must answer alike, and what alike means:
 * status, header fields and body, after Date, Server, Connection and Transfer-Encoding are taken
 * out, names without case, fields of one name in their order.
 *
 * Send the rows in their order, each after the answer to the one before, to a home whose store is
 * empty at the first: later rows read what earlier ones put.
 */

#include "runtime/core/buf.h"
#include "runtime/core/http.h"

/* How two answers to a row are compared. */
enum parity_kind {
    PARITY_EXACT,   /* to the byte */
    PARITY_CREATED, /* to the byte, but for the values of "created" and ETag's second half, which
                     * differ by nature */
    PARITY_LOOSE,   /* status and Content-Type alone: /stats and /gtg?details */
};

enum { PARITY_FIELDS = 4 };

struct parity_row {
    const char *name;
    const char *method;
    const char *target; /* path and query */
    int status;         /* that both homes answer with */
    enum parity_kind kind;
    struct http_field fields[PARITY_FIELDS]; /* besides Host; ends early with an empty name */
    struct bytes body;

    /* What is too long to be written down. */
    size_t body_len;    /* not 0: the body is filled up to this length by blanks in front */
    size_t query_len;   /* not 0: "?pad=" and x behind it, this long in all, is the query */
    size_t field_len;   /* not 0: a field X-Pad whose value is this long */
    size_t field_count; /* this many fields X-Many-0 ... */

    /* Lambda's single-value events lose what decides here: the second of two equal keys. */
    bool needs_multi_value;
    bool needs_raw_query; /* a query that cannot be decoded and encoded again: no REST API has it */
    /* A load balancer in desync mode strictest answers 400 by itself. */
    bool is_ambiguous;
};

extern const struct parity_row parity_rows[];
extern const size_t parity_row_count;

/* Appends the row's request as HTTP/1.1 bytes, Host included; aborts without memory. */
void parity_request(const struct parity_row *row, struct buf *out);

struct parity_answer {
    int status;
    const struct http_field *fields;
    size_t field_count;
    struct bytes body; /* as a client sees it: none for HEAD */
};

/* true when both answer alike to the row. Else `why` says what differs, with both values. */
bool parity_equal(const struct parity_row *row, const struct parity_answer *a,
                  const struct parity_answer *b, char *why, size_t why_len);

#endif
