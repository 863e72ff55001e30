#ifndef RUNTIME_LOCAL_PROGRAM_COPY_H
#define RUNTIME_LOCAL_PROGRAM_COPY_H

/*
 * program_copy — a copy of a program beside it, which runs while make writes the program anew.
 *
 * Layer:   local.
 *
 * A sandbox or a task may be started at any time; started in the middle of a link, it would find no
 * program, or half of one.
 */

#include <limits.h>

#include "runtime/core/bytes.h"

struct program_copy {
    const char *source;  /* borrowed */
    char path[PATH_MAX]; /* of the copy: a hidden file in the source's folder */
};

/* Copies `source`. false: `error` names the file and the reason, and nothing is left behind. */
bool program_copy_init(struct program_copy *copy, const char *source, char *error,
                       size_t error_len) MUST_CHECK;

/* Copies it again; who runs the old copy keeps it. false: the old copy stays. */
bool program_copy_renew(const struct program_copy *copy, char *error, size_t error_len) MUST_CHECK;

/* Removes the copy; works on a zeroed struct. */
void program_copy_release(struct program_copy *copy);

#endif
