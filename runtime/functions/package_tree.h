#ifndef RUNTIME_FUNCTIONS_PACKAGE_TREE_H
#define RUNTIME_FUNCTIONS_PACKAGE_TREE_H

/*
 * package_tree — what an unpacked package must be before it may run; for package.c.
 *
 * Layer:   functions. Reads files; changes nothing.
 * Source:  "Using the Lambda runtime API for custom runtimes": an executable file `bootstrap` at
 * the root; "Lambda quotas": 250 MB unzipped.
 */

#include "runtime/core/bytes.h"

/* Looks at all of `folder`, an absolute path.
 *
 * architecture  "x86_64" or "arm64": what a bootstrap that is an ELF program must be for. Any other
 *               bootstrap begins with "#!". NULL: a layer's, which needs no bootstrap
 *
 * false: `error` says what is wrong and names it: no bootstrap, one that is no regular file, is not
 * executable, or for another architecture; a link that leads out of the package or nowhere; a
 * device or socket; over LIMIT_PACKAGE_BYTES in all */
bool package_tree_check(const char *folder, const char *architecture, char *error,
                        size_t error_len) MUST_CHECK;

/* The architecture of this machine, as Lambda names it. */
const char *package_tree_architecture(void);

#endif
