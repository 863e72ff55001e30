#include "runtime/process/debugger.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM "gdbserver"

static bool is_program(struct bytes folder)
{
    char path[4096];
    struct stat file;
    int n = snprintf(path, sizeof path, "%.*s/" PROGRAM, BYTES_ARG(folder));
    return n > 0 && (size_t)n < sizeof path && stat(path, &file) == 0 && S_ISREG(file.st_mode) &&
           access(path, X_OK) == 0;
}

bool debugger_is_there(const char *path, char *error, size_t error_len)
{
    struct bytes rest = bytes_from_str(path);
    while (rest.len) {
        size_t len = bytes_find(rest, ':');
        if (is_program(bytes_make(rest.ptr, len)))
            return true;
        rest = bytes_skip(rest, len < rest.len ? len + 1 : len);
    }
    (void)snprintf(error, error_len,
                   "--debug needs " PROGRAM
                   ", which is not in PATH (Debian and Ubuntu: apt install "
                   "gdb " PROGRAM ")");
    return false;
}

bool debugger_wrap(const struct debugger *debugger, const char *const *argv,
                   char address[DEBUGGER_ADDRESS_MAX], const char *out[DEBUGGER_ARGS_MAX])
{
    size_t count = 0;
    (void)snprintf(address, DEBUGGER_ADDRESS_MAX, "127.0.0.1:%u", debugger->port);
    out[count++] = PROGRAM;
    out[count++] = "--no-startup-with-shell";
    out[count++] = address;
    while (*argv && count < DEBUGGER_ARGS_MAX - 1)
        out[count++] = *argv++;
    out[count] = NULL;
    return !*argv;
}

unsigned debugger_port(struct bytes line)
{
    static const struct bytes begin = BYTES_INIT("Listening on port ");
    uint64_t port = 0;
    if (!bytes_starts_with(line, begin) || !bytes_to_u64(bytes_skip(line, begin.len), 65535, &port))
        return 0;
    return (unsigned)port;
}
