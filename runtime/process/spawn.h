#ifndef RUNTIME_PROCESS_SPAWN_H
#define RUNTIME_PROCESS_SPAWN_H

/*
 * spawn — the birth of a child process; for process.c alone.
 *
 * Layer:   process.
 */

#include "runtime/process/process.h"

struct spawned {
    pid_t pid;
    int pid_fd;         /* readable when the child has ended */
    int out_fd, err_fd; /* non-blocking: its stdout and stderr */
};

/* Starts options->argv, and returns when the program itself runs.
 *
 * child  out: its descriptors are the caller's to close, its end the caller's to wait for
 *
 * false: nothing is left behind; `error` names the program and the reason */
bool spawn(const struct process_options *options, struct spawned *child, char *error,
           size_t error_len) MUST_CHECK;

#endif
