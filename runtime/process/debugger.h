#ifndef RUNTIME_PROCESS_DEBUGGER_H
#define RUNTIME_PROCESS_DEBUGGER_H

/*
 * debugger — a child under gdbserver: it stops before its first instruction, and gdb comes to it
 * over a port of 127.0.0.1.
 *
 * Layer:   process. Knows core/.
 *
 * gdbserver and the program are two processes in two groups: signals that are sent to the child
 * reach gdbserver alone, which takes the program with it when it ends. The program's output comes
 * as ever, and gdbserver's own lines with it.
 */

#include "runtime/core/bytes.h"

struct debugger {
    unsigned port; /* 0: gdbserver picks one, and says which (debugger_port) */
};

enum { DEBUGGER_ARGS_MAX = 64, DEBUGGER_ADDRESS_MAX = 32 };

/* false: gdbserver is in no folder of `path`, which is PATH's value (NULL: none); `error` says so,
 * and what to install. */
bool debugger_is_there(const char *path, char *error, size_t error_len) MUST_CHECK;

/* What is run instead of `argv`: gdbserver with it. `address` has its room for as long as `out` is
 * used. false: more than DEBUGGER_ARGS_MAX arguments. */
bool debugger_wrap(const struct debugger *debugger, const char *const *argv,
                   char address[DEBUGGER_ADDRESS_MAX],
                   const char *out[DEBUGGER_ARGS_MAX]) MUST_CHECK;

/* The port on which gdbserver waits, when `line` of a child's output says so; else 0. */
unsigned debugger_port(struct bytes line);

#endif
