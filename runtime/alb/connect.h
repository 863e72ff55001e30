#ifndef RUNTIME_ALB_CONNECT_H
#define RUNTIME_ALB_CONNECT_H

/*
 * connect — a connection to an ip target by the protocol of its group, or of its health check.
 *
 * Layer:   alb. Knows the model and upstream.
 */

#include "runtime/alb/model.h"
#include "runtime/alb/upstream.h"

/* As upstream_open; ALB_HTTPS: by TLS, with the model's own context, which is made when it is first
 * needed. NULL: no memory or descriptor. */
struct upstream *alb_connect(struct alb_model *model, struct loop *loop,
                             const struct sockaddr_in *to, enum alb_protocol protocol) MUST_CHECK;

#endif
