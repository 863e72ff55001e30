#ifndef RUNTIME_TASKS_CONTAINER_H
#define RUNTIME_TASKS_CONTAINER_H

/*
 * container — a task whose image is one of a registry: `docker run` in the foreground instead of a
 * program.
 *
 * Layer:   tasks.
 *
 * What is started is a shell that waits for docker: a SIGTERM to both is handed on to the container
 * by docker, and the shell has it killed when it is still there after the stop timeout. The
 * container has a name of its own, the label "duet-local", and is removed at its end; its port is
 * published on a port of 127.0.0.1. What kills the shell itself leaves the container to
 * container_remove.
 */

#include "runtime/core/arena.h"

enum { CONTAINER_NAME_MAX = 64, CONTAINER_KILL_MS = 15000 };

/* Exit statuses of the shell by which no container was started: docker's own, and no docker. */
enum { CONTAINER_NO_RUN = 125, CONTAINER_NO_DOCKER = 127 };

struct container {
    const char *name; /* of its own */
    const char *image;
    const char *const *env;  /* "NAME=value", ends with NULL; the same are docker's environment */
    const char *const *args; /* behind the image; ends with NULL */
    unsigned port;           /* that it listens on inside; PORT is set to it... */
    unsigned host_port;      /* ...and that of 127.0.0.1 which leads there */
    unsigned stop_timeout_s;
};

/* The command, in `arena`. NULL: no memory. */
const char *const *container_command(const struct container *container,
                                     struct arena *arena) MUST_CHECK;

/* Has the container of that name removed, by a process that is waited for by nobody. */
void container_remove(const char *name);

#endif
