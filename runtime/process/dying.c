#include "runtime/process/dying.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * From the call to kill(2) on, a kill is in one of three places of /proc/PID/stat: field 31 holds
 * the signals that wait; field 9 the task's flags (PF_EXITING, PF_SIGNALED of linux/sched.h), when
 * it has taken the signal; and the last one the status that the whole process will end with, which
 * newer kernels set at once, between those two as well.
 */

enum { EXITING = 0x4, SIGNALED = 0x400, FLAGS_FIELD = 9, SIGNALS_FIELD = 31 };

int dying_open(pid_t pid)
{
    char path[48];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* The start of field `number`, which is at or behind `at`, the start of field `from`; NULL: there
 * are fewer. */
static const char *field(const char *at, int from, int number)
{
    for (; at && from < number; from++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at;
}

bool dying_seen(int fd)
{
    char text[1024];
    ssize_t n = fd < 0 ? 0 : pread(fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return n < 0; /* it has been reaped */
    text[n] = '\0';
    /* The name, field 2, may hold anything; its closing bracket is the last one. */
    const char *at = strrchr(text, ')'), *last = strrchr(text, ' ');
    const char *flags = at ? field(at, 2, FLAGS_FIELD) : NULL;
    const char *signals = flags ? field(flags, FLAGS_FIELD, SIGNALS_FIELD) : NULL;
    if (!signals)
        return false;
    return (strtoul(flags, NULL, 10) & (EXITING | SIGNALED)) ||
           (strtoul(signals, NULL, 10) >> (SIGKILL - 1) & 1) || strtol(last, NULL, 10) == SIGKILL;
}
