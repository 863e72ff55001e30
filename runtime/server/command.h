#ifndef RUNTIME_SERVER_COMMAND_H
#define RUNTIME_SERVER_COMMAND_H

/* command — what a server does when it is started with an argument, instead of serving. */

#include "runtime/core/app.h"

/* healthcheck, --version, --print-config, --help. What was asked for goes to stdout, what went
 * wrong to stderr, in one line.
 * The exit status: 0; 1 when the server is not healthy or a setting is wrong; 2 for arguments that
 * are none of these, or are too many. */
int command_run(const struct app_definition *definition, int argc, char **argv);

#endif
