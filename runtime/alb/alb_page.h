#ifndef RUNTIME_ALB_ALB_PAGE_H
#define RUNTIME_ALB_ALB_PAGE_H

/*
 * alb_page — the page that an Application Load Balancer answers with when the answer is its own.
 *
 * Layer:   alb. Knows core/.
 */

#include "runtime/core/http.h"

/* Makes `res` the load balancer's own page for `status`: "Server: awselb/2.0", "Content-Type:
 * text/html" and a body that names status and reason. The fields so far are dropped. When the
 * arena has no room, the response is flagged is_out_of_memory. */
void alb_page_set(struct http_response *res, struct arena *arena, int status);

#endif
