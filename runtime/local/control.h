#ifndef RUNTIME_LOCAL_CONTROL_H
#define RUNTIME_LOCAL_CONTROL_H

/*
 * control — the rig's control port: what is running, for people and scripts.
 *
 * Layer:   local.
 * Threads: all on the loop's thread.
 *
 * It answers on loopback alone, and only to a Host that is local, so that no web page reaches it
 * through a name of its own. `GET /` is the state as JSON; any other call gets AWS's error for an
 * unknown action.
 */

#include "runtime/alb/model.h"
#include "runtime/net/httpd.h"

struct control_options {
    struct loop *loop;             /* Required. */
    int listen_fd;                 /* Required: from httpd_listen; taken over also on failure. */
    const struct alb_model *model; /* Required: borrowed. */
};

struct control;

/* NULL: no memory or descriptor. */
struct control *control_new(const struct control_options *options) MUST_CHECK;

void control_free(struct control *control);

#endif
