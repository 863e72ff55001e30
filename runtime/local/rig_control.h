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
#include "runtime/control/ssm.h"
#include "runtime/control/sts.h"

enum { RIG_SERVICES_MAX = 16 };

struct rig_control {
    const struct control_service *services[RIG_SERVICES_MAX];
    size_t service_count;
    struct elb *elb;
    struct ssm *ssm;
    struct sts sts;
    struct control_port *port;
};

struct rig_control_options {
    struct loop *loop;
    int listen_fd;           /* taken over, also on failure */
    struct alb_model *model; /* its region and account are those of all services */
    const char *state;       /* folder that keeps what the services know; NULL: none; borrowed */
    const struct control_service *const *others; /* of the homes, and CloudWatch; borrowed each */
    size_t other_count;
    struct control_pages pages; /* copied */
    struct relay *relay;        /* borrowed */
};

/* Fills a zeroed struct, which stays where it is. false: `error` says why; nothing is left to
 * release. */
bool rig_control_init(struct rig_control *control, const struct rig_control_options *options,
                      char *error, size_t error_len) MUST_CHECK;

/* Works on a zeroed struct. */
void rig_control_release(struct rig_control *control);

#endif
