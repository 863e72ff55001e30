#ifndef RUNTIME_FUNCTIONS_CODE_STORE_H
#define RUNTIME_FUNCTIONS_CODE_STORE_H

/*
 * code_store — the packages of functions in a folder that outlives the rig: FOLDER/SHA256.zip, in
 * hexadecimal digits, each once however many versions have it.
 *
 * Layer:   functions. Knows code, package and alb/state_file.h.
 * Threads: all on the loop's thread, which waits for the disk.
 */

#include "runtime/functions/registry.h"

/* Puts the zip in the file `path` there, where it is not yet; on the disk when that returns.
 * `sha256` as struct code has it. The folder is made where it is missing. false: `error` says why.
 */
bool code_store_put(const char *folder, const char *path, const char *sha256, char *error,
                    size_t error_len) MUST_CHECK;

/* Unpacks the package with that SHA-256, a function's or a layer's, into a new folder in `work`, an
 * absolute path, and waits for it. A reference is the caller's. NULL: `error` names the file and
 * what is wrong: it is not there, its bytes are others, or what package_start and its end say. */
struct code *code_store_take(const char *folder, const char *sha256, bool is_layer,
                             const char *work, char *error, size_t error_len) MUST_CHECK;

/* Removes the zips that no version of a function or layer of the registry has. */
void code_store_sweep(const char *folder, struct registry *registry);

#endif
