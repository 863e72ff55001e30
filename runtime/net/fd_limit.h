#ifndef RUNTIME_NET_FD_LIMIT_H
#define RUNTIME_NET_FD_LIMIT_H

#include <stddef.h>

/*
 * fd_limit — how many descriptors, and so how many connections, this process may have.
 *
 * Layer:   net. Knows core/ alone.
 * Threads: the limit is the whole process's; raise it before there are others.
 */

/* Raises the soft limit of open descriptors to the hard one, at most LIMIT_FDS; never lowers it.
 * Shells and containers give 1024, for the sake of select(2), which nothing here calls. Children
 * inherit it. What cannot be raised stays: connections over it wait, and the log says so. */
void fd_limit_raise(void);

/* How many connections the soft limit leaves room for, with LIMIT_SPARE_FDS for everything else;
 * at least 1. */
size_t fd_limit_connections(void);

#endif
