#ifndef HANDLERS_SYSTEM_H
#define HANDLERS_SYSTEM_H

/*
 * system — figures of the machine and of this process, as the kernel tells them.
 *
 * Layer:   application. Reads /proc, which the kernel makes as it is read: it never waits for a
 * disk. Each function returns false, and sets nothing that counts, where the kernel does not tell.
 */

#include "runtime/core/bytes.h"

/* Bytes of the machine's memory: all of it, and what programs could still have. */
bool system_memory(uint64_t *total, uint64_t *available) MUST_CHECK;

/* Bytes of this process that are in memory. */
bool system_resident(uint64_t *bytes) MUST_CHECK;

/* Milliseconds that all processors together have been busy and idle since the system's start. */
bool system_cpu_times(uint64_t *busy_ms, uint64_t *idle_ms) MUST_CHECK;

/* Microseconds of processor time that this process has used. */
bool system_process_cpu(uint64_t *us) MUST_CHECK;

#endif
