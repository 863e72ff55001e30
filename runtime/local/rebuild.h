#ifndef RUNTIME_LOCAL_REBUILD_H
#define RUNTIME_LOCAL_REBUILD_H

/*
 * rebuild — `duet local --watch`: when a source changes, runs make, and says which programs are
 * new.
 *
 * Layer:   local. Knows watch and process.
 * Threads: all on the loop's thread.
 */

#include "runtime/net/loop.h"

struct rebuild;

enum { REBUILD_PROGRAMS = 2 };

struct rebuild_options {
    struct loop *loop;                      /* Required. */
    const char *programs[REBUILD_PROGRAMS]; /* Required: what make makes; borrowed. */
    /* The copy of program number `which` is new. */
    void (*on_new)(void *context, int which); /* Required. */
    void *context;
};

/* Watches the working folder. NULL: `error` says why. */
struct rebuild *rebuild_new(const struct rebuild_options *options, char *error,
                            size_t error_len) MUST_CHECK;

/* The path of the copy of program number `which`; valid until rebuild_free. */
const char *rebuild_program(const struct rebuild *rebuild, int which);

/* Ends a make that runs and removes the copies; NULL is harmless. */
void rebuild_free(struct rebuild *rebuild);

#endif
