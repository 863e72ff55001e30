#ifndef RUNTIME_LOCAL_CONSOLE_H
#define RUNTIME_LOCAL_CONSOLE_H

/* console — what `duet local` shows people: lines on stdout, each with its source in front. */

#include "runtime/core/bytes.h"

/* Writes "source | line". Colours only when stdout is a terminal and NO_COLOR is not set. */
void console_line(const char *source, struct bytes line);

/* The same, formatted. */
void console_printf(const char *source, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
