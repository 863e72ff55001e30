#ifndef RUNTIME_PROCESS_PROCESS_H
#define RUNTIME_PROCESS_PROCESS_H

/*
 * process — a child process on a loop: its lines of output, and its end.
 *
 * Layer:   process. Knows core/ and net/loop.
 * Threads: all on the loop's thread.
 *
 * A child dies with the rig even when the rig is killed (PR_SET_PDEATHSIG), and a reader of its
 * output never stops it: its stdout and stderr are pipes that the loop empties. Its end is seen by
 * a pidfd, so no SIGCHLD handler is needed. It starts in a process group of its own with default
 * signals, no inherited descriptor but 0, 1, 2, and stdin from /dev/null. What is left of its group
 * when it ends is killed, and whoever still holds its output open then is not waited for.
 */

#include <sys/types.h>

#include "runtime/net/loop.h"
#include "runtime/process/debugger.h"

struct process;

enum { PROCESS_LINE_BYTES = 64 * 1024 }; /* a longer line is given in pieces of this length */

/* A line of the child's output without its end; is_error: it came on stderr. The owner may call
 * anything of this header inside. */
typedef void process_line_fn(void *context, bool is_error, struct bytes line);

/* The child has ended and its last line was given; `status` as waitpid's. The process is freed
 * after the call, whatever the owner does inside. */
typedef void process_exit_fn(void *context, int status);

struct process_options {
    struct loop *loop;       /* Required. */
    const char *const *argv; /* Required: argv[0] is a path or is looked up in PATH. */
    const char *const *env;  /* Required: the whole environment, "NAME=value", ends with NULL. */
    const char *directory;   /* NULL: the rig's own */
    const char *cgroup;      /* NULL; or the group that it joins before it runs (cgroup.h) */
    const char *opt;         /* NULL; or the folder that it sees as /opt (mapping.h) */
    const char *mark; /* NULL; or an entry of `env` that no other child has: whoever still has it
                         when the child has ended is killed, in its group or out of it. Copied */
    const struct debugger *debugger; /* NULL; or how it is run under gdbserver; borrowed */
    process_line_fn *on_line;        /* NULL: output goes nowhere */
    process_exit_fn *on_exit;        /* Required. */
    void *context;
};

/* Starts a child. NULL: `error` names the program and the reason, such as
 * "cannot run 'build/bootstrap': No such file or directory" (the child's exec failure included). */
struct process *process_start(const struct process_options *options, char *error,
                              size_t error_len) MUST_CHECK;

pid_t process_id(const struct process *process);

/* true when it has ended, or has been sent SIGKILL and will run no more: what is given to it now is
 * given to nobody. A kill that was sent before the call is always seen. */
bool process_is_doomed(const struct process *process);

/* Gives the lines that the child has written so far, without waiting for more. */
void process_drain(struct process *process);

/* Sends `signal` to the child's whole group. */
void process_signal(struct process *process, int signal);

/* SIGTERM now and SIGKILL after `grace_ms`, if it is still there then; on_exit follows. */
void process_stop(struct process *process, unsigned grace_ms);

/* Waits for the child's end until `end_ms` of clock_ms_monotonic(), with the loop standing still,
 * and gives its lines meanwhile; its end itself is told by the loop, or not at all after
 * process_kill. */
void process_wait(struct process *process, int64_t end_ms);

/* Kills the child, reaps it and frees everything without on_exit; for the rig's own end. */
void process_kill(struct process *process);

#endif
