#ifndef RUNTIME_FUNCTIONS_RUNTIME_STREAM_H
#define RUNTIME_FUNCTIONS_RUNTIME_STREAM_H

/*
 * runtime_stream — an answer that a runtime streams, on its way to a caller that takes parts.
 *
 * Layer:   functions; for runtime_api.c alone.
 * Source:  "Response streaming" of "Building a custom runtime", Lambda developer guide: the mode is
 *          said in a header, an error behind the body in its trailer, base64 in
 *          Lambda-Runtime-Function-Error-Body.
 */

#include "runtime/functions/sandbox.h"

/* The id in the path of an invocation's response or error; false: it is another path. */
bool runtime_split_path(struct bytes path, struct bytes *id, bool *is_error);

/* true: a streamed answer to the invocation in hand, for a caller that takes parts. All else is
 * looked at when it is whole. */
bool runtime_stream_begins(const struct sandbox *sandbox, const struct httpd_exchange *exchange);

/* runtime_body's on_part and on_whole for such an answer. */
void runtime_stream_part(struct httpd_exchange *exchange, struct bytes part);
void runtime_stream_end(struct httpd_exchange *exchange);

/* What the trailer of a streamed answer says of an error, for the log too; both empty: it ended
 * well. The body is in the arena. */
void runtime_read_trailer(struct sandbox *sandbox, struct httpd_exchange *exchange,
                          struct bytes *type, struct bytes *body);

/* A whole answer to a caller that takes parts; an error in the trailer leaves it an answer, as on
 * Lambda. */
void runtime_give_parts(struct sandbox *sandbox, struct httpd_exchange *exchange, struct bytes type,
                        struct bytes error);

#endif
