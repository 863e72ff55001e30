#ifndef RUNTIME_TOOL_ADDR2LINE_H
#define RUNTIME_TOOL_ADDR2LINE_H

/*
 * addr2line — functions and lines of addresses, by the program of that name (binutils).
 *
 * Layer:   tool.
 */

#include "runtime/core/buf.h"

/* Appends what `addr2line -a -f -i` prints about `file`: for each address a line that begins with
 * "0x", then two lines, function and file:line, for it and for each function that it is inlined
 * into.
 *
 * addresses  as the file has them, without the base of a process
 * count      at most BACKTRACE_MAX
 *
 * false: `error` says why, such as "cannot run 'addr2line': No such file or directory" */
bool addr2line_run(const char *file, const uintptr_t *addresses, size_t count, struct buf *out,
                   char *error, size_t error_len) MUST_CHECK;

#endif
