#ifndef RUNTIME_SERVER_SERVER_MAIN_H
#define RUNTIME_SERVER_SERVER_MAIN_H

/* server_main — the Fargate home's whole life, for the one-line main of a service. */

#include "runtime/core/app.h"

/* Reads the settings, opens the store, listens, serves until SIGTERM or SIGINT, drains, calls the
 * definition's on_stop, closes.
 * The exit status: 0 after a signal; 1 when the start failed, with one log line that says why. */
int duet_server_main(const struct app_definition *definition);

#endif
