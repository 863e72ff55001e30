#include "runtime/server/life.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/clock.h"

enum { LONGEST_WAIT_MS = 60000 };

/* Orphans of a container become children of its process 1, and stay zombies until it asks for them.
 * Elsewhere that is another process's duty, and every child here is somebody's own. */
static void bury_orphans(void)
{
    if (getpid() != 1)
        return;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

static bool is_ignored(int signal_number)
{
    struct sigaction action;
    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

enum rc life_init(struct life *life)
{
    sigset_t signals;
    *life = (struct life){.signal_fd = -1, .done_fd = -1, .summary_ms = INT64_MAX};
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    if (!is_ignored(SIGHUP))
        (void)sigaddset(&signals, SIGHUP);
    if (getpid() == 1)
        (void)sigaddset(&signals, SIGCHLD);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    life->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    life->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (life->signal_fd >= 0 && life->done_fd >= 0) {
        bury_orphans(); /* those that ended before the signal was watched */
        return RC_OK;
    }
    life_release(life);
    return RC_IO;
}

void life_release(struct life *life)
{
    if (life->signal_fd >= 0)
        (void)close(life->signal_fd);
    if (life->done_fd >= 0)
        (void)close(life->done_fd);
    life->signal_fd = life->done_fd = -1;
}

void life_write_metrics(struct life *life, struct metrics *metrics, int64_t period_ms)
{
    life->metrics = metrics;
    life->period_ms = period_ms;
    life->summary_ms = period_ms ? clock_ms_monotonic() + period_ms : INT64_MAX;
}

/* true: one of the signals that end the server. */
static bool read_signal(struct life *life)
{
    struct signalfd_siginfo info;
    while (read(life->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            bury_orphans();
            continue;
        }
        if (info.ssi_signo == SIGHUP && life->on_hangup) {
            life->on_hangup(life->hangup_context);
            continue;
        }
        life->signal_number = (int)info.ssi_signo;
        return true;
    }
    return false;
}

static bool all_are_done(struct life *life)
{
    eventfd_t count;
    if (eventfd_read(life->done_fd, &count) == 0)
        life->done_count += count;
    return life->loop_count > 0 && life->done_count >= life->loop_count;
}

enum life_event life_wait(struct life *life, int64_t end_ms)
{
    for (;;) {
        int64_t now_ms = clock_ms_monotonic();
        if (now_ms >= life->summary_ms) {
            metrics_write_summary(life->metrics);
            life->summary_ms += life->period_ms;
            continue;
        }
        if (read_signal(life))
            return LIFE_SIGNAL;
        if (all_are_done(life))
            return LIFE_DONE;
        if (now_ms >= end_ms)
            return LIFE_TIME;
        int64_t next_ms = end_ms < life->summary_ms ? end_ms : life->summary_ms;
        int64_t left_ms = next_ms - now_ms < LONGEST_WAIT_MS ? next_ms - now_ms : LONGEST_WAIT_MS;
        struct pollfd both[] = {{.fd = life->signal_fd, .events = POLLIN},
                                {.fd = life->done_fd, .events = POLLIN}};
        (void)poll(both, 2, (int)left_ms);
    }
}
