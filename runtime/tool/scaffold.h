#ifndef RUNTIME_TOOL_SCAFFOLD_H
#define RUNTIME_TOOL_SCAFFOLD_H

/*
 * scaffold — a new folder with the files of a service in it, whole or not at all.
 *
 * Layer:   tool.
 */

#include "runtime/core/buf.h"
#include "runtime/core/rc.h"
#include "runtime/tool/templates.h"

/* What stands for the @WORDS@ of a template. */
struct scaffold_words {
    struct bytes name; /* @NAME@ */
    struct bytes duet; /* @DUET@ */
};

enum {
    SCAFFOLD_NAME_MAX_BYTES = 64,        /* of a service's name */
    SCAFFOLD_TEXT_MAX_BYTES = 64 * 1024, /* of one file */
};

/* The name of a service in `folder`: its last part with every byte but letters, digits, '-' and '_'
 * turned into '-', cut at SCAFFOLD_NAME_MAX_BYTES; "service" when nothing is left of it. */
void scaffold_name(struct bytes folder, char name[SCAFFOLD_NAME_MAX_BYTES + 1]);

/* Appends `text` with its words replaced; any other '@' stays. A refusal sets out->failed. */
void scaffold_expand(struct bytes text, const struct scaffold_words *words, struct buf *out);

/* Makes `folder` (its parent must be there) with the `files`, a table that ends with a NULL name. A
 * folder that is there and empty is taken.
 *
 * RC_OK
 * RC_EXISTS  it is there, and is no folder or not empty; nothing was touched
 * RC_IO      the system refused; what was made is gone again
 * RC_NOMEM   the same, for want of memory
 * But for RC_OK `error` says what failed with which path. */
enum rc scaffold_write(const char *folder, const struct embedded_file *files,
                       const struct scaffold_words *words, char *error,
                       size_t error_len) MUST_CHECK;

#endif
