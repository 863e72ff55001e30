#ifndef TESTS_SUPPORT_FUNCTION_RIG_H
#define TESTS_SUPPORT_FUNCTION_RIG_H

/*
 * function_rig — a function under test: its loop, its bootstrap in a folder of its own, what it
 * printed, and the results of its calls.
 *
 * A bootstrap is a bash script behind a few functions that speak the Runtime API:
 *   api METHOD PATH BODY [HEADER...]   a request; sets $status and $body. PATH is below
 *                                      /2018-06-01/, or begins with a slash
 *   next                               GET next; sets $id, $attempt and $event too
 *   answer BODY, fail BODY TYPE        POST response, POST error of $id
 */

#include "runtime/functions/function.h"
#include "tests/support/tempdir.h"

enum { RIG_CALLS_MAX = 64 };

struct rig_result {
    bool is_done;
    enum function_outcome outcome;
    char *payload, *error_type, *request_id; /* with a NUL each */
    bool is_cold_start;
    int64_t init_us, duration_us;
};

struct function_rig {
    struct loop loop;
    struct tempdir dir;
    char program[2 * TEMPDIR_PATH_MAX];
    struct function_options options; /* loop, name, program and lines are set by rig_init */
    struct function *function;
    struct buf lines; /* with a NUL behind it */
    struct rig_result results[RIG_CALLS_MAX];
    size_t call_count, done_count;
    void (*on_done)(struct function_rig *rig); /* after each result, inside the callback; or NULL */
};

void rig_init(struct function_rig *rig);
void rig_release(struct function_rig *rig);

/* Makes or replaces the bootstrap. */
void rig_write_bootstrap(struct function_rig *rig, const char *script);

/* The same for any other file, whose folder is there. */
void rig_write_script(struct function_rig *rig, const char *path, const char *script);

/* function_new with rig->options; with `script` as the bootstrap unless it is NULL. Aborts the test
 * when it fails. */
void rig_start(struct function_rig *rig, const char *script);

/* Starts a call; its result comes to rig->results at the index that is returned. */
size_t rig_call(struct function_rig *rig, const char *event);

/* Runs the loop until `count` calls are done in all, or until `text` was printed. */
void rig_wait_done(struct function_rig *rig, size_t count);
void rig_wait_line(struct function_rig *rig, const char *text);

/* Runs the loop until no sandbox is in a call: each runtime that has answered asks for more. */
void rig_wait_idle(struct function_rig *rig);

/* Waits for idle sandboxes, so that no second one is started, and makes one call to its result. */
struct rig_result *rig_run(struct function_rig *rig, const char *event);

/* How many lines contain `text`. */
size_t rig_count_lines(const struct function_rig *rig, const char *text);

/* How many sandboxes there are. */
size_t rig_sandboxes(const struct function_rig *rig);

/* The process runs: it is neither gone nor a zombie. */
bool rig_is_there(pid_t pid);

#endif
