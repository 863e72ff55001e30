#ifndef RUNTIME_LOCAL_WATCH_H
#define RUNTIME_LOCAL_WATCH_H

/*
 * watch — a folder tree on inotify: tells when sources have changed and have been still for a
 * moment.
 *
 * Layer:   local. Knows net/loop.
 * Threads: all on the loop's thread.
 *
 * Names that begin with a dot, and folders called build or node_modules, are passed over.
 */

#include "runtime/net/loop.h"

struct watch;

typedef void watch_changed_fn(void *context);

/* Watches `directory` and all below it. NULL: `error` says which folder cannot be watched and why.
 */
struct watch *watch_new(struct loop *loop, const char *directory, watch_changed_fn *on_changed,
                        void *context, char *error, size_t error_len) MUST_CHECK;

/* NULL is harmless. */
void watch_free(struct watch *watch);

#endif
