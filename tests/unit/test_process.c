#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/child.h"

/* How a child starts and what it writes; how it ends is in test_process_end.c. */

static struct child child;

static void setup(void)
{
    child_init(&child);
}

static void teardown(void)
{
    child_release(&child);
}

TestSuite(process, .init = setup, .fini = teardown);

/* --- output --- */

Test(process, gives_lines_of_both_outputs_and_the_status)
{
    child_start_script(&child, "echo one; echo two >&2; echo; printf 'no end'; exit 7");
    child_run_to_end(&child);
    child_expect_out(&child, "one\n\nno end\n");
    cr_expect(bytes_eq(buf_bytes(&child.err), BYTES_LIT("two\n")));
    cr_expect(WIFEXITED(child.status) && WEXITSTATUS(child.status) == 7);
    cr_expect_eq(child.exit_count, 1);
}

Test(process, a_line_longer_than_the_limit_comes_in_pieces)
{
    child_start_script(&child, "head -c 200000 /dev/zero | tr '\\0' x; echo; echo after");
    child_run_to_end(&child);
    cr_expect_eq(child.longest, (size_t)PROCESS_LINE_BYTES);
    cr_expect_eq(child.line_count, 5u); /* 4 pieces of the long one */
    cr_expect_eq(child.out.len, 200000u + 4 + sizeof "after");
}

Test(process, a_line_as_long_as_the_limit_is_one_line)
{
    child_start_script(&child, "head -c 65536 /dev/zero | tr '\\0' x; echo; echo after");
    child_run_to_end(&child);
    cr_expect_eq(child.line_count, 2u);
}

Test(process, much_output_never_stops_the_child)
{
    child_start_script(&child, "seq 1 200000; seq 1 100000 >&2");
    child_run_to_end(&child);
    cr_expect_eq(child.line_count, 300000u);
    cr_expect_eq(WEXITSTATUS(child.status), 0);
}

Test(process, output_may_go_nowhere)
{
    const char *argv[] = {"/bin/sh", "-c", "seq 1 100000; exit 3", NULL};
    child.has_no_reader = true;
    child_start(&child, NULL, argv);
    cr_assert_not_null(child.process, "%s", child.error);
    child_run_to_end(&child);
    cr_expect_eq(WEXITSTATUS(child.status), 3);
    cr_expect_eq(child.line_count, 0u);
}

Test(process, drain_gives_what_is_written_without_a_loop)
{
    child_start_script(&child, "echo here; exec sleep 1000");
    while (child.line_count == 0)
        process_drain(child.process);
    child_expect_out(&child, "here\n");
    process_kill(child.process);
}

/* --- surroundings --- */

/* It writes faster than it is read: a look at its output must end. */
Test(process, drain_gives_no_more_than_a_pipe_holds)
{
    child_start_script(&child, "exec yes");
    while (child.out.len == 0)
        process_drain(child.process);
    for (int i = 0; i < 20; i++) {
        size_t before = child.out.len;
        process_drain(child.process);
        cr_expect_leq(child.out.len - before, 80u * 1024, "64 KiB, and what one read may add");
    }
    process_kill(child.process);
    child.process = NULL;
}

Test(process, the_child_sees_its_environment_alone)
{
    const char *argv[] = {"env", NULL};
    cr_assert_eq(setenv("SECRET_OF_THE_RIG", "x", 1), 0);
    child_start(&child, "/", argv);
    cr_assert_not_null(child.process, "%s", child.error);
    child_run_to_end(&child);
    child_expect_out(&child, "PATH=/usr/local/bin:/usr/bin:/bin\nONLY=this\n");
}

Test(process, the_child_has_three_descriptors_and_reads_nothing)
{
    int inherited = open("/dev/null", O_RDONLY); /* not close-on-exec, as a parent's may be */
    cr_assert_geq(inherited, 0);
    child_start_script(&child,
                       "cat; cd /proc/$$/fd && for fd in *; do [ -e $fd ] && echo $fd; done; true");
    child_run_to_end(&child);
    child_expect_out(&child, "0\n1\n2\n");
    (void)close(inherited);
}

Test(process, the_child_starts_in_the_directory)
{
    const char *argv[] = {"/bin/pwd", NULL};
    child_start(&child, "/usr", argv);
    cr_assert_not_null(child.process, "%s", child.error);
    child_run_to_end(&child);
    child_expect_out(&child, "/usr\n");
}

Test(process, the_child_has_default_signals)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
    /* Signals 32 and 33 belong to the C library, and nobody but it can reset what was inherited. */
    child_start_script(&child, "grep -E '^Sig(Blk|Ign)' /proc/self/status | while read name value; "
                               "do echo $name $((0x$value & ~0x180000000)); done");
    child_run_to_end(&child);
    child_expect_out(&child, "SigBlk: 0\nSigIgn: 0\n");
}

Test(process, the_child_leads_a_group)
{
    child_start_script(&child, "echo $(ps -o pgid= -p $$) $$");
    pid_t pid = process_id(child.process);
    child_run_to_end(&child);
    char expected[64];
    (void)snprintf(expected, sizeof expected, "%d %d\n", (int)pid, (int)pid);
    child_expect_out(&child, expected);
}

Test(process, standard_descriptors_of_the_rig_may_be_closed)
{
    int keep = dup(2);
    cr_assert_geq(keep, 3);
    (void)close(0);
    (void)close(1);
    (void)close(2);
    child_start_script(&child, "echo out; echo err >&2");
    child_run_to_end(&child);
    (void)dup2(keep, 2);
    child_expect_out(&child, "out\n");
    cr_expect(bytes_eq(buf_bytes(&child.err), BYTES_LIT("err\n")));
}

/* --- programs that cannot run --- */

struct cannot_row {
    const char *name;
    const char *program, *directory;
    const char *error;
};

static const struct cannot_row cannot_rows[] = {
    {"no such file", "./no/such/file", NULL,
     "cannot run './no/such/file': No such file or directory"},
    {"not in PATH", "no-such-program", NULL,
     "cannot run 'no-such-program': No such file or directory"},
    {"a folder", "/usr", NULL, "cannot run '/usr': Permission denied"},
    {"no folder to start in", "/bin/sh", "/no/such/folder",
     "cannot run '/bin/sh': No such file or directory"},
};

Test(process, says_what_cannot_run_and_why)
{
    for (size_t i = 0; i < sizeof cannot_rows / sizeof *cannot_rows; i++) {
        const char *argv[] = {cannot_rows[i].program, NULL};
        child_start(&child, cannot_rows[i].directory, argv);
        cr_expect_null(child.process, "%s", cannot_rows[i].name);
        cr_expect_str_eq(child.error, cannot_rows[i].error, "%s", cannot_rows[i].name);
    }
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "no child may be left");
}

Test(process, a_script_without_an_interpreter_is_no_program)
{
    char path[] = "/tmp/duet-test-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "echo hello\n", 11), 11);
    cr_assert_eq(fchmod(fd, 0700), 0);
    (void)close(fd);
    const char *argv[] = {path, NULL};
    child_start(&child, NULL, argv);
    (void)unlink(path);
    cr_expect_null(child.process);
    cr_expect_not_null(strstr(child.error, "Exec format error"), "%s", child.error);
}
