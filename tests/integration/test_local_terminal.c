#include <criterion/criterion.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "tests/support/program.h"

/*
 * `duet local` on a terminal that goes away. That is a SIGHUP for the leader of the terminal's
 * session alone; where a make leads it, as in `ssh -t HOST make run`, the rig gets no signal.
 */

enum { LIMIT_MS = 60000 };

static void run_rig(int terminal_fd)
{
    const char *build = getenv("DUET_BUILD");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/duet", build ? build : "build");
    (void)dup2(terminal_fd, STDOUT_FILENO);
    (void)dup2(terminal_fd, STDERR_FILENO);
    (void)execl(path, "duet", "local", "--port", "0", "--control-port", "0", "--store", "memory",
                NULL);
    _exit(127);
}

/* The terminal's other end is duet->out_fd. */
static void start_on_terminal(struct program *duet)
{
    int terminal_fd;
    buf_init(&duet->out, 1024 * 1024);
    cr_assert_eq(openpty(&duet->out_fd, &terminal_fd, NULL, NULL, NULL), 0);
    duet->id = fork();
    cr_assert_geq(duet->id, 0);
    if (duet->id == 0) {
        (void)close(duet->out_fd);
        run_rig(terminal_fd);
    }
    (void)close(terminal_fd);
}

Test(local_terminal, the_rig_ends_with_its_terminal)
{
    struct program duet;
    pid_t ended = 0;
    int status = -1;
    start_on_terminal(&duet);
    cr_assert_not_null(program_wait_for(&duet, "Ctrl-C ends all of it"), "%s", duet.out.data);
    (void)close(duet.out_fd);
    duet.out_fd = -1;
    int64_t end_ms = clock_ms_monotonic() + LIMIT_MS;
    while (ended == 0 && clock_ms_monotonic() < end_ms) {
        ended = waitpid(duet.id, &status, WNOHANG);
        (void)usleep(1000);
    }
    cr_assert_eq(ended, duet.id, "the rig still runs");
    duet.id = 0;
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    program_release(&duet);
}
