#ifndef RUNTIME_TOOL_PLACES_H
#define RUNTIME_TOOL_PLACES_H

/* places — where a command finds the homes' programs, and the file of their store. */

#include "runtime/core/arena.h"

/* The path of the program `name`: build/NAME of the working folder, where a service of one's own
 * has it; else the one beside this program, be it there or not. NULL: no memory. */
const char *places_program(struct arena *arena, const char *name);

/* The store's URL with an absolute path, since the homes run in folders of their own.
 *
 * url  as the user gave it; NULL: sqlite:.duet/store.db, whose folder is made
 *
 * NULL: `error` says why */
const char *places_store(struct arena *arena, const char *url, char *error, size_t error_len);

#endif
