#ifndef TESTS_SUPPORT_TARGET_RIG_H
#define TESTS_SUPPORT_TARGET_RIG_H

/*
 * target_rig — a `duet local` whose one ip target is the test itself: it takes the load balancer's
 * connections and says, byte by byte, what a server says. Health checks are answered on the way.
 */

#include "tests/support/client.h"
#include "tests/support/program.h"
#include "tests/support/tempdir.h"

struct target_rig {
    struct program duet;
    struct tempdir folder;
    unsigned port, control_port;
    int listen_fd; /* the target's */
};

/* Starts it with all requests for the target. Aborts the test when it does not listen. */
void target_rig_start(struct target_rig *rig);

/* SIGTERM; its end must be clean, or the test fails. */
void target_rig_stop(struct target_rig *rig);

/* Calls Elastic Load Balancing on the control port with "Action=...&NAME=VALUE" and the like, whose
 * $R stands for the load balancer's ARN. Aborts the test when it is refused. */
void target_rig_call(struct target_rig *rig, const char *form);

/* The next connection with a request, on which every read ends after a minute; aborts the test when
 * none comes. Close it by client_close; client_send says bytes on it. */
void target_rig_accept(struct target_rig *rig, struct client *target);

/* Reads from a target's connection, or a client's, until `text` has come; all that has is in
 * client->in. Aborts the test when it does not come. */
void target_rig_expect(struct client *client, const char *text);

/* Waits until a line of the access log has `text`. false: none has for a minute. */
bool target_rig_logs(struct target_rig *rig, const char *text) MUST_CHECK;

#endif
