#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/child.h"

static struct child child;

static void setup(void)
{
    child_init(&child);
}

static void teardown(void)
{
    child_release(&child);
}

TestSuite(process_end, .init = setup, .fini = teardown);

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
    buf_append_char(&child.out, '\0');
    cr_assert_eq(sscanf(child.out.data, "%d", &pid), 1);
    return pid;
}

Test(process_end, stop_asks_first)
{
    child_start_script(&child,
                       "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.01; done");
    child_run_until_line(&child);
    process_stop(child.process, 60000);
    child_run_to_end(&child);
    child_expect_out(&child, "ready\nbye\n");
    cr_expect(WIFEXITED(child.status) && WEXITSTATUS(child.status) == 5);
}

Test(process_end, stop_kills_who_does_not_listen)
{
    child_start_script(&child, "trap '' TERM; echo ready; while :; do sleep 0.01; done");
    child_run_until_line(&child);
    process_stop(child.process, 20);
    child_run_to_end(&child);
    cr_expect(WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGKILL);
}

Test(process_end, a_signal_reaches_the_whole_group)
{
    child_start_script(&child, "sleep 1000 & echo $!; wait");
    child_run_until_line(&child);
    process_signal(child.process, SIGTERM);
    child_run_to_end(&child);
    cr_expect(WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGTERM);
    wait_until_gone(pid_in_output());
}

Test(process_end, what_is_left_of_the_group_ends_with_the_child)
{
    child_start_script(&child, "sleep 1000 & echo $!");
    child_run_to_end(&child);
    wait_until_gone(pid_in_output());
}

Test(process_end, who_keeps_the_output_open_is_not_waited_for)
{
    child_start_script(
        &child, "trap 'exit 4' TERM; setsid sh -c 'echo $$; exec yes' & while :; do wait; done");
    child_run_until_line(&child);
    process_signal(child.process, SIGTERM);
    child_run_to_end(&child);
    cr_expect_eq(WEXITSTATUS(child.status), 4);
    pid_t pid = pid_in_output();
    (void)kill(pid, SIGKILL); /* it left the group; it is ours to end */
    wait_until_gone(pid);
}

Test(process_end, is_doomed_from_the_moment_of_the_kill)
{
    child_start_script(&child, "exec cat /dev/zero >/dev/null");
    cr_expect_not(process_is_doomed(child.process));
    process_signal(child.process, SIGKILL);
    cr_expect(process_is_doomed(child.process));
    cr_expect_eq(child.exit_count, 0, "on_exit is the loop's to call");
    child_run_to_end(&child);
}

static void kill_it(struct child *running)
{
    process_kill(running->process);
    process_signal(running->process, SIGTERM); /* harmless until on_line returns */
    process_stop(running->process, 1);
    process_drain(running->process);
}

Test(process_end, may_be_killed_from_its_own_line)
{
    child.on_first_line = kill_it;
    child_start_script(&child, "seq 1 100000; exec sleep 1000");
    pid_t pid = process_id(child.process);
    child_run_until_line(&child);
    cr_expect_eq(child.line_count, 1u, "no line comes after the end");
    cr_expect_eq(waitpid(pid, NULL, WNOHANG), -1, "it has been reaped");
    cr_assert_eq(loop_step(&child.loop, 0), RC_OK);
    cr_expect_eq(child.exit_count, 0);
}

static void drain_it(struct child *running)
{
    process_drain(running->process);
}

Test(process_end, lines_keep_their_order_when_drained_from_a_line)
{
    child.on_first_line = drain_it;
    child_start_script(&child, "echo 1; echo 2; echo 3");
    child_run_to_end(&child);
    child_expect_out(&child, "1\n2\n3\n");
}

Test(process_end, dies_with_the_rig)
{
    int out[2];
    pid_t orphan = 0;
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    pid_t its_rig = fork();
    if (its_rig == 0) {
        const char *argv[] = {"/bin/sleep", "1000", NULL};
        child_start(&child, NULL, argv);
        pid_t pid = child.process ? process_id(child.process) : 0;
        if (write(out[1], &pid, sizeof pid) > 0)
            (void)raise(SIGKILL);
        _exit(1);
    }
    cr_assert_eq(read(out[0], &orphan, sizeof orphan), (ssize_t)sizeof orphan);
    cr_assert_gt(orphan, 0);
    while (waitpid(its_rig, NULL, 0) < 0)
        ;
    wait_until_gone(orphan);
    (void)close(out[0]);
    (void)close(out[1]);
}
