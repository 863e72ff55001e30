#ifndef RUNTIME_CONTROL_CONTROL_PORT_H
#define RUNTIME_CONTROL_CONTROL_PORT_H

/*
 * control_port — the rig's control port: AWS's own APIs on what runs here, and `GET /` for people.
 *
 * Layer:   control.
 * Threads: all on the loop's thread.
 *
 * It listens on loopback alone. `GET /` is the load balancer's state as JSON and needs no
 * signature; everything else is a call of AWS (door.h), which does.
 */

#include "runtime/alb/model.h"
#include "runtime/control/control_service.h"
#include "runtime/net/httpd.h"

struct control_port_options {
    struct loop *loop;             /* Required. */
    int listen_fd;                 /* Required: from httpd_listen; taken over also on failure. */
    const struct alb_model *model; /* Required: borrowed. */
    const struct control_service *const *services; /* borrowed, each and the list */
    size_t service_count;
};

struct control_port;

/* NULL: no memory or descriptor. */
struct control_port *control_port_new(const struct control_port_options *options) MUST_CHECK;

void control_port_free(struct control_port *port);

#endif
