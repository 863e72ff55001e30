#ifndef RUNTIME_ALB_STATE_FILE_H
#define RUNTIME_ALB_STATE_FILE_H

/*
 * state_file — a file that is always whole: the old text or the new one, also after a crash.
 *
 * Layer:   alb. Knows core/ and the file system.
 * Threads: any; two writers of one file must take turns.
 */

#include "runtime/core/buf.h"

/* Replaces DIR/NAME by `text`, readable for its owner alone: writes DIR/NAME.new, has the disk take
 * it, renames it, has the disk take that too.
 *
 * RC_OK · RC_IO: errno says why; the old file is as it was · RC_NOMEM: the path is too long */
enum rc state_file_write(const char *dir, const char *name, struct bytes text) MUST_CHECK;

/* Appends all of DIR/NAME to `out`.
 *
 * RC_OK · RC_NOT_FOUND: there is no such file · RC_IO: errno says why · RC_NOMEM: over the buffer's
 * maximum, or the path is too long */
enum rc state_file_read(const char *dir, const char *name, struct buf *out) MUST_CHECK;

#endif
