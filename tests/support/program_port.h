#ifndef TESTS_SUPPORT_PROGRAM_PORT_H
#define TESTS_SUPPORT_PROGRAM_PORT_H

/* program_port — where a program listens that does not say so. */

#include <sys/types.h>

/* Waits until the process `id`, which may be no descendant, listens on a TCP port of IPv4, and
 * gives that port; 0 when it does not within a minute, or has ended.
 *
 * Looked up in /proc (proc_pid_net(5)), not by connecting: a connection to a free port of the
 * system's own range may be answered by itself, and is one for the server to serve. */
unsigned program_port(pid_t id);

#endif
