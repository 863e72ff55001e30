#ifndef RUNTIME_SERVER_LIFE_H
#define RUNTIME_SERVER_LIFE_H

/*
 * life — what the main thread does while the loops serve: it waits for signals and for the loops'
 * end, writes the metrics of each period, and buries orphans when it is process 1 of a container.
 *
 * Layer:   server.
 * Threads: the main thread's alone; others write to done_fd.
 */

#include <stdint.h>

#include "runtime/core/metrics.h"

struct life {
    int signal_fd;
    int done_fd;                      /* an eventfd: each loop that ends adds 1 */
    uint64_t done_count;              /* loops that have ended */
    uint64_t loop_count;              /* loops that were started; set by the owner */
    struct metrics *metrics;          /* NULL: none are written; set by the owner */
    int64_t period_ms;                /* between two summaries */
    int64_t summary_ms;               /* when the next is due */
    void (*on_hangup)(void *context); /* for SIGHUP; NULL: it ends the server; set by the owner */
    void *hangup_context;
    int signal_number; /* the last one that life_wait told of */
};

enum life_event {
    LIFE_SIGNAL, /* SIGTERM, SIGINT or SIGHUP; life->signal_number says which */
    LIFE_DONE,   /* all loops have ended */
    LIFE_TIME,   /* `end_ms` is past */
};

/* Blocks the signals, for this thread and all that it starts from now on. They are read as bytes,
 * which process 1 can too: the kernel drops what has no handler there, but never what is blocked.
 * SIGHUP is left alone where it is ignored, as under nohup.
 * RC_IO: no descriptor is left. */
enum rc life_init(struct life *life) MUST_CHECK;

/* Has the summaries of `metrics` written, the first after `period_ms`; 0: never. */
void life_write_metrics(struct life *life, struct metrics *metrics, int64_t period_ms);

/* Waits until `end_ms` (clock_ms_monotonic; INT64_MAX: for ever). */
enum life_event life_wait(struct life *life, int64_t end_ms);

/* Harmless after a failed life_init. */
void life_release(struct life *life);

#endif
