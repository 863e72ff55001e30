#include "runtime/process/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAP_BYTES = 64, DIGITS = 20 };

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    size_t len = strlen(text);
    bool is_written = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    if (fd >= 0)
        (void)close(fd);
    return is_written;
}

/* stpcpy and this, since printf is not for a child between fork and exec. */
static char *put_number(char *to, unsigned number)
{
    char digits[DIGITS];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (n)
        *to++ = digits[--n];
    return to;
}

/* "ID ID 1": that one id is the same inside. */
static void write_map(char map[MAP_BYTES], unsigned id)
{
    char *to = put_number(map, id);
    *to++ = ' ';
    (void)stpcpy(put_number(to, id), " 1");
}

/* A user namespace, in which one may have a mount namespace. */
static bool enter_as_user(void)
{
    char users[MAP_BYTES], groups[MAP_BYTES];
    write_map(users, geteuid());
    write_map(groups, getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", users) &&
           write_file("/proc/self/gid_map", groups);
}

bool mapping_make(const char *folder)
{
    if (unshare(CLONE_NEWNS) != 0 && !enter_as_user())
        return false;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(folder, MAPPING_AT, NULL, MS_BIND | MS_REC, NULL) != 0)
        return false;
    (void)mount(NULL, MAPPING_AT, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV,
                NULL);
    return true;
}

bool mapping_is_possible(void)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(mapping_make(MAPPING_AT) ? 0 : 1);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
