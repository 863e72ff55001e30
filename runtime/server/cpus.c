#include "runtime/server/cpus.h"

#include <sched.h>
#include <stdio.h>

unsigned cpus_quota(const char *path)
{
    unsigned long long quota = 0, period = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    int n = fscanf(file, "%llu %llu", &quota, &period);
    (void)fclose(file);
    if (n != 2 || quota == 0 || period == 0)
        return 0;
    return (unsigned)((quota + period - 1) / period);
}

static unsigned cgroup1_quota(void)
{
    long long quota = -1, period = 0;
    FILE *file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "re");
    if (!file)
        return 0;
    int n = fscanf(file, "%lld", &quota);
    (void)fclose(file);
    file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "re");
    if (!file)
        return 0;
    n += fscanf(file, "%lld", &period);
    (void)fclose(file);
    return n == 2 && quota > 0 && period > 0 ? (unsigned)((quota + period - 1) / period) : 0;
}

unsigned cpus_available(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    unsigned cpus = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        cpus = (unsigned)CPU_COUNT(&set);
    unsigned quota = cpus_quota("/sys/fs/cgroup/cpu.max");
    if (quota == 0)
        quota = cgroup1_quota();
    return quota && quota < cpus ? quota : cpus;
}
