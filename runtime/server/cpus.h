#ifndef RUNTIME_SERVER_CPUS_H
#define RUNTIME_SERVER_CPUS_H

/* cpus — how many CPUs this process may really use. */

/* The smaller of the CPUs that the scheduler allows and the cgroup's quota rounded up (version 2's
 * cpu.max, or version 1's cfs files); at least 1. A quarter of a vCPU is 1. */
unsigned cpus_available(void);

/* The quota part alone: reads `path` in the form of cpu.max ("max 100000", "25000 100000").
 * 0: no file, no limit, or another form. */
unsigned cpus_quota(const char *path);

#endif
