#ifndef RUNTIME_FUNCTIONS_LAYERS_H
#define RUNTIME_FUNCTIONS_LAYERS_H

/*
 * layers — what functions share: numbered zips of files for /opt, each of which stays as it was
 * published.
 *
 * Layer:   functions. Knows code; nothing of functions or HTTP.
 * Memory:  what it hands out stays as long as the layers: a version that is deleted is kept for
 * the functions that have it, as on Lambda, and nobody else finds it.
 * Threads: all on the loop's thread.
 * Source:  "Managing Lambda dependencies with layers", Lambda developer guide; PublishLayerVersion.
 */

#include "runtime/functions/code.h"

enum {
    LAYER_NAME_MAX = 140,
    LAYER_ARN_MAX = 256,
    LAYER_DESCRIPTION_MAX = 256,
    LAYER_LICENSE_MAX = 512,
    LAYERS_OF_FUNCTION_MAX = 5,
};

struct layer_version {
    const struct layer *layer;
    unsigned number; /* from 1 */
    struct code *code;
    char arn[LAYER_ARN_MAX];
    char description[LAYER_DESCRIPTION_MAX + 1], license[LAYER_LICENSE_MAX + 1];
    int64_t created_epoch_ms;
    bool is_deleted;
    struct layer_version *next; /* a lower number */
};

struct layer {
    char name[LAYER_NAME_MAX + 1];
    char arn[LAYER_ARN_MAX];
    struct layer_version *versions; /* the highest number first */
    unsigned published;             /* the highest number so far; numbers are not used again */
    struct layer *next;             /* by name */
};

struct layers {
    const char *region, *account; /* of ARNs; borrowed */
    struct layer *first;
};

/* Works on a zeroed struct. */
void layers_release(struct layers *layers);

/* true: 1 to 140 letters, digits, '-' and '_'. */
bool layer_is_name(struct bytes name);

/* NULL: there has been none of that name. */
struct layer *layers_find(const struct layers *layers, struct bytes name);

/* The same, made where it is missing; `name` is one. NULL: no memory. */
struct layer *layers_have(struct layers *layers, struct bytes name) MUST_CHECK;

/* A version of that number, higher than all before it, with a reference to `code`. NULL: no memory.
 */
struct layer_version *layer_add(struct layer *layer, unsigned number, struct code *code) MUST_CHECK;

/* One that is not deleted; NULL: there is none. */
struct layer_version *layer_version_find(const struct layer *layer, unsigned number);

/* The version of an ARN, a deleted one too; NULL: there is none. */
struct layer_version *layers_find_arn(const struct layers *layers, struct bytes arn);

/* Makes a folder of what the layers `arns` hold, ended with NULL, one after the other: a file of a
 * later one takes the place of one before it. The files are the layers' own, by hard links.
 *
 * The folder is the caller's to free, and to remove (code_remove_folder). NULL: `error` says what
 * is wrong. */
char *layers_merge(const struct layers *layers, const char *const *arns, char *error,
                   size_t error_len) MUST_CHECK;

#endif
