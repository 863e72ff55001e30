#ifndef RUNTIME_CORE_BACKTRACE_H
#define RUNTIME_CORE_BACKTRACE_H

/*
 * backtrace — the calls that led to a crash, as raw addresses, found inside a signal handler.
 *
 * Layer:   core.
 * Threads: the program is looked up once, before threads start; a walk only reads.
 *
 * The C library's own unwinders take locks and memory, which a crashed process may not, and the
 * static one has no tables for them. Our code is compiled with frame pointers in every mode, so a
 * frame is a pair of words on the stack: the caller's frame pointer and the return address. Code of
 * the C library keeps no such pairs. It is crossed by its return addresses: a word on the stack is
 * taken for one when it stands behind a call of the function that was seen last. Above a function
 * of ours that a static C library has called (a comparison for qsort), addresses may be old ones.
 */

#include "runtime/core/bytes.h"

enum { BUILD_ID_MAX_BYTES = 32, BACKTRACE_MAX = 48 };

/* The running program, as a log must name it for somebody to find its source lines later. */
struct program_image {
    uintptr_t base;                 /* what an address has to be reduced by; 0: not moved */
    uintptr_t text_start, text_end; /* its code */
    bool has_libraries;             /* code of others may be on the stack */
    unsigned char build_id[BUILD_ID_MAX_BYTES];
    size_t build_id_len; /* 0: linked without one */
};

/* Looks at the program headers of the running program. Not for signal handlers. */
void program_image_read(struct program_image *image);

/* Where a walk begins and ends. */
struct backtrace_start {
    uintptr_t pc, sp, fp; /* registers of the crash */
    uintptr_t link;       /* the link register (arm64), or 0 */
    uintptr_t top;        /* words from here on are not read; must be on this thread's stack */
};

/* Writes the address of the crash itself to out[0], then return addresses, innermost first.
 *
 * out, count  `*count` grows as addresses are found, so that what was found is there even when a
 *             fault ends the walk: the stack pointer of a crash may be anything
 *
 * Async-signal-safe. An address in the C library is followed by its caller in the program. */
void backtrace_walk(const struct program_image *image, const struct backtrace_start *start,
                    uintptr_t out[BACKTRACE_MAX], volatile size_t *count);

#endif
