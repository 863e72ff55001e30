#ifndef RUNTIME_LOCAL_RIG_FETCH_H
#define RUNTIME_LOCAL_RIG_FETCH_H

/*
 * rig_fetch — objects of the S3 that calls are forwarded to, for UpdateFunctionCode by bucket and
 * key.
 *
 * Layer:   local. Knows aws and functions' lambda_api.h.
 * Threads: called on the loop's thread; each object is fetched by a thread of its own, which ends
 * by itself, also when the rig has ended meanwhile.
 *
 * Requests are signed with this shell's credentials; where it has none, with those that stand-ins
 * of S3 take ("test"). An object comes in parts, as large as LIMIT_PACKAGE_BYTES in all.
 */

#include "runtime/functions/lambda_api.h"
#include "runtime/net/loop.h"

struct rig_fetch;

/* Fetches from `url`, which is copied. NULL: no memory. */
struct rig_fetch *rig_fetch_new(struct loop *loop, const char *url) MUST_CHECK;

/* What is on its way is told nobody. NULL is harmless. */
void rig_fetch_free(struct rig_fetch *fetch);

/* lambda_api_options.fetch; `context` is the struct rig_fetch. */
bool rig_fetch_object(void *context, struct bytes bucket, struct bytes key,
                      lambda_fetched_fn *on_fetched, void *fetched_context, char *error,
                      size_t error_len);

#endif
