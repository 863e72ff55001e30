#include "runtime/alb/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, READ_BYTES = 16 * 1024 };

static bool join(char path[PATH_BYTES], const char *dir, const char *name, const char *suffix)
{
    int n = snprintf(path, PATH_BYTES, "%s/%s%s", dir, name, suffix);
    return n >= 0 && n < PATH_BYTES;
}

static bool write_all(int fd, struct bytes text)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text = bytes_skip(text, (size_t)n);
    }
    return true;
}

/* Closes `fd` in every case; errno is that of the first failure. */
static bool sync_and_close(int fd, bool is_good)
{
    is_good = is_good && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && is_good)
        return false;
    errno = error;
    return is_good;
}

static bool sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && sync_and_close(fd, true);
}

enum rc state_file_write(const char *dir, const char *name, struct bytes text)
{
    char path[PATH_BYTES], fresh[PATH_BYTES];
    if (!join(path, dir, name, "") || !join(fresh, dir, name, ".new"))
        return RC_NOMEM;
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || !sync_and_close(fd, write_all(fd, text)) || rename(fresh, path) != 0 ||
        !sync_folder(dir))
        return RC_IO;
    return RC_OK;
}

enum rc state_file_read(const char *dir, const char *name, struct buf *out)
{
    char path[PATH_BYTES];
    enum rc rc = RC_OK;
    if (!join(path, dir, name, ""))
        return RC_NOMEM;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
    for (ssize_t n = 1; n > 0 && rc == RC_OK;) {
        rc = buf_reserve(out, READ_BYTES);
        if (rc != RC_OK)
            break;
        n = read(fd, out->data + out->len, READ_BYTES);
        if (n < 0)
            rc = RC_IO;
        else
            out->len += (size_t)n;
    }
    int error = errno;
    (void)close(fd);
    errno = error;
    return rc;
}
