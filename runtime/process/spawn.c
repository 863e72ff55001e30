#include "runtime/process/spawn.h"
#include "runtime/process/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The child reports through a pipe that exec closes: no bytes mean that the program runs, an errno
 * means that it does not. Between fork and exec the child calls async-signal-safe functions alone,
 * because other threads of the rig may have held any lock at the fork.
 */

struct pipes {
    int out[2], err[2], report[2]; /* [0] to read, [1] to write */
};

static void pipes_close(struct pipes *pipes)
{
    int *all[] = {pipes->out, pipes->err, pipes->report};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (int end = 0; end < 2; end++) {
            if (all[i][end] >= 0)
                (void)close(all[i][end]);
            all[i][end] = -1;
        }
}

static bool pipes_open(struct pipes *pipes)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(pipes->out, O_CLOEXEC) == 0 && pipe2(pipes->err, O_CLOEXEC) == 0 &&
        pipe2(pipes->report, O_CLOEXEC) == 0 && fcntl(pipes->out[0], F_SETFL, O_NONBLOCK) == 0 &&
        fcntl(pipes->err[0], F_SETFL, O_NONBLOCK) == 0)
        return true;
    int error = errno;
    pipes_close(pipes);
    errno = error;
    return false;
}

/* --- in the child --- */

static void child_fail(int report_fd)
{
    int error = errno;
    if (write(report_fd, &error, sizeof error) < 0) {
        /* the rig is gone */
    }
    _exit(127);
}

/* By the system call itself: libc keeps signals 32 and 33 to itself, and a make that starts the rig
 * hands them on ignored. All zeroes are the kernel's SIG_DFL without flags; SIGKILL and SIGSTOP are
 * refused, and always default. */
static void reset_signals(void)
{
    static const unsigned long by_default[4] = {0};
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        (void)syscall(SYS_rt_sigaction, number, by_default, NULL, sizeof(uint64_t));
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Descriptors of the rig are close-on-exec; those that the rig inherited itself may not be. */
static void close_the_rest(void)
{
    if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) == 0)
        return;
    for (int fd = 3; fd < 4096; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* `fd` or a copy above 2, so that putting 0, 1 and 2 in their places overwrites none. */
static int lift(int fd)
{
    return fd > 2 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static bool set_standard_fds(int out_fd, int err_fd)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    null_fd = null_fd < 0 ? null_fd : lift(null_fd);
    return null_fd >= 0 && out_fd >= 0 && err_fd >= 0 && dup2(null_fd, 0) == 0 &&
           dup2(out_fd, 1) == 1 && dup2(err_fd, 2) == 2;
}

/* "0" is who writes it. */
static bool join(const char *cgroup)
{
    int folder = open(cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = folder < 0 ? -1 : openat(folder, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, "0", 1) == 1; /* exec closes both */
}

static void child_run(const struct process_options *options, const struct pipes *pipes,
                      pid_t parent)
{
    char *const *argv = (char *const *)options->argv, *const *env = (char *const *)options->env;
    int report_fd = lift(pipes->report[1]);
    int out_fd = lift(pipes->out[1]), err_fd = lift(pipes->err[1]);
    reset_signals();
    (void)setpgid(0, 0);
    if (options->opt && !mapping_make(options->opt))
        child_fail(report_fd);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        child_fail(report_fd);
    if (getppid() != parent) /* it died before the line above */
        _exit(127);
    if (!set_standard_fds(out_fd, err_fd))
        child_fail(report_fd);
    if (options->cgroup && !join(options->cgroup))
        child_fail(report_fd);
    if (options->directory && chdir(options->directory) != 0)
        child_fail(report_fd);
    close_the_rest();
    if (strchr(argv[0], '/'))
        (void)execve(argv[0], argv, env);
    else
        (void)execvpe(argv[0], argv, env);
    child_fail(report_fd);
}

/* --- in the rig --- */

/* The child's errno, or 0 when its program runs. */
static int read_report(int fd)
{
    int error = 0;
    ssize_t n;
    do
        n = read(fd, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof error ? error : 0;
}

static pid_t fork_child(const struct process_options *options, const struct pipes *pipes)
{
    sigset_t all, before;
    pid_t parent = getpid();
    (void)sigfillset(&all);
    /* No handler of the rig may run in the child. */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        child_run(options, pipes, parent);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static void bury(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static bool start(const struct process_options *options, struct pipes *pipes, struct spawned *child)
{
    child->pid = fork_child(options, pipes);
    if (child->pid < 0)
        return false;
    (void)close(pipes->report[1]);
    pipes->report[1] = -1;
    int error = read_report(pipes->report[0]);
    child->pid_fd = error ? -1 : (int)syscall(SYS_pidfd_open, child->pid, 0);
    if (child->pid_fd >= 0)
        return true;
    if (!error)
        error = errno;
    bury(child->pid);
    errno = error;
    return false;
}

bool spawn(const struct process_options *options, struct spawned *child, char *error,
           size_t error_len)
{
    struct pipes pipes;
    bool is_started = pipes_open(&pipes) && start(options, &pipes, child);
    if (is_started) {
        child->out_fd = pipes.out[0];
        child->err_fd = pipes.err[0];
        pipes.out[0] = pipes.err[0] = -1;
    } else {
        (void)snprintf(error, error_len, "cannot run '%s': %s", options->argv[0], strerror(errno));
    }
    pipes_close(&pipes);
    return is_started;
}
