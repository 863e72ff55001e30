#ifndef RUNTIME_FUNCTIONS_CODE_H
#define RUNTIME_FUNCTIONS_CODE_H

/*
 * code — what a version of a function runs: an unpacked package in a folder of its own, or a
 * program that the owner keeps.
 *
 * Layer:   functions. Knows core/.
 * Memory:  counted references: versions and their sandboxes share one code, and the folder goes
 * with the last of them. Threads: all on the loop's thread.
 */

#include "runtime/core/bytes.h"

enum { CODE_SHA256_LEN = 44 }; /* in base64 */

struct code {
    char *program;                    /* path of the bootstrap */
    char *folder;                     /* removed with the code; NULL: a program of the owner's */
    char sha256[CODE_SHA256_LEN + 1]; /* of the zip, or of the program's bytes; base64 */
    size_t size_bytes;                /* of the same */
    unsigned _ref_count;
};

/* The code of a program that the owner keeps, read for its hash. One reference is the caller's.
 * NULL: no memory, or it cannot be read: `error` names it. */
struct code *code_of_program(const char *program, char *error, size_t error_len) MUST_CHECK;

/* The code of an unpacked `zip`: the folder, with a bootstrap in it, is taken over on success. One
 * reference is the caller's. NULL: no memory. */
struct code *code_of_folder(const char *folder, const char *sha256, size_t size_bytes) MUST_CHECK;

struct code *code_ref(struct code *code);

/* NULL is harmless. */
void code_unref(struct code *code);

/* Writes the SHA-256 of `bytes` in base64, and a NUL. */
void code_sha256(struct bytes bytes, char out[CODE_SHA256_LEN + 1]);

/* Removes a folder and all in it, following no link. */
void code_remove_folder(const char *folder);

#endif
