#ifndef RUNTIME_TOOL_BUILD_ID_H
#define RUNTIME_TOOL_BUILD_ID_H

/*
 * build_id — the name that the linker gave a program, read from its file or from the file of its
 * symbols.
 *
 * Layer:   tool.
 */

#include "runtime/core/bytes.h"

enum { BUILD_ID_TEXT_MAX = 2 * 32 + 1 };

/* Finds the build id in the bytes of a 64-bit ELF file of this machine's byte order. false: it is
 * no such file, or it has none. `id` is a view of `file`. */
bool build_id_find(struct bytes file, struct bytes *id) MUST_CHECK;

/* Reads the build id of the file `path` as hexadecimal text.
 *
 * NULL: `text` is set; else why not, in static words: "no such file", "no ELF file with a build id"
 * and so on */
const char *build_id_read(const char *path, char text[BUILD_ID_TEXT_MAX]) MUST_CHECK;

#endif
