#ifndef RUNTIME_CONTROL_CONTROL_PORT_H
#define RUNTIME_CONTROL_CONTROL_PORT_H

/*
 * control_port — the rig's control port: AWS's own APIs on what runs here, and pages for people.
 *
 * Layer:   control.
 * Threads: all on the loop's thread.
 *
 * It listens on loopback alone. What has no signature and comes from a local name is for people:
 * `GET /state`, the load balancer's state as JSON, and whatever struct control_pages takes. All
 * else is a call of AWS (door.h).
 */

#include "runtime/alb/model.h"
#include "runtime/control/relay.h"

/* Who shows the rig to people. */
struct control_pages {
    /* A request without a signature whose Host and Origin are local. true: it is answered, or will
     * be. false: it is for somebody else. NULL: there are no pages. */
    bool (*take)(void *context, struct httpd_exchange *exchange);
    /* The end of any exchange, as httpd_options.on_done. NULL: nobody wants to know. */
    void (*done)(void *context, struct httpd_exchange *exchange);
    void *context;
};

struct control_port_options {
    struct loop *loop;             /* Required. */
    int listen_fd;                 /* Required: from httpd_listen; taken over also on failure. */
    const struct alb_model *model; /* Required: borrowed. */
    const struct control_service *const *services; /* borrowed, each and the list */
    size_t service_count;
    struct control_pages pages; /* copied */
    struct relay *relay;        /* NULL: none; borrowed */
};

struct control_port;

/* NULL: no memory or descriptor. */
struct control_port *control_port_new(const struct control_port_options *options) MUST_CHECK;

void control_port_free(struct control_port *port);

#endif
