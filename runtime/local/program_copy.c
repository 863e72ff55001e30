#include "runtime/local/program_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static bool copy_bytes(int from, int to)
{
    ssize_t n;
    do
        n = sendfile(to, from, NULL, 1 << 30);
    while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0;
}

/* Under another name first: the copy appears whole, and a running one is never written to. */
static bool copy_file(const char *source, const char *path)
{
    char fresh[PATH_MAX];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    int from = open(source, O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    bool is_whole = to >= 0 && copy_bytes(from, to);
    int error = errno;
    if (from >= 0)
        (void)close(from);
    if (to >= 0)
        is_whole &= close(to) == 0;
    if (is_whole && rename(fresh, path) == 0)
        return true;
    if (to >= 0)
        (void)unlink(fresh);
    errno = error;
    return false;
}

bool program_copy_renew(const struct program_copy *copy, char *error, size_t error_len)
{
    if (copy_file(copy->source, copy->path))
        return true;
    (void)snprintf(error, error_len, "cannot copy '%s': %s", copy->source, strerror(errno));
    return false;
}

bool program_copy_init(struct program_copy *copy, const char *source, char *error, size_t error_len)
{
    const char *slash = strrchr(source, '/');
    int folder_len = slash ? (int)(slash + 1 - source) : 0;
    copy->source = source;
    int n = snprintf(copy->path, sizeof copy->path, "%.*s.%s.%d", folder_len, source,
                     source + folder_len, (int)getpid());
    if (n > 0 && (size_t)n < sizeof copy->path && program_copy_renew(copy, error, error_len))
        return true;
    copy->path[0] = '\0';
    return false;
}

void program_copy_release(struct program_copy *copy)
{
    if (copy->path[0])
        (void)unlink(copy->path);
    copy->path[0] = '\0';
}
