#ifndef RUNTIME_PROCESS_CGROUP_H
#define RUNTIME_PROCESS_CGROUP_H

/*
 * cgroup — memory limits of children by cgroup v2, where this process has such a tree for itself.
 *
 * Layer:   process.
 * Threads: one thread uses a struct cgroups.
 * Source:  "Control Group v2", the kernel's admin guide: memory.max, memory.peak, memory.oom.group,
 *          cgroup.kill, and that a group with processes of its own gives no controllers on.
 *
 * The tree is this process's own group, when it is writable, has the memory controller and no other
 * process in it, as `systemd-run --user --scope -p Delegate=yes` makes one. The process moves to a
 * group in it, and each child gets a group beside that. Over its limit the kernel kills all of a
 * group's processes together.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CGROUP_PATH_MAX = PATH_MAX };

struct cgroups {
    char folder[CGROUP_PATH_MAX];   /* the tree */
    char own[CGROUP_PATH_MAX + 64]; /* where this process has moved to */
    uint64_t count;                 /* of groups so far */
};

/* Takes the tree `folder`; NULL: the one that /proc/self/cgroup names below /sys/fs/cgroup. false:
 * `why` says what it lacks, and everything is as before. */
bool cgroups_init(struct cgroups *cgroups, const char *folder, char *why, size_t why_len);

/* Moves back, and removes the groups that are empty. Works on a zeroed struct. */
void cgroups_release(struct cgroups *cgroups);

/* Makes a group whose processes have at most `limit_bytes` of memory, no swap included; `path` is
 * where it is. A child joins it by process_options.cgroup. false: errno says why there is none. */
bool cgroup_make(struct cgroups *cgroups, uint64_t limit_bytes, char path[CGROUP_PATH_MAX]);

/* The most memory that the group has had; where the kernel does not tell, what it has now. */
uint64_t cgroup_peak_bytes(const char *path);

/* true: the kernel has killed its processes because they were over the limit. */
bool cgroup_was_over(const char *path);

/* Kills what is left in it, and removes it; one that is not empty yet goes with cgroups_release. */
void cgroup_remove(const char *path);

#endif
