#ifndef RUNTIME_CORE_CRASH_H
#define RUNTIME_CORE_CRASH_H

/*
 * crash — the last words of a process: SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT.
 *
 * Layer:   core. The signal handler uses async-signal-safe means alone.
 * Threads: the first crash has the word; a second one, of any thread, ends the process at once.
 *
 * On a crash: somebody is told (the Lambda home tells the Runtime API), one JSON line goes to the
 * log (crash_line.h), and the process dies by the same signal, as it would have died without us.
 *
 * Under the address and thread sanitizers all of this does nothing: their own handlers say more.
 */

#include "runtime/core/crash_line.h"

/* Tells about the crash, in a bounded time, by async-signal-safe means alone; on the stack of the
 * handler, a few kilobytes. Returns the status of the reply, 0 for none. */
typedef int crash_tell_fn(const struct crash *crash);

/* Sets the handlers and gives the calling thread, the first one, a stack for them. `tell` may be
 * NULL. Once, before threads start. */
void crash_watch(crash_tell_fn *tell);

/* Where the handler runs when the thread's own stack is used up. */
enum { CRASH_STACK_BYTES = 64 * 1024 };

struct crash_stack {
    _Alignas(16) char room[CRASH_STACK_BYTES];
};

/* Gives the calling thread `stack`, a variable of its outermost function: what lies there is never
 * run over, and needs no freeing. Before that function returns: crash_thread_end. A thread without
 * these two has no backtrace, and no words for an overflow of its stack. */
void crash_thread_begin(struct crash_stack *stack);
void crash_thread_end(void);

#endif
