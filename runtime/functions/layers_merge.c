#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/functions/layers.h"

/* Links take no time and no room, whatever the layers hold: both folders are in the same one. */

static bool is_folder(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* What is there with that name goes, but for a folder that stays one. */
static void make_room(const char *to, bool for_folder)
{
    if (is_folder(to) && !for_folder)
        code_remove_folder(to);
    else if (!is_folder(to))
        (void)unlink(to);
}

static bool merge(const char *from, const char *to);

/* A symbolic link is linked itself, not what it names. */
static bool merge_entry(const char *from, const char *to, const char *name)
{
    char source[PATH_MAX], target[PATH_MAX];
    if (snprintf(source, sizeof source, "%s/%s", from, name) >= PATH_MAX ||
        snprintf(target, sizeof target, "%s/%s", to, name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    bool is_deep = is_folder(source);
    make_room(target, is_deep);
    if (!is_deep)
        return link(source, target) == 0;
    return (mkdir(target, 0755) == 0 || errno == EEXIST) && merge(source, target);
}

static bool merge(const char *from, const char *to)
{
    DIR *folder = opendir(from);
    bool is_whole = folder != NULL;
    for (const struct dirent *entry; is_whole && (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            is_whole = merge_entry(from, to, entry->d_name);
    int reason = errno;
    if (folder)
        (void)closedir(folder);
    errno = reason;
    return is_whole;
}

/* A new folder beside those of packages. */
static char *make_folder(const struct layer_version *version)
{
    char *folder = NULL;
    if (asprintf(&folder, "%s.opt-XXXXXX", version->code->folder) < 0)
        return NULL;
    if (mkdtemp(folder) && chmod(folder, 0755) == 0)
        return folder;
    free(folder);
    return NULL;
}

char *layers_merge(const struct layers *layers, const char *const *arns, char *error,
                   size_t error_len)
{
    char *folder = NULL;
    for (; *arns; arns++) {
        const struct layer_version *version = layers_find_arn(layers, bytes_from_str(*arns));
        errno = ENOENT;
        if (version && !folder)
            folder = make_folder(version);
        if (version && folder && merge(version->code->folder, folder))
            continue;
        (void)snprintf(error, error_len, "cannot make /opt of the layer %s: %s", *arns,
                       strerror(errno));
        if (folder)
            code_remove_folder(folder);
        free(folder);
        return NULL;
    }
    return folder;
}
