#include "runtime/process/strays.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/core/bytes.h"

enum {
    ROUNDS = 4,
    ENVIRONMENT_BYTES = 64 * 1024, /* as far as is looked; Lambda allows 4 KB in all */
};

/* The entries stand one behind the other, each with a NUL at its end. */
static bool holds(struct bytes environment, struct bytes mark)
{
    while (environment.len) {
        size_t len = bytes_find(environment, '\0');
        if (bytes_eq(bytes_make(environment.ptr, len), mark))
            return true;
        environment = bytes_skip(environment, len < environment.len ? len + 1 : len);
    }
    return false;
}

static size_t read_environment(int proc_fd, const char *pid, char *text)
{
    char path[NAME_MAX + 16];
    size_t len = 0;
    ssize_t n = 0;
    (void)snprintf(path, sizeof path, "%s/environ", pid);
    int fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while (len < ENVIRONMENT_BYTES && (n = read(fd, text + len, ENVIRONMENT_BYTES - len)) > 0)
        len += (size_t)n;
    (void)close(fd);
    return len;
}

static bool is_ours(int proc_fd, const char *pid)
{
    struct stat info;
    return isdigit((unsigned char)pid[0]) && strtol(pid, NULL, 10) != getpid() &&
           fstatat(proc_fd, pid, &info, 0) == 0 && info.st_uid == geteuid();
}

static bool kill_round(DIR *proc, struct bytes mark, char *text)
{
    bool has_found = false;
    const struct dirent *entry;
    rewinddir(proc);
    while ((entry = readdir(proc)) != NULL) {
        if (!is_ours(dirfd(proc), entry->d_name))
            continue;
        size_t len = read_environment(dirfd(proc), entry->d_name, text);
        if (!holds(bytes_make(text, len), mark))
            continue;
        has_found |= kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL) == 0;
    }
    return has_found;
}

void strays_kill(const char *mark)
{
    DIR *proc = opendir("/proc");
    char *text = malloc(ENVIRONMENT_BYTES);
    if (proc && text)
        for (int i = 0; i < ROUNDS && kill_round(proc, bytes_from_str(mark), text); i++)
            ;
    free(text);
    if (proc)
        (void)closedir(proc);
}
