#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/buf.h"
#include "runtime/local/process.h"

/* Lines are kept as text: "out: a\n" and "err: b\n". */
struct seen {
    struct buf out, err;
    size_t line_count, longest;
    int exit_count, status;
    struct process *process;
    void (*on_first_line)(struct seen *seen);
};

static struct loop loop;
static struct seen seen;
static char error[256];

static void on_line(void *context, bool is_error, struct bytes line)
{
    struct seen *all = context;
    struct buf *text = is_error ? &all->err : &all->out;
    buf_append(text, line);
    buf_append_char(text, '\n');
    all->line_count++;
    all->longest = line.len > all->longest ? line.len : all->longest;
    if (all->line_count == 1 && all->on_first_line)
        all->on_first_line(all);
}

static void on_exit_of(void *context, int status)
{
    struct seen *all = context;
    all->exit_count++;
    all->status = status;
}

static void setup(void)
{
    cr_assert_eq(loop_init(&loop), RC_OK);
    seen = (struct seen){0};
    buf_init(&seen.out, 1 << 24);
    buf_init(&seen.err, 1 << 24);
}

static void teardown(void)
{
    buf_release(&seen.out);
    buf_release(&seen.err);
    loop_release(&loop);
}

TestSuite(process, .init = setup, .fini = teardown, .timeout = 60);

static const char *const small_env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "ONLY=this", NULL};

static void start_in(const char *directory, const char *const *argv)
{
    struct process_options options = {
        .loop = &loop,
        .argv = argv,
        .env = small_env,
        .directory = directory,
        .on_line = on_line,
        .on_exit = on_exit_of,
        .context = &seen,
    };
    seen.process = process_start(&options, error, sizeof error);
}

static void start_script(const char *script)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    start_in(NULL, argv);
    cr_assert_not_null(seen.process, "%s", error);
}

static void run_to_end(void)
{
    while (seen.exit_count == 0)
        cr_assert_eq(loop_step(&loop, -1), RC_OK);
}

static void run_until_line(void)
{
    while (seen.line_count == 0)
        cr_assert_eq(loop_step(&loop, -1), RC_OK);
}

static void expect_out(const char *text)
{
    cr_expect(bytes_eq(buf_bytes(&seen.out), bytes_from_str(text)), "got '%.*s'",
              BYTES_ARG(buf_bytes(&seen.out)));
}

/* --- output --- */

Test(process, gives_lines_of_both_outputs_and_the_status)
{
    start_script("echo one; echo two >&2; echo; printf 'no end'; exit 7");
    run_to_end();
    expect_out("one\n\nno end\n");
    cr_expect(bytes_eq(buf_bytes(&seen.err), BYTES_LIT("two\n")));
    cr_expect(WIFEXITED(seen.status) && WEXITSTATUS(seen.status) == 7);
    cr_expect_eq(seen.exit_count, 1);
}

Test(process, a_line_longer_than_the_limit_comes_in_pieces)
{
    start_script("head -c 200000 /dev/zero | tr '\\0' x; echo; echo after");
    run_to_end();
    cr_expect_eq(seen.longest, (size_t)PROCESS_LINE_BYTES);
    cr_expect_eq(seen.line_count, 5u); /* 4 pieces of the long one */
    cr_expect_eq(seen.out.len, 200000u + 4 + sizeof "after");
}

Test(process, a_line_as_long_as_the_limit_is_one_line)
{
    start_script("head -c 65536 /dev/zero | tr '\\0' x; echo; echo after");
    run_to_end();
    cr_expect_eq(seen.line_count, 2u);
}

Test(process, much_output_never_stops_the_child)
{
    start_script("seq 1 200000; seq 1 100000 >&2");
    run_to_end();
    cr_expect_eq(seen.line_count, 300000u);
    cr_expect_eq(WEXITSTATUS(seen.status), 0);
}

Test(process, output_may_go_nowhere)
{
    const char *argv[] = {"/bin/sh", "-c", "seq 1 100000; exit 3", NULL};
    struct process_options options = {
        .loop = &loop, .argv = argv, .env = small_env, .on_exit = on_exit_of, .context = &seen};
    cr_assert_not_null(process_start(&options, error, sizeof error));
    run_to_end();
    cr_expect_eq(WEXITSTATUS(seen.status), 3);
}

Test(process, drain_gives_what_is_written_without_a_loop)
{
    start_script("echo here; exec sleep 1000");
    while (seen.line_count == 0)
        process_drain(seen.process);
    expect_out("here\n");
    process_kill(seen.process);
}

/* --- surroundings --- */

Test(process, the_child_sees_its_environment_alone)
{
    const char *argv[] = {"env", NULL};
    cr_assert_eq(setenv("SECRET_OF_THE_RIG", "x", 1), 0);
    start_in("/", argv);
    cr_assert_not_null(seen.process, "%s", error);
    run_to_end();
    expect_out("PATH=/usr/local/bin:/usr/bin:/bin\nONLY=this\n");
}

Test(process, the_child_has_three_descriptors_and_reads_nothing)
{
    int inherited = open("/dev/null", O_RDONLY); /* not close-on-exec, as a parent's may be */
    cr_assert_geq(inherited, 0);
    start_script("cat; cd /proc/$$/fd && for fd in *; do [ -e $fd ] && echo $fd; done; true");
    run_to_end();
    expect_out("0\n1\n2\n");
    (void)close(inherited);
}

Test(process, the_child_starts_in_the_directory)
{
    const char *argv[] = {"/bin/pwd", NULL};
    start_in("/usr", argv);
    cr_assert_not_null(seen.process, "%s", error);
    run_to_end();
    expect_out("/usr\n");
}

Test(process, the_child_has_default_signals)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
    start_script("grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -s '\\t' ' '");
    run_to_end();
    expect_out("SigBlk: 0000000000000000\nSigIgn: 0000000000000000\n");
}

Test(process, the_child_leads_a_group)
{
    start_script("echo $(ps -o pgid= -p $$) $$");
    pid_t pid = process_id(seen.process);
    run_to_end();
    char expected[64];
    (void)snprintf(expected, sizeof expected, "%d %d\n", (int)pid, (int)pid);
    expect_out(expected);
}

Test(process, standard_descriptors_of_the_rig_may_be_closed)
{
    int keep = dup(2);
    cr_assert_geq(keep, 3);
    (void)close(0);
    (void)close(1);
    (void)close(2);
    start_script("echo out; echo err >&2");
    run_to_end();
    (void)dup2(keep, 2);
    expect_out("out\n");
    cr_expect(bytes_eq(buf_bytes(&seen.err), BYTES_LIT("err\n")));
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
        start_in(cannot_rows[i].directory, argv);
        cr_expect_null(seen.process, "%s", cannot_rows[i].name);
        cr_expect_str_eq(error, cannot_rows[i].error, "%s", cannot_rows[i].name);
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
    start_in(NULL, argv);
    (void)unlink(path);
    cr_expect_null(seen.process);
    cr_expect_not_null(strstr(error, "Exec format error"), "%s", error);
}

/* --- ends --- */

static bool is_there(pid_t pid)
{
    char path[64], state = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "re");
    if (!stat)
        return false;
    if (fscanf(stat, "%*d %*s %c", &state) != 1)
        state = 'Z';
    (void)fclose(stat);
    return state != 'Z';
}

static void wait_until_gone(pid_t pid)
{
    while (is_there(pid))
        (void)usleep(1000);
}

static pid_t pid_in_output(void)
{
    int pid = 0;
    buf_append_char(&seen.out, '\0');
    cr_assert_eq(sscanf(seen.out.data, "%d", &pid), 1);
    return pid;
}

Test(process, stop_asks_first)
{
    start_script("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.01; done");
    run_until_line();
    process_stop(seen.process, 60000);
    run_to_end();
    expect_out("ready\nbye\n");
    cr_expect(WIFEXITED(seen.status) && WEXITSTATUS(seen.status) == 5);
}

Test(process, stop_kills_who_does_not_listen)
{
    start_script("trap '' TERM; echo ready; while :; do sleep 0.01; done");
    run_until_line();
    process_stop(seen.process, 20);
    run_to_end();
    cr_expect(WIFSIGNALED(seen.status) && WTERMSIG(seen.status) == SIGKILL);
}

Test(process, a_signal_reaches_the_whole_group)
{
    start_script("sleep 1000 & echo $!; wait");
    run_until_line();
    process_signal(seen.process, SIGTERM);
    run_to_end();
    cr_expect(WIFSIGNALED(seen.status) && WTERMSIG(seen.status) == SIGTERM);
    wait_until_gone(pid_in_output());
}

Test(process, what_is_left_of_the_group_ends_with_the_child)
{
    start_script("sleep 1000 & echo $!");
    run_to_end();
    wait_until_gone(pid_in_output());
}

Test(process, who_keeps_the_output_open_is_not_waited_for)
{
    start_script("trap 'exit 4' TERM; setsid sh -c 'echo $$; exec yes' & while :; do wait; done");
    run_until_line();
    process_signal(seen.process, SIGTERM);
    run_to_end();
    cr_expect_eq(WEXITSTATUS(seen.status), 4);
    pid_t pid = pid_in_output();
    (void)kill(pid, SIGKILL); /* it left the group; it is ours to end */
    wait_until_gone(pid);
}

Test(process, has_ended_is_true_once_the_child_is_gone)
{
    start_script("exec cat /dev/zero >/dev/null");
    cr_expect_not(process_has_ended(seen.process));
    process_signal(seen.process, SIGKILL);
    while (!process_has_ended(seen.process))
        (void)usleep(1000);
    cr_expect_eq(seen.exit_count, 0, "on_exit is the loop's to call");
    run_to_end();
}

static void kill_it(struct seen *all)
{
    process_kill(all->process);
    process_signal(all->process, SIGTERM); /* harmless until on_line returns */
    process_stop(all->process, 1);
    process_drain(all->process);
}

Test(process, may_be_killed_from_its_own_line)
{
    seen.on_first_line = kill_it;
    start_script("seq 1 100000; exec sleep 1000");
    pid_t pid = process_id(seen.process);
    run_until_line();
    cr_expect_eq(seen.line_count, 1u, "no line comes after the end");
    cr_expect_eq(waitpid(pid, NULL, WNOHANG), -1, "it has been reaped");
    cr_assert_eq(loop_step(&loop, 0), RC_OK);
    cr_expect_eq(seen.exit_count, 0);
}

static void drain_it(struct seen *all)
{
    process_drain(all->process);
}

Test(process, lines_keep_their_order_when_drained_from_a_line)
{
    seen.on_first_line = drain_it;
    start_script("echo 1; echo 2; echo 3");
    run_to_end();
    expect_out("1\n2\n3\n");
}

Test(process, dies_with_the_rig)
{
    int out[2];
    pid_t child = 0;
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    pid_t rig = fork();
    if (rig == 0) {
        const char *argv[] = {"/bin/sleep", "1000", NULL};
        start_in(NULL, argv);
        pid_t pid = seen.process ? process_id(seen.process) : 0;
        if (write(out[1], &pid, sizeof pid) > 0)
            (void)raise(SIGKILL);
        _exit(1);
    }
    cr_assert_eq(read(out[0], &child, sizeof child), (ssize_t)sizeof child);
    cr_assert_gt(child, 0);
    while (waitpid(rig, NULL, 0) < 0)
        ;
    wait_until_gone(child);
    (void)close(out[0]);
    (void)close(out[1]);
}
