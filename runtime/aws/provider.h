#ifndef RUNTIME_AWS_PROVIDER_H
#define RUNTIME_AWS_PROVIDER_H

/*
 * provider — the credentials to sign with now, fetched when they are first needed and again before
 * they expire.
 *
 * Layer:   aws, private.
 * Threads: any. One thread fetches; the others go on with what there is as long as it is good, and
 *          wait where it is not.
 */

#include "runtime/aws/credentials.h"
#include "runtime/aws/sources.h"

struct aws_provider;

/* sources  ended by NULL, asked in this order; the first that has something decides. Borrowed.
 * lookup   borrowed, for the sources
 * Looks for nothing yet. NULL: no memory. */
struct aws_provider *aws_provider_new(aws_source_fn *const *sources,
                                      aws_lookup_fn *lookup) MUST_CHECK;

/* Gives these credentials alone, until they are rejected. NULL: no memory. */
struct aws_provider *aws_provider_fixed(const struct aws_credentials *credentials) MUST_CHECK;

/* NULL is harmless; no other thread may be inside a call. */
void aws_provider_free(struct aws_provider *provider);

/* RC_OK: `out` is a reference of the caller's · RC_REFUSED: there are none; `why`, in `arena`, says
 * where they were looked for, or what was wrong where they should be · RC_UNREACHABLE: who gives
 * them does not answer; `why` · RC_TIMEOUT · RC_NOMEM */
enum rc aws_provider_get(struct aws_provider *provider, int64_t deadline_ms, struct arena *arena,
                         const struct aws_credentials **out, struct bytes *why) MUST_CHECK;

/* The service says that these have expired: the next aws_provider_get fetches others, and takes no
 * source's word for the same again. */
void aws_provider_reject(struct aws_provider *provider, const struct aws_credentials *credentials);

#endif
