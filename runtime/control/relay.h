#ifndef RUNTIME_CONTROL_RELAY_H
#define RUNTIME_CONTROL_RELAY_H

/*
 * relay — services that are not here: their calls go on, as they came, to whoever stands in for
 * them, such as moto for S3. So one AWS_ENDPOINT_URL serves a whole release script.
 *
 * Layer:   control. Knows alb's upstream and net/httpd.
 * Memory:  a call is held whole, within LIMIT_CONTROL_BODY_BYTES; its answer goes on as it comes.
 * Threads: all on the loop's thread; relay_new waits for the names of its hosts.
 *
 * Method, path, query, fields (Host too) and body stay as they are, so that a signature stays good;
 * only what belongs to the connection is made anew.
 */

#include "runtime/control/control_service.h"
#include "runtime/net/httpd.h"

enum { RELAY_MAX = 16 };

struct relay;

/* true: `text` is "SERVICE=http://HOST:PORT", the service as signatures name it ("s3", "ecr"). Else
 * `error` says what is wrong. */
bool relay_check(const char *text, char *error, size_t error_len) MUST_CHECK;

/* `texts`, at most RELAY_MAX, are such, each service once; copied. NULL: `error` says why: a host
 * that has no address, a service twice, no memory. */
struct relay *relay_new(struct loop *loop, const char *const *texts, size_t count, char *error,
                        size_t error_len) MUST_CHECK;

/* Answers calls that are on their way with an error; before the control port goes. NULL is
 * harmless. */
void relay_free(struct relay *relay);

/* The URL of a service; NULL: it is not forwarded. */
const char *relay_url(const struct relay *relay, struct bytes service);

/* Sends on the exchange of `call`, which is answered later. false: the service is not forwarded. */
bool relay_send(struct relay *relay, struct bytes service, struct control_call *call,
                struct httpd_exchange *exchange);

/* For the port's httpd_options.on_done: the exchange is over. Harmless for one of another kind. */
void relay_done(struct relay *relay, const struct httpd_exchange *exchange);

#endif
