#ifndef RUNTIME_AWS_SOURCES_H
#define RUNTIME_AWS_SOURCES_H

/*
 * sources — the places where credentials may be, one function each.
 *
 * Layer:   aws, private.
 * Memory:  what they read is in the asking's arena, which is wiped after it.
 * Threads: no shared state; one asking belongs to one thread.
 */

#include "runtime/aws/credentials.h"
#include "runtime/aws/environment.h"
#include "runtime/core/text.h"

struct aws_asking {
    aws_lookup_fn *lookup;
    int64_t deadline_ms; /* clock_ms_monotonic */
    struct arena *arena;
    struct text *why; /* what a source that fails has to say, in one line without a secret */
};

/* RC_OK: `out` is a reference of the caller's · RC_NOT_FOUND: nothing says that credentials are
 * here · RC_REFUSED: they should be here, and `why` says what is wrong · RC_TIMEOUT · RC_NOMEM */
typedef enum rc aws_source_fn(struct aws_asking *asking, const struct aws_credentials **out);

/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. */
aws_source_fn aws_source_environment;

/* Where the chain looks, for a message to people. */
#define AWS_SOURCES_TRIED "AWS_ACCESS_KEY_ID is not set"

/* The chain, in the order of "Standardized credential providers" (AWS SDKs and Tools Reference
 * Guide), ended by NULL. */
extern aws_source_fn *const aws_source_chain[];

#endif
