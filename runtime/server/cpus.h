#ifndef RUNTIME_SERVER_CPUS_H
#define RUNTIME_SERVER_CPUS_H

/* cpus — how many CPUs this process may really use. */

/* The smaller of the CPUs that the scheduler allows and cpus_quota of this process; at least 1. */
unsigned cpus_available(void);

/* The smallest CPU quota of a process's cgroups and of all that these are in, in CPUs rounded up: a
 * quarter of a vCPU is 1. Version 2's cpu.max and version 1's cfs files.
 *
 * membership  its /proc/PID/cgroup
 * root        where cgroups are mounted: /sys/fs/cgroup. In a container that is often the
 *             process's own group, whatever `membership` says, so its quota counts too
 *
 * 0: there is no limit, or no file that says one. */
unsigned cpus_quota(const char *membership, const char *root);

#endif
