#include "runtime/tool/places.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const char *places_program(struct arena *arena, const char *name)
{
    char own[PATH_MAX];
    struct bytes path;
    if (arena_printf(arena, &path, "build/%s", name) != RC_OK)
        return NULL;
    if (access(path.ptr, X_OK) == 0)
        return path.ptr;
    ssize_t n = readlink("/proc/self/exe", own, sizeof own);
    while (n > 0 && own[n - 1] != '/')
        n--;
    if (n <= 0 || arena_printf(arena, &path, "%.*s%s", (int)n, own, name) != RC_OK)
        return NULL;
    return path.ptr;
}

const char *places_store(struct arena *arena, const char *url, char *error, size_t error_len)
{
    struct bytes scheme = BYTES_LIT("sqlite:"), absolute;
    char folder[PATH_MAX];
    if (!url && mkdir(".duet", 0777) != 0 && errno != EEXIST) {
        (void)snprintf(error, error_len, "cannot make the folder '.duet': %s", strerror(errno));
        return NULL;
    }
    if (!url)
        url = "sqlite:.duet/store.db";
    const char *path = url + scheme.len;
    if (!bytes_starts_with(bytes_from_str(url), scheme) || *path == '/' || *path == '\0')
        return url;
    if (getcwd(folder, sizeof folder) &&
        arena_printf(arena, &absolute, "sqlite:%s/%s", folder, path) == RC_OK)
        return absolute.ptr;
    (void)snprintf(error, error_len, "cannot tell the working folder: %s", strerror(errno));
    return NULL;
}
