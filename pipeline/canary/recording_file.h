#ifndef PIPELINE_CANARY_RECORDING_FILE_H
#define PIPELINE_CANARY_RECORDING_FILE_H

/*
 * recording_file — a whole recording in memory, for the commands that read one.
 *
 * Layer:   canary.
 */

#include "runtime/core/buf.h"

/* Reads the file `path`, or stdin for "-", into `text`, which the caller releases in each case.
 * false: it cannot be read, or is over LIMIT_CANARY_RECORDING_BYTES; said on stderr, behind
 * `command`. */
bool recording_file_read(const char *command, const char *path, struct buf *text) MUST_CHECK;

#endif
