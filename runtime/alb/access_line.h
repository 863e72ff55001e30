#ifndef RUNTIME_ALB_ACCESS_LINE_H
#define RUNTIME_ALB_ACCESS_LINE_H

/*
 * access_line — one request as a line of an Application Load Balancer's access log.
 *
 * Layer:   alb. Pure: a struct in, text out.
 * Threads: plain values.
 * Source:  "Access log entries", ALB user guide, with its 33 fields and their order. AWS may add
 *          fields at the end: a reader stops after the last one that it knows.
 *
 * What is not known is "-", in quotes where the field has them. So that a line is one request
 * whatever a client sends, a quotation mark, a backslash, control bytes and bytes beyond ASCII are
 * written as \xNN within the quotes.
 */

#include "runtime/alb/desync.h"
#include "runtime/core/buf.h"

enum {
    ACCESS_LINE_TARGETS = 4,       /* that one request may have been sent to, one after the other */
    ACCESS_LINE_USER_AGENT = 8192, /* bytes of it, as AWS cuts it */
    ACCESS_LINE_NO_RULE = -1,      /* matched_rule_priority: the rules could not be evaluated */
};

/* An address and port as text, such as "10.0.0.1:80", and what it answered. */
struct access_target {
    struct bytes address; /* empty: a function */
    int status;           /* 0: it did not answer */
};

/* Texts are views; an empty one is not known. */
struct access_line {
    const char *type;                                  /* Required: "http", "https", "h2" */
    int64_t end_epoch_us;                              /* the answer was out: field 2 */
    struct bytes balancer;                             /* the tail of its ARN: "app/NAME/ID" */
    struct bytes client;                               /* "192.0.2.7:50000" */
    struct access_target targets[ACCESS_LINE_TARGETS]; /* the last one is fields 5 and 10 */
    size_t target_count;
    /* Microseconds; -1: it was not sent to a target, or the target closed or did not answer. */
    int64_t request_us;  /* from the request's receipt to its dispatch */
    int64_t target_us;   /* until the target began to answer */
    int64_t response_us; /* until the answer was out */
    int status;          /* what the client got; 0: nothing, which AWS writes as 000 */
    uint64_t received_bytes, sent_bytes;
    struct bytes method, uri, version; /* uri: path and query, as they came */
    struct bytes host;                 /* of the Host field, without a port */
    unsigned port;                     /* of the listener */
    struct bytes user_agent;
    struct bytes tls_cipher, tls_protocol;
    struct bytes group_arn;
    struct bytes trace_id; /* X-Amzn-Trace-Id as the target got it */
    struct bytes server_name, certificate_arn;
    int rule_priority;      /* 0: the default rule */
    int64_t begin_epoch_us; /* the request was received: field 22 */
    struct bytes actions;   /* as AWS names them, with commas: "forward", "waf,forward" */
    struct bytes redirect_url;
    const char *error_reason; /* such as "LambdaInvalidResponse"; NULL: none */
    enum desync_reason desync;
    struct bytes connection_id; /* "TID_..." */
    struct bytes transformed_host, transformed_uri, transform_status;
};

/* Appends the line and its line end; a refusal stays in out->failed. */
void access_line_write(struct buf *out, const struct access_line *line);

#endif
