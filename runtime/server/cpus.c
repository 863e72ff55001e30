#include "runtime/server/cpus.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The numbers of a file, at most two; how many there are. */
static int read_numbers(const char *folder, const char *name, long long numbers[2])
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = len < (int)sizeof path ? fopen(path, "re") : NULL;
    if (!file)
        return 0;
    int n = fscanf(file, "%lld %lld", &numbers[0], &numbers[1]);
    (void)fclose(file);
    return n;
}

/* Of one group: cpu.max is "QUOTA PERIOD" or "max PERIOD"; version 1 has a file for each, and -1
 * for no limit. */
static unsigned group_quota(const char *folder)
{
    long long quota[2] = {0, 0}, period[2] = {0, 0};
    if (read_numbers(folder, "cpu.max", quota) == 2)
        period[0] = quota[1];
    else if (read_numbers(folder, "cpu.cfs_quota_us", quota) < 1 ||
             read_numbers(folder, "cpu.cfs_period_us", period) < 1)
        return 0;
    if (quota[0] <= 0 || period[0] <= 0)
        return 0;
    return (unsigned)((quota[0] + period[0] - 1) / period[0]);
}

static unsigned smaller(unsigned a, unsigned b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

/* Of a group and all that it is in, up to the first `root_len` bytes of its folder. */
static unsigned chain_quota(char *folder, size_t root_len)
{
    unsigned quota = group_quota(folder);
    for (size_t len = strlen(folder); len > root_len; len--) {
        if (folder[len - 1] != '/')
            continue;
        folder[len - 1] = '\0';
        quota = smaller(quota, group_quota(folder));
    }
    return quota;
}

/* true: `list`, such as "cpu,cpuacct", names the CPU controller; version 2's is empty. */
static bool has_cpu(const char *list)
{
    char copy[256], *rest = copy;
    (void)snprintf(copy, sizeof copy, "%s", list);
    if (!copy[0])
        return true;
    for (const char *name; (name = strsep(&rest, ",")) != NULL;)
        if (strcmp(name, "cpu") == 0)
            return true;
    return false;
}

/* `line` is "ID:CONTROLLERS:PATH"; version 1 mounts each list of controllers in a folder. */
static unsigned line_quota(char *line, const char *root)
{
    char folder[PATH_MAX];
    (void)strsep(&line, ":");
    const char *list = line ? strsep(&line, ":") : NULL;
    if (!list || !line || !has_cpu(list) || strncmp(line, "/..", 3) == 0)
        return 0; /* "/.." begins the path of a group outside of this namespace */
    line[strcspn(line, "\n")] = '\0';
    int root_len = snprintf(folder, sizeof folder, "%s%s%s", root, list[0] ? "/" : "", list);
    int len = snprintf(folder + root_len, sizeof folder - (size_t)root_len, "%s",
                       strcmp(line, "/") == 0 ? "" : line);
    if ((size_t)root_len + (size_t)len >= sizeof folder)
        return 0;
    return chain_quota(folder, (size_t)root_len);
}

unsigned cpus_quota(const char *membership, const char *root)
{
    char line[PATH_MAX / 2], own[PATH_MAX];
    (void)snprintf(own, sizeof own, "%s/cpu", root); /* a link to version 1's "cpu,cpuacct" */
    unsigned quota = smaller(group_quota(root), group_quota(own));
    FILE *file = fopen(membership, "re");
    while (file && fgets(line, sizeof line, file))
        quota = smaller(quota, line_quota(line, root));
    if (file)
        (void)fclose(file);
    return quota;
}

unsigned cpus_available(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    unsigned cpus = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        cpus = (unsigned)CPU_COUNT(&set);
    return smaller(cpus, cpus_quota("/proc/self/cgroup", "/sys/fs/cgroup"));
}
