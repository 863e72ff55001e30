#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/functions/function_internal.h"
#include "runtime/process/cgroup.h"
#include "tests/support/function_rig.h"
#include "tests/support/tempdir.h"

/* What a function may use, and what is left of it when it is killed. */

static struct function_rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_release(&rig);
}

TestSuite(function_limits, .init = setup, .fini = teardown);

static void expect_killed(const struct rig_result *result)
{
    cr_expect_eq(result->outcome, FUNCTION_ERROR, "%s", result->payload);
    cr_expect_str_eq(result->error_type, "Runtime.ExitError");
    cr_expect_not_null(
        strstr(result->payload, "Error: Runtime exited with error: signal: killed\""), "%s",
        result->payload);
}

static uint64_t memory_kills(void)
{
    struct function_stats stats;
    function_stats(rig.function, &stats);
    return stats.memory_kills;
}

static pid_t printed_pid(const char *name)
{
    int pid = 0;
    const char *line = strstr(rig.lines.data, name);
    cr_assert_not_null(line);
    cr_assert_eq(sscanf(line + strlen(name), " %d", &pid), 1);
    return pid;
}

/* --- memory --- */

/* Takes as many MB as stands behind it, and keeps them. */
#define HOARD                                                                          \
    "exec python3 -c '\nimport sys, time\nhoard = b\"x\" * (int(sys.argv[1]) << 20)\n" \
    "time.sleep(1000)\n' "

Test(function_limits, who_uses_more_than_its_memory_is_killed)
{
    rig.options.memory_mb = 64;
    rig_start(&rig, "next; echo \"pid $$\"; " HOARD "200");
    expect_killed(rig_run(&rig, "{}"));
    cr_expect_eq(memory_kills(), 1u);
    cr_expect_eq(rig_count_lines(&rig, " MB are used, 64 MB is the memory size: killed"), 1u);
    cr_expect_eq(rig_count_lines(&rig, "\tStatus: error\tError Type: Runtime.ExitError"), 1u);
    cr_expect_eq(rig_count_lines(&rig, "\tMax Memory Used: 64 MB"), 1u, "never more than the size");
    while (rig_is_there(printed_pid("pid")))
        (void)usleep(1000);
}

/* A process that has much memory takes a while to die of SIGKILL, and is looked at meanwhile. */
Test(function_limits, who_is_dying_of_it_is_not_killed_once_more)
{
    rig.options.memory_mb = 64;
    rig_start(&rig, "next; sleep 1000");
    size_t call = rig_call(&rig, "{}");
    rig_wait_line(&rig, "START RequestId");
    for (int i = 0; i < 2; i++)
        sandbox_note_memory(rig.function->sandboxes, 200U << 20);
    rig_wait_done(&rig, 1);
    expect_killed(&rig.results[call]);
    cr_expect_eq(memory_kills(), 1u);
    cr_expect_eq(rig_count_lines(&rig, "200 MB are used, 64 MB is the memory size: killed"), 1u);
}

/* A folder stands for the kernel's tree, in which the sandbox's group says that it was killed. */
Test(function_limits, whom_the_kernel_kills_in_its_cgroup_is_told_the_same)
{
    static const char *const files[][2] = {
        {"memory.max", ""},
        {"memory.oom.group", ""},
        {"memory.peak", "67108864\n"},
        {"cgroup.procs", "old"},
        {"memory.events", "oom 1\noom_kill 1\n"},
    };
    struct tempdir dir;
    struct cgroups cgroups = {.count = 0};
    char name[64], path[2 * TEMPDIR_PATH_MAX];
    tempdir_init(&dir);
    (void)snprintf(cgroups.folder, sizeof cgroups.folder, "%s", dir.path);
    (void)snprintf(name, sizeof name, "duet-%d-1", (int)getpid());
    cr_assert_eq(mkdir(tempdir_join(&dir, "", name, path), 0700), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(name, sizeof name, "duet-%d-1/%s", (int)getpid(), files[i][0]);
        tempdir_write(tempdir_join(&dir, "", name, path), files[i][1]);
    }
    rig.options.memory_mb = 64;
    rig.options.cgroups = &cgroups;
    rig_start(&rig, "next; kill -KILL $$");
    expect_killed(rig_run(&rig, "{}"));
    cr_expect_eq(memory_kills(), 1u);
    cr_expect_eq(rig_count_lines(&rig, "64 MB are used, 64 MB is the memory size: killed"), 1u);
    tempdir_release(&dir);
}

Test(function_limits, what_its_children_use_counts)
{
    rig.options.memory_mb = 64;
    rig_start(&rig, "next; for i in 1 2 3 4; do ( " HOARD "50 ) & done; wait");
    expect_killed(rig_run(&rig, "{}"));
}

Test(function_limits, an_init_may_not_use_more_either)
{
    rig.options.memory_mb = 64;
    rig_start(&rig, HOARD "200");
    expect_killed(rig_run(&rig, "{}"));
    cr_expect_eq(memory_kills(), 2u, "once, and once more in the call");
}

/* 1 TiB of addresses, as Go, Java and the sanitizers reserve them; and memory that a fork shares.
 */
Test(function_limits, addresses_and_shared_pages_are_no_memory)
{
    rig.options.memory_mb = 100;
    rig_start(&rig, "next; exec python3 -c '\n"
                    "import mmap, os, sys, time\n"
                    "far = mmap.mmap(-1, 1 << 40, mmap.MAP_PRIVATE | 0x4000) # MAP_NORESERVE\n"
                    "hoard = b\"x\" * (40 << 20)\n"
                    "for i in range(4):\n"
                    "    if os.fork() == 0:\n"
                    "        time.sleep(1000)\n"
                    "print(\"shared\", flush=True)\n"
                    "time.sleep(1000)\n'");
    (void)rig_call(&rig, "{}");
    rig_wait_line(&rig, "shared");
    /* Three looks at it, each of which would have killed it. */
    int64_t end_ms = rig.loop.now_ms + 400;
    while (rig.loop.now_ms < end_ms)
        cr_assert_eq(loop_step(&rig.loop, 50), RC_OK);
    cr_expect_eq(memory_kills(), 0u, "%s", rig.lines.data);
    cr_expect_eq(rig.done_count, 0u);
}

/* --- what it leaves behind --- */

Test(function_limits, a_timeout_ends_all_that_it_started)
{
    rig.options.timeout_ms = 1000;
    rig_start(&rig, "sleep 1000 & echo \"child $!\"\n(setsid sleep 1000 & echo \"stray $!\")\n"
                    "next; sleep 1000");
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_TIMEOUT);
    pid_t child = printed_pid("child"), stray = printed_pid("stray");
    while (rig_sandboxes(&rig) || rig_is_there(child) || rig_is_there(stray))
        cr_assert_eq(loop_step(&rig.loop, 10), RC_OK);
}

Test(function_limits, its_end_ends_all_that_it_started)
{
    rig_start(&rig, "(setsid sleep 1000 & echo \"stray $!\")\nwhile next; do answer 1; done");
    (void)rig_run(&rig, "{}");
    pid_t stray = printed_pid("stray");
    cr_expect(rig_is_there(stray));
    function_free(rig.function);
    rig.function = NULL;
    while (rig_is_there(stray))
        (void)usleep(1000);
}

/* --- what it writes --- */

struct flood {
    size_t bytes, longest, lines;
};

static void count_line(void *context, struct bytes line)
{
    struct flood *flood = context;
    flood->bytes += line.len;
    flood->lines++;
    if (line.len > flood->longest)
        flood->longest = line.len;
}

/* Half of them without a line end. Another call is served meanwhile. */
Test(function_limits, a_hundred_megabytes_of_output_stop_nobody)
{
    static struct flood flood;
    rig.options.timeout_ms = 280 * 1000; /* fifty million lines, of a sanitizer on a busy machine */
    rig.options.on_line = count_line;
    rig.options.context = &flood;
    rig_start(&rig, "next; [ \"$event\" = flood ] && { head -c 50000000 /dev/zero | tr '\\0' x; "
                    "head -c 50000000 /dev/zero | tr '\\0' '\\n'; }; answer \"$event\"; next");
    size_t first = rig_call(&rig, "flood");
    size_t second = rig_call(&rig, "other");
    rig_wait_done(&rig, 2);
    cr_expect_str_eq(rig.results[first].payload, "flood");
    cr_expect_str_eq(rig.results[second].payload, "other");
    cr_expect_geq(flood.bytes, 50000000u);
    cr_expect_leq(flood.longest, 65536u);
    cr_expect_geq(flood.lines, 50000000u);
}
