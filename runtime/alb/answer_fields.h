#ifndef RUNTIME_ALB_ANSWER_FIELDS_H
#define RUNTIME_ALB_ANSWER_FIELDS_H

/*
 * answer_fields — what a listener's attributes make of an answer's header fields.
 *
 * Layer:   alb. No I/O.
 * Source:  "HTTP header modification for your Application Load Balancer", ALB user guide: since
 *          2025-02 for answers of all statuses.
 */

#include "runtime/alb/rule.h"

/* Sets each field of routing.http.response.*.header_value that has a value, in the place of those
 * that the answer has by that name; and takes Server out of an answer that the load balancer made
 * itself (`is_own`) where routing.http.response.server.enabled is false. Memory is the arena's; a
 * refusal stays in the response. */
void answer_fields_set(const struct alb_listener_attributes *attributes, bool is_own,
                       struct http_response *res, struct arena *arena);

#endif
