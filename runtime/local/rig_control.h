#ifndef RUNTIME_LOCAL_RIG_CONTROL_H
#define RUNTIME_LOCAL_RIG_CONTROL_H

/*
 * rig_control — the rig's control port with the services of AWS that are behind it.
 *
 * Layer:   local.
 * Memory:  owns the services; the model is borrowed, and outlives it.
 */

#include "runtime/control/control_port.h"
#include "runtime/control/elb.h"

enum { RIG_SERVICES_MAX = 8 };

struct rig_control {
    const struct control_service *services[RIG_SERVICES_MAX];
    size_t service_count;
    struct elb *elb;
    struct control_port *port;
};

/* Fills a zeroed struct, which stays where it is. `cloudwatch` is borrowed. `listen_fd` is taken
 * over, also on failure. false: no memory or descriptor; nothing is left to release. */
bool rig_control_init(struct rig_control *control, struct loop *loop, int listen_fd,
                      struct alb_model *model, const struct control_service *cloudwatch) MUST_CHECK;

/* Works on a zeroed struct. */
void rig_control_release(struct rig_control *control);

#endif
