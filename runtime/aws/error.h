#ifndef RUNTIME_AWS_ERROR_H
#define RUNTIME_AWS_ERROR_H

/*
 * error — what a service says when it will not: the JSON and the XML of AWS's protocols.
 *
 * Layer:   aws, private.
 * Memory:  texts are in the arena, or views of the body.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"

struct aws_error {
    struct bytes code;       /* without namespace and URL; never empty */
    struct bytes message;    /* may be empty */
    struct bytes request_id; /* as the body says it; may be empty */
};

/* Reads the body of an answer that is no 2xx.
 *
 * type  the answer's X-Amzn-Errortype, which goes before what the body says; may be empty
 *
 * JSON 1.0, 1.1 and REST: "__type" or "code", "message" or "Message". Query and REST XML: the first
 * <Code>, <Message> and <RequestId> (or <RequestID>). What is neither is code "UnknownError" with
 * the status and the beginning of the body as message: this function cannot fail, and without
 * memory it says less. */
struct aws_error aws_error_read(struct arena *arena, int status, struct bytes type,
                                struct bytes body);

#endif
