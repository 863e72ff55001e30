#ifndef RUNTIME_PROCESS_CENSUS_H
#define RUNTIME_PROCESS_CENSUS_H

/*
 * census — the machine's processes at one moment, and the memory of a child with all that came of
 * it.
 *
 * Layer:   process. Reads /proc.
 * Memory:  one block, kept from one census to the next.
 * Source:  proc(5): stat's rss, smaps_rollup's Pss.
 *
 * A process belongs to a child when it is in the child's group, or when one of its parents is.
 * What has left both (setsid and a parent that has ended) is not seen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct census_entry {
    pid_t pid, parent, group;
    uint64_t resident_bytes;
    bool belongs; /* to the child that is being asked for */
};

struct census {
    struct census_entry *entries;
    size_t count, cap;
};

/* Looks at /proc anew. A zeroed struct is fine to begin with. RC_IO: no /proc; RC_NOMEM. */
enum rc census_take(struct census *census) MUST_CHECK;

/* Bytes in memory of `child` and what belongs to it. What they share is counted for each: a sum
 * that is too large after a fork, never one that is too small. */
uint64_t census_resident_bytes(struct census *census, pid_t child);

/* The same with what is shared counted once in all, as of now; takes longer, since the kernel walks
 * the pages. A process that cannot be read counts with its resident bytes. */
uint64_t census_proportional_bytes(struct census *census, pid_t child);

void census_release(struct census *census);

#endif
