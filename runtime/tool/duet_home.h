#ifndef RUNTIME_TOOL_DUET_HOME_H
#define RUNTIME_TOOL_DUET_HOME_H

/* duet_home — where this program's own Duet is: a checkout, or the PREFIX of an installation. */

#include "runtime/core/bytes.h"

enum { DUET_HOME_MAX_BYTES = 4096 };

/* Looks upwards from `program`, an absolute path, for a folder with runtime/duet.h in it (a
 * checkout: the program is in build/ or build/MODE/) or with include/duet/duet.h (the program is in
 * PREFIX/bin/). false: `error` says what was looked for and where. */
bool duet_home_find(const char *program, char home[DUET_HOME_MAX_BYTES], char *error,
                    size_t error_len) MUST_CHECK;

/* The same from this program's own file. */
bool duet_home_own(char home[DUET_HOME_MAX_BYTES], char *error, size_t error_len) MUST_CHECK;

#endif
