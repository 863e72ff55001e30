#ifndef TESTS_SUPPORT_CAPTURED_H
#define TESTS_SUPPORT_CAPTURED_H

/* captured — what a command of the tool prints when it is called as a function. */

enum { CAPTURED_MAX = 64 * 1024 };

struct captured {
    int status;
    char out[CAPTURED_MAX], err[CAPTURED_MAX];
};

/* Calls `command` with the words of `line`, split at blanks, as its arguments; words have no blanks
 * and there are at most 15. */
void captured_run(struct captured *captured, int (*command)(int argc, char **argv),
                  const char *line);

#endif
