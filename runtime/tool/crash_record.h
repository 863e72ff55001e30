#ifndef RUNTIME_TOOL_CRASH_RECORD_H
#define RUNTIME_TOOL_CRASH_RECORD_H

/*
 * crash_record — the log line of a crash (core/crash_line.h), read back.
 *
 * Layer:   tool.
 */

#include "runtime/core/arena.h"
#include "runtime/core/backtrace.h"

struct crash_record {
    struct bytes timestamp, message, request_id, build_id;
    uintptr_t base;
    uintptr_t addresses[BACKTRACE_MAX]; /* at least one */
    size_t address_count;
};

/* Reads `line`, which may have anything before the JSON object, such as the name of a home or the
 * time of a log service. The views are the arena's. false: it is not the line of a crash. */
bool crash_record_read(struct bytes line, struct arena *arena,
                       struct crash_record *record) MUST_CHECK;

#endif
