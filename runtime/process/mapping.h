#ifndef RUNTIME_PROCESS_MAPPING_H
#define RUNTIME_PROCESS_MAPPING_H

/*
 * mapping — a folder that one child alone sees as /opt, by a mount namespace of its own.
 *
 * Layer:   process.
 * Source:  mount_namespaces(7), user_namespaces(7).
 *
 * Root has the namespace for the asking; others get it with a user namespace in which they are who
 * they are, where the machine lets them. In a container often neither can be had.
 */

#include <stdbool.h>

#define MAPPING_AT "/opt"

/* Maps `folder` in this process, read-only where the kernel lets it; for a child between fork and
 * exec: async-signal-safe. false: errno says why, and the process may be in a new namespace. */
bool mapping_make(const char *folder) __attribute__((warn_unused_result));

/* true: mapping_make will do in a child of this process; tried in one. */
bool mapping_is_possible(void) __attribute__((warn_unused_result));

#endif
