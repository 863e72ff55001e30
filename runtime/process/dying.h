#ifndef RUNTIME_PROCESS_DYING_H
#define RUNTIME_PROCESS_DYING_H

/*
 * dying — whether a process has been sent SIGKILL and not ended yet; for process.c alone.
 *
 * Layer:   process. Reads /proc/PID/stat (proc(5)), which is kept open: to open it would take
 * longer than to read it, and the look comes before every event.
 */

#include <stdbool.h>
#include <sys/types.h>

/* A descriptor for dying_seen, to be closed by the caller; -1: there is none, which dying_seen
 * takes as "not dying". */
int dying_open(pid_t pid);

/* true: it will run no more, or has ended. A kill that was sent before the call is always seen. */
bool dying_seen(int fd);

#endif
