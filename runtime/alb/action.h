#ifndef RUNTIME_ALB_ACTION_H
#define RUNTIME_ALB_ACTION_H

/*
 * action — the answers that a rule gives by itself: redirects and fixed responses.
 *
 * Layer:   alb. Knows core/ and the model. No I/O.
 * Source:  "Redirect actions" and "Fixed-response actions", ALB user guide.
 */

#include "runtime/alb/rule.h"

/* Fills `res` with the redirect of `action`: 301 or 302, a Location, the load balancer's page.
 * #{host} is without a port, #{path} without its first slash, #{query} without its '?'. A URL over
 * LIMIT_REQUEST_LINE_BYTES is 507. Returns the URL, in `arena`; NULL: there is none. */
const char *alb_redirect_answer(const struct alb_action *action, const struct alb_seen *seen,
                                const struct alb_listener *listener, struct arena *arena,
                                struct http_response *res);

/* Fills `res` with a fixed response. */
void alb_fixed_answer(const struct alb_action *action, struct arena *arena,
                      struct http_response *res);

#endif
