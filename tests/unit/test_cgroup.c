#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/process/cgroup.h"
#include "runtime/process/process.h"
#include "tests/support/tempdir.h"

/* A folder that has the files which the kernel makes in a real tree: what is written to them, and
 * what is made of what they say. */

static struct tempdir dir;
static struct cgroups cgroups;
static char why[512];

static void write_file(const char *folder, const char *name, const char *text)
{
    char relative[256], path[2 * TEMPDIR_PATH_MAX];
    (void)snprintf(relative, sizeof relative, "%s%s", folder, name);
    tempdir_write(tempdir_join(&dir, "", relative, path), text);
}

static void expect_file(const char *folder, const char *name, const char *text)
{
    char relative[256], path[2 * TEMPDIR_PATH_MAX], got[256] = "";
    (void)snprintf(relative, sizeof relative, "%s%s", folder, name);
    FILE *file = fopen(tempdir_join(&dir, "", relative, path), "re");
    cr_assert_not_null(file, "%s", path);
    got[fread(got, 1, sizeof got - 1, file)] = '\0';
    (void)fclose(file);
    cr_expect(strcmp(got, text) == 0, "%s: '%s', not '%s'", relative, got, text);
}

/* The group "duet-PID" and `suffix`, as a name with a slash. */
static const char *group(const char *suffix)
{
    static char name[64];
    char path[2 * TEMPDIR_PATH_MAX];
    (void)snprintf(name, sizeof name, "duet-%d%s/", (int)getpid(), suffix);
    (void)mkdir(tempdir_join(&dir, "", name, path), 0700);
    return name;
}

static void write_own_pid(void)
{
    char pid[32];
    (void)snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    write_file("", "cgroup.procs", pid);
}

static void setup(void)
{
    tempdir_init(&dir);
    write_file("", "cgroup.controllers", "cpuset memory pids\n");
    write_own_pid();
    write_file("", "cgroup.subtree_control", "");
    write_file(group(""), "cgroup.procs", "");
    cgroups = (struct cgroups){.count = 0};
}

static void teardown(void)
{
    tempdir_release(&dir);
}

TestSuite(cgroup, .init = setup, .fini = teardown);

static void refuse(const char *wrong)
{
    why[0] = '\0';
    cr_expect(!cgroups_init(&cgroups, dir.path, why, sizeof why), "%s", wrong);
    cr_expect_not_null(strstr(why, wrong), "%s", why);
    cr_expect_eq(cgroups.folder[0], '\0');
    cgroups_release(&cgroups);
}

Test(cgroup, a_tree_that_cannot_be_taken_is_told)
{
    char path[2 * TEMPDIR_PATH_MAX];
    write_file("", "cgroup.controllers", "cpuset memory_like\n");
    refuse("no memory controller");
    write_file("", "cgroup.controllers", "memory\n");
    write_file("", "cgroup.procs", "1\n2\n");
    refuse("other processes are in it");
    write_own_pid();
    cr_assert_eq(unlink(tempdir_join(&dir, "", "cgroup.subtree_control", path)), 0);
    refuse("No such file");
}

Test(cgroup, the_process_moves_and_back)
{
    char pid[32];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    cr_assert(cgroups_init(&cgroups, dir.path, why, sizeof why), "%s", why);
    expect_file(group(""), "cgroup.procs", pid);
    expect_file("", "cgroup.subtree_control", "+memory");
    write_file("", "cgroup.procs", "");
    cgroups_release(&cgroups);
    expect_file("", "cgroup.subtree_control", "-memory");
    expect_file("", "cgroup.procs", pid);
}

static void on_exit_status(void *context, int status)
{
    struct loop *loop = context;
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    loop_stop(loop);
}

Test(cgroup, a_group_has_its_limit_and_who_joins_it)
{
    static const char *const argv[] = {"true", NULL}, *const env[] = {NULL};
    static const char *const names[] = {"memory.max", "memory.swap.max", "memory.oom.group",
                                        "cgroup.procs", "cgroup.kill"};
    char path[CGROUP_PATH_MAX], error[256];
    struct loop loop;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        write_file(group("-1"), names[i], "");
    cr_assert(cgroups_init(&cgroups, dir.path, why, sizeof why), "%s", why);
    cr_assert(cgroup_make(&cgroups, 128 << 20, path));
    expect_file(group("-1"), "memory.max", "134217728");
    expect_file(group("-1"), "memory.swap.max", "0");
    expect_file(group("-1"), "memory.oom.group", "1");
    cr_assert_eq(loop_init(&loop), RC_OK);
    struct process_options options = {.loop = &loop,
                                      .argv = argv,
                                      .env = env,
                                      .cgroup = path,
                                      .on_exit = on_exit_status,
                                      .context = &loop};
    cr_assert_not_null(process_start(&options, error, sizeof error), "%s", error);
    cr_assert_eq(loop_run(&loop), RC_OK);
    loop_release(&loop);
    expect_file(group("-1"), "cgroup.procs", "0");
    cgroup_remove(path);
    expect_file(group("-1"), "cgroup.kill", "1");
    cr_expect(!cgroup_make(&cgroups, 1, path), "a second one has no memory.max");
    cr_expect_eq(path[0], '\0');
}

Test(cgroup, what_a_group_says_is_read)
{
    char path[2 * TEMPDIR_PATH_MAX];
    (void)tempdir_join(&dir, "", "", path);
    write_file("", "memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\noom_group_kill 1\n");
    cr_expect(!cgroup_was_over(path));
    cr_expect_eq(cgroup_peak_bytes(path), 0u);
    write_file("", "memory.current", "4096\n");
    cr_expect_eq(cgroup_peak_bytes(path), 4096u);
    write_file("", "memory.peak", "8192\n");
    cr_expect_eq(cgroup_peak_bytes(path), 8192u);
    write_file("", "memory.events", "low 0\noom_kill 12\n");
    cr_expect(cgroup_was_over(path));
}
