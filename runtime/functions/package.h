#ifndef RUNTIME_FUNCTIONS_PACKAGE_H
#define RUNTIME_FUNCTIONS_PACKAGE_H

/*
 * package — a zip on its way to be a version's code: looked at, unpacked, checked, all beside the
 * loop in a child process.
 *
 * Layer:   functions. Knows process, code.
 * Threads: all on the loop's thread.
 * Source:  "Lambda quotas" (50 MB in a call, 250 MB unzipped); the texts of refusals are Lambda's
 *          where it has one.
 *
 * The program is Info-ZIP's unzip. Its list is read before anything is unpacked (package_list.h),
 * so that no name leads out of the folder and a zip that says it is too large never is; a file of a
 * zip that lies about it ends at the same limit. The tree is checked then (package_tree.h), in a
 * folder that has its final name only when all is right.
 */

#include "runtime/core/bytes.h"
#include "runtime/functions/code.h"
#include "runtime/net/loop.h"

struct package;

/* Once for each package_start, never inside it. code: a reference that is the owner's; NULL:
 * `error` says what is wrong with the zip, or, when is_fault, with this machine. The package is
 * freed. */
typedef void package_done_fn(void *context, struct code *code, bool is_fault, const char *error);

struct package_options {
    struct loop *loop;  /* Required. */
    const char *folder; /* Required: absolute; the package gets a folder in it */
    const char
        *architecture; /* Required: "x86_64" or "arm64"; NULL: a layer's, without bootstrap */
    const char *store; /* where the zip is kept when all is right (code_store.h); NULL */
    package_done_fn *on_done; /* Required. */
    void *context;
};

/* Begins with `zip`, which is written to a file at once. NULL: `error` says what is wrong with this
 * machine: no room, no unzip. */
struct package *package_start(const struct package_options *options, struct bytes zip, char *error,
                              size_t error_len) MUST_CHECK;

/* Ends it without on_done. */
void package_cancel(struct package *package);

#endif
