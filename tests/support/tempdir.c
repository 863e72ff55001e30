#include "tests/support/tempdir.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tempdir_init(struct tempdir *dir)
{
    const char *parent = getenv("TMPDIR");
    int n = snprintf(dir->path, sizeof dir->path, "%s/duet-test-XXXXXX",
                     parent && parent[0] ? parent : "/tmp");
    if (n < 0 || (size_t)n >= sizeof dir->path || !mkdtemp(dir->path))
        abort();
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void tempdir_release(struct tempdir *dir)
{
    if (dir->path[0])
        (void)nftw(dir->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    dir->path[0] = '\0';
}

const char *tempdir_join(const struct tempdir *dir, const char *prefix, const char *name,
                         char out[2 * TEMPDIR_PATH_MAX])
{
    int n = snprintf(out, 2 * TEMPDIR_PATH_MAX, "%s%s/%s", prefix, dir->path, name);
    if (n < 0 || n >= 2 * TEMPDIR_PATH_MAX)
        abort();
    return out;
}

void tempdir_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) != 0)
        abort();
}
