#ifndef RUNTIME_LOCAL_RIG_H
#define RUNTIME_LOCAL_RIG_H

/*
 * rig — the whole local set-up: load balancer, function, service, control port; from its start to
 * the last process that it ended.
 *
 * Layer:   local.
 */

#include "runtime/local/rig_config.h"

/* Runs until SIGINT, SIGTERM or SIGHUP, or until the terminal that is its stdout is gone; a second
 * signal does not wait for requests in flight. Says on stdout where it listens
 * ("http://127.0.0.1:PORT") once the Fargate home can answer (a sandbox starts with the first
 * request for it, as on Lambda), then what happens. The exit status: 0 after a signal; 1 when
 * something could not be started, with a line on stderr that names it. All that it started has
 * ended then. */
int rig_run(const struct rig_config *config);

#endif
