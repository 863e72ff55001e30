#include "runtime/local/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Asked once: a function may write many lines. */
static bool has_colours(void)
{
    static int answer = -1;
    if (answer < 0)
        answer = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    return answer;
}

static const char *colour_of(const char *source)
{
    static const char *const colours[] = {"\033[36m", "\033[35m", "\033[33m", "\033[32m"};
    unsigned sum = 0;
    if (!has_colours())
        return NULL;
    for (const char *p = source; *p; p++)
        sum += (unsigned char)*p;
    return colours[sum % 4];
}

void console_line(const char *source, struct bytes line)
{
    const char *colour = colour_of(source);
    (void)printf("%s%-7s%s | %.*s\n", colour ? colour : "", source, colour ? "\033[0m" : "",
                 BYTES_ARG(line));
    (void)fflush(stdout);
}

void console_printf(const char *source, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    console_line(source, bytes_from_str(text));
}
