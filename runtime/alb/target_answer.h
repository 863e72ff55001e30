#ifndef RUNTIME_ALB_TARGET_ANSWER_H
#define RUNTIME_ALB_TARGET_ANSWER_H

/*
 * target_answer — what of an ip target's answer goes on to the client.
 *
 * Layer:   alb. Knows http1 and net/httpd. No I/O.
 */

#include "runtime/http1/http1.h"
#include "runtime/net/httpd.h"

/* Makes `from` the exchange's answer, without the fields of the target's connection; the decoder
 * has looked at it already, and its bytes stay until the answer is out.
 * false: the head is larger than an ALB takes, or no memory; answer 502. */
bool target_answer_take(struct httpd_exchange *exchange,
                        const struct http1_response *from) MUST_CHECK;

#endif
