#ifndef RUNTIME_SERVER_SERVER_MAIN_H
#define RUNTIME_SERVER_SERVER_MAIN_H

/* server_main — the Fargate home's whole life, for the one-line main of a service. */

#include "runtime/core/app.h"

/* Without arguments: reads the settings, opens the store, listens, serves until SIGTERM or SIGINT,
 * drains, calls the definition's on_stop, closes (README.md of this folder tells how). With one it
 * does what that says and ends: "healthcheck", "--print-config", "--version", "--help".
 *
 * argc, argv  main's own
 *
 * The exit status: 0 after a signal, or when the argument's work is done; 1 when the start failed,
 * with one log line that says why, or when "healthcheck" finds no healthy server; 2 for an argument
 * that is unknown. */
int duet_server_main(const struct app_definition *definition, int argc, char **argv);

#endif
