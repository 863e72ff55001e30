#ifndef TESTS_SUPPORT_CHILD_H
#define TESTS_SUPPORT_CHILD_H

/* child — a process under test on a loop, and what it has written. */

#include "runtime/core/buf.h"
#include "runtime/process/process.h"

struct child {
    struct loop loop;
    struct process *process; /* NULL: it could not be started, `error` says why */
    char error[256];
    struct buf out, err; /* lines, each with its end */
    size_t line_count, longest;
    int exit_count, status;
    bool has_no_reader;                         /* set before the start: nobody takes its lines */
    void (*on_first_line)(struct child *child); /* or NULL */
};

void child_init(struct child *child);
void child_release(struct child *child);

/* Starts a program with a small environment (PATH and ONLY=this) in `directory` (NULL: here). */
void child_start(struct child *child, const char *directory, const char *const *argv);

/* Starts /bin/sh with the script; aborts the test when it cannot. */
void child_start_script(struct child *child, const char *script);

/* Runs the loop until the child has ended, or has written a line. */
void child_run_to_end(struct child *child);
void child_run_until_line(struct child *child);

/* Its stdout so far is `text`. */
void child_expect_out(const struct child *child, const char *text);

#endif
