#ifndef RUNTIME_CORE_CRASH_LINE_H
#define RUNTIME_CORE_CRASH_LINE_H

/*
 * crash_line — what is said of a crash: its kind, one sentence, and the log line.
 *
 * Layer:   core.
 * All functions are async-signal-safe as long as `out` never grows (cap == max). `duet symbolize`
 * reads what crash_line_append writes.
 */

#include "runtime/core/backtrace.h"
#include "runtime/core/buf.h"

struct crash {
    int signal;
    bool is_overflow; /* of the stack */
    bool has_address;
    uintptr_t address; /* what was touched (SIGSEGV, SIGBUS) or run (SIGILL, SIGFPE) */
};

/* The signals of a crash; each has a name and a type. */
enum { CRASH_SIGNAL_COUNT = 5 };
extern const int crash_signals[CRASH_SIGNAL_COUNT];

/* "SIGSEGV"; for another signal "a signal". */
const char *crash_signal_name(int signal);

/* The function error's type, such as "Runtime.SegmentationFault", in letters alone. */
const char *crash_error_type(const struct crash *crash);

/* Appends "crashed by SIGSEGV at address 0x10", in plain ASCII without quotes. */
void crash_message_append(struct buf *out, const struct crash *crash);

struct crash_line {
    struct crash crash;
    int64_t epoch_ms;
    struct bytes request_id;           /* empty: none in hand */
    int report_status;                 /* of the Runtime API's reply; 0: nothing was told */
    const struct program_image *image; /* its build id and base */
    const uintptr_t *addresses;        /* as backtrace_walk gives them */
    size_t address_count;
};

/* Appends the line, with its end: a JSON object with "level":"FATAL", the sentence as "message",
 * "requestId", "signal", "errorType", "reportStatus", "buildId", "base" and "addresses"
 * (hexadecimal texts, raw). */
void crash_line_append(struct buf *out, const struct crash_line *line);

#endif
