#include "tests/support/captured.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORDS_MAX = 15, LINE_MAX_BYTES = 4096 };

/* Turns `fd` to a file in memory; returns the file, and in `saved` what was there before. */
static int turn(int fd, int *saved)
{
    int file = memfd_create("captured", MFD_CLOEXEC);
    *saved = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (file < 0 || *saved < 0 || dup2(file, fd) < 0)
        abort();
    return file;
}

static void turn_back(int fd, int saved, int file, char *text)
{
    if (dup2(saved, fd) < 0)
        abort();
    ssize_t n = pread(file, text, CAPTURED_MAX - 1, 0);
    text[n > 0 ? n : 0] = 0;
    (void)close(saved);
    (void)close(file);
}

static int split(char *line, char *words[WORDS_MAX + 1])
{
    int count = 0;
    for (char *word; (word = strsep(&line, " ")) && count < WORDS_MAX;)
        words[count++] = word;
    words[count] = NULL;
    return count;
}

void captured_run(struct captured *captured, int (*command)(int argc, char **argv),
                  const char *line)
{
    char copy[LINE_MAX_BYTES], *words[WORDS_MAX + 1];
    int saved[2];
    (void)snprintf(copy, sizeof copy, "%s", line);
    int count = split(copy, words);
    (void)fflush(NULL);
    int out = turn(STDOUT_FILENO, &saved[0]), err = turn(STDERR_FILENO, &saved[1]);
    captured->status = command(count, words);
    (void)fflush(NULL);
    turn_back(STDOUT_FILENO, saved[0], out, captured->out);
    turn_back(STDERR_FILENO, saved[1], err, captured->err);
}
