#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/server/cpus.h"
#include "tests/support/tempdir.h"

/* cgroups are made up: a folder stands for /sys/fs/cgroup, a file for /proc/self/cgroup. */

struct file {
    const char *path, *text;
};

struct row {
    const char *name;
    const char *membership;
    struct file files[5];
    unsigned cpus;
};

#define V1 "5:memory:/a\n4:cpu,cpuacct:/ecs/task/one\n1:name=systemd:/\n"

static const struct row rows[] = {
    {"no cgroups at all", "", {{NULL, NULL}}, 0},
    {"2: no limit", "0::/\n", {{"cpu.max", "max 100000\n"}}, 0},
    {"2: a quarter is one", "0::/\n", {{"cpu.max", "25000 100000\n"}}, 1},
    {"2: one is one", "0::/\n", {{"cpu.max", "100000 100000\n"}}, 1},
    {"2: a little more is two", "0::/\n", {{"cpu.max", "100001 100000\n"}}, 2},
    {"2: four", "0::/\n", {{"cpu.max", "400000 100000\n"}}, 4},
    {"2: words", "0::/\n", {{"cpu.max", "as many as there are\n"}}, 0},
    {"2: an empty file", "0::/\n", {{"cpu.max", ""}}, 0},
    {"2: no period", "0::/\n", {{"cpu.max", "100000 0\n"}}, 0},
    {"2: its own group, not in a container of its own",
     "0::/task/one\n",
     {{"task/one/cpu.max", "200000 100000\n"}, {"task/cpu.max", "max 100000\n"}},
     2},
    {"2: the group around it has less",
     "0::/task/one\n",
     {{"task/one/cpu.max", "400000 100000\n"}, {"task/cpu.max", "150000 50000\n"}},
     3},
    {"2: another's group is none of its business",
     "0::/task/one\n",
     {{"task/two/cpu.max", "100000 100000\n"}},
     0},
    {"2: a path of another namespace",
     "0::/../../elsewhere\n",
     {{"cpu.max", "200000 100000\n"}},
     2},
    {"1: no limit",
     V1,
     {{"cpu/cpu.cfs_quota_us", "-1\n"}, {"cpu/cpu.cfs_period_us", "100000\n"}},
     0},
    {"1: in a container",
     V1,
     {{"cpu/cpu.cfs_quota_us", "25000\n"}, {"cpu/cpu.cfs_period_us", "100000\n"}},
     1},
    {"1: the task's group has the limit",
     V1,
     {{"cpu,cpuacct/ecs/task/one/cpu.cfs_quota_us", "-1\n"},
      {"cpu,cpuacct/ecs/task/one/cpu.cfs_period_us", "100000\n"},
      {"cpu,cpuacct/ecs/task/cpu.cfs_quota_us", "150000\n"},
      {"cpu,cpuacct/ecs/task/cpu.cfs_period_us", "100000\n"}},
     2},
    {"1: a quota without its period", V1, {{"cpu/cpu.cfs_quota_us", "25000\n"}}, 0},
};

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *p = path + strlen(folder) + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
        *p = '\0';
        (void)mkdir(path, 0700);
    }
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file, "%s", path);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void look_at(const struct row *row)
{
    struct tempdir folder;
    char membership[512], root[512];
    tempdir_init(&folder);
    (void)snprintf(membership, sizeof membership, "%s/self", folder.path);
    (void)snprintf(root, sizeof root, "%s/cgroup", folder.path);
    (void)mkdir(root, 0700);
    write_file(folder.path, "self", row->membership);
    for (size_t i = 0; i < sizeof row->files / sizeof *row->files && row->files[i].path; i++)
        write_file(root, row->files[i].path, row->files[i].text);
    unsigned cpus = cpus_quota(membership, root);
    cr_expect_eq(cpus, row->cpus, "%s: %u", row->name, cpus);
    tempdir_release(&folder);
}

Test(cpus, counts_the_smallest_quota_that_holds)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        look_at(&rows[i]);
}

Test(cpus, missing_files_are_no_limit)
{
    cr_expect_eq(cpus_quota("/nowhere/cgroup", "/nowhere"), 0u);
}

Test(cpus, at_least_one_and_no_more_than_the_machine_has)
{
    unsigned cpus = cpus_available();
    cr_expect_geq(cpus, 1u);
    cr_expect_leq(cpus, (unsigned)sysconf(_SC_NPROCESSORS_CONF));
}
