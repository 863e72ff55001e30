#ifndef RUNTIME_LAMBDA_APIGW_PATH_H
#define RUNTIME_LAMBDA_APIGW_PATH_H

/*
 * apigw_path — a path as API Gateway's events have it, back to the one of a request.
 *
 * Layer:   codec of the Lambda home. No I/O.
 *
 * REST APIs and function URLs leave a path as it came; HTTP APIs decode it, and put the stage in
 * front of it. That is what captures of live events show; the developer guide does not say it. A
 * slash that was encoded is lost in an HTTP API, and so is what stood behind a question mark.
 */

#include "runtime/core/arena.h"

/* `path` without its first segment, where that is `stage` and the stage is not "$default". */
struct bytes apigw_path_without_stage(struct bytes path, struct bytes stage);

/* Encodes what a decoded path has that an encoded one has not: '%', '?', '#', blanks, control
 * bytes, and bytes that are not ASCII. RC_OK: `out` is `path`, or in the arena · RC_NOMEM */
enum rc apigw_path_encode(struct arena *arena, struct bytes path, struct bytes *out) MUST_CHECK;

/* Encodes what cannot stand in a query: '#', blanks, control bytes, bytes that are not ASCII. */
enum rc apigw_query_encode(struct arena *arena, struct bytes query, struct bytes *out) MUST_CHECK;

#endif
