#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

/* program — a real binary under test: started, its output read, stopped by its id. */

#include <sys/types.h>

#include "runtime/core/buf.h"

struct program {
    pid_t id;
    int out_fd;     /* its stdout and stderr */
    struct buf out; /* all that it has written so far, with a NUL behind it */
};

/* Starts `argv[0]` of the build folder ($DUET_BUILD, else build), or, when it begins
 * with a slash or a dot, just that, with `env` added to this process's environment ("NAME=value",
 * ends with NULL; may be NULL). Aborts the test when it cannot. */
void program_start(struct program *program, const char *const *argv, const char *const *env);

/* Reads its output until `text` is in it. NULL: it ended, or said nothing for a minute; else where
 * the text stands in program->out. */
const char *program_wait_for(struct program *program, const char *text);

/* The same for the `count`th time that `text` stands there, from 1. */
const char *program_wait_for_nth(struct program *program, const char *text, size_t count);

/* Waits for its end; kills it when it says nothing for a minute. Its status as waitpid's, or -1
 * after a kill. All its output is in program->out then. */
int program_wait(struct program *program);

/* SIGTERM and program_wait. */
int program_stop(struct program *program);

/* Frees what it holds; kills the program when it still runs. */
void program_release(struct program *program);

/* The number behind the first `key` in its output, such as "\"port\":"; waits for it; 0: none. */
unsigned program_number(struct program *program, const char *key);

/* The ids of the processes whose parent is `parent`, at most `max`; how many there are. */
size_t program_children(pid_t parent, pid_t *ids, size_t max);

#endif
