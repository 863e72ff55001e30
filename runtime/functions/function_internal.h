#ifndef RUNTIME_FUNCTIONS_FUNCTION_INTERNAL_H
#define RUNTIME_FUNCTIONS_FUNCTION_INTERNAL_H

/*
 * function_internal — what function.c, which gives calls to sandboxes, function_life.c, its
 * beginning and end, and function_watch.c, which tells of it, share.
 *
 * Layer:   functions, private.
 */

#include "runtime/functions/function_texts.h"
#include "runtime/functions/sandbox.h"
#include "runtime/process/census.h"

struct function {
    struct sandbox_options sandbox;
    unsigned concurrency, return_ms;
    struct sandbox *sandboxes; /* the last used first */
    struct invocation *first, **last;
    struct loop_timer return_timer, memory_timer;
    struct census census;
    struct random_state random;
    bool is_freeing, is_retiring;
    struct function_texts texts;
    struct function_stats stats;          /* its `waiting` is the length of the queue */
    unsigned failures;                    /* inits that failed since the last that did not */
    int64_t back_off_end_ms;              /* no sandbox is started before */
    char failure_type[128], failure[128]; /* of the last init that failed */
};

/* --- function.c, for function_life.c --- */

/* The oldest call that waits, off the queue; NULL: none does. */
struct invocation *function_take_waiting(struct function *function);

/* What sandboxes tell, and the timer that waits for those that have answered. */
void function_on_idle(struct sandbox *sandbox);
void function_on_end(struct sandbox *sandbox, bool is_untold);
void function_on_return_timer(struct loop *loop, struct loop_timer *timer);

/* --- function_memory.c --- */

/* A sandbox runs: its memory is looked at again and again until none does. */
void function_watch_memory(struct function *function);
void function_on_memory_timer(struct loop *loop, struct loop_timer *timer);

#endif
