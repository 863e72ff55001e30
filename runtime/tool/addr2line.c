#include "runtime/tool/addr2line.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/backtrace.h"

enum { FIXED_ARGS = 6, READ_BYTES = 4096, ADDRESS_BYTES = 2 + 16 + 1 };

extern char **environ;

static bool fail(char *error, size_t error_len, const char *what, int number)
{
    (void)snprintf(error, error_len, "%s: %s", what, strerror(number));
    return false;
}

/* Starts it with its stdout at the other end of *fd. */
static bool start(char *const *argv, pid_t *id, int *fd, char *error, size_t error_len)
{
    posix_spawn_file_actions_t actions;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(error, error_len, "cannot make a pipe", errno);
    int number = posix_spawn_file_actions_init(&actions);
    if (number == 0) {
        number = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        if (number == 0)
            number = posix_spawnp(id, argv[0], &actions, NULL, argv, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)close(ends[1]);
    *fd = ends[0];
    if (number == 0)
        return true;
    (void)close(ends[0]);
    return fail(error, error_len, "cannot run 'addr2line' (it comes with binutils)", number);
}

static void read_all(int fd, struct buf *out)
{
    ssize_t n = 1;
    while (n > 0 && buf_reserve(out, READ_BYTES) == RC_OK) {
        do
            n = read(fd, out->data + out->len, READ_BYTES);
        while (n < 0 && errno == EINTR);
        if (n > 0)
            out->len += (size_t)n;
    }
}

static bool wait_for_end(pid_t id, char *error, size_t error_len)
{
    int status = 0;
    while (waitpid(id, &status, 0) < 0)
        if (errno != EINTR)
            return fail(error, error_len, "cannot wait for 'addr2line'", errno);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    (void)snprintf(error, error_len, "'addr2line' failed");
    return false;
}

bool addr2line_run(const char *file, const uintptr_t *addresses, size_t count, struct buf *out,
                   char *error, size_t error_len)
{
    char texts[BACKTRACE_MAX][ADDRESS_BYTES];
    char name[] = "addr2line", show_address[] = "-a", show_function[] = "-f", show_inlined[] = "-i",
         file_option[] = "-e";
    char *argv[FIXED_ARGS + BACKTRACE_MAX + 1] = {name,         show_address, show_function,
                                                  show_inlined, file_option,  NULL};
    pid_t id;
    int fd;
    argv[FIXED_ARGS - 1] = (char *)(uintptr_t)file; /* posix_spawn changes nothing of its argv */
    for (size_t i = 0; i < count && i < BACKTRACE_MAX; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "0x%llx", (unsigned long long)addresses[i]);
        argv[FIXED_ARGS + i] = texts[i];
    }
    if (!start(argv, &id, &fd, error, error_len))
        return false;
    read_all(fd, out);
    (void)close(fd);
    return wait_for_end(id, error, error_len);
}
