#include "runtime/process/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/core/bytes.h"

#define PREFIX "duet-"

enum { TEXT_MAX = 4096, NAME_ROOM = 64 };

/* --- the kernel's files --- */

/* "" where it cannot be read. */
static void get(const char *folder, const char *name, char text[TEXT_MAX])
{
    char path[CGROUP_PATH_MAX + NAME_ROOM];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, TEXT_MAX - 1);
    text[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        (void)close(fd);
}

/* false: errno says why. */
static bool put(const char *folder, const char *name, const char *text)
{
    char path[CGROUP_PATH_MAX + NAME_ROOM];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_put = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = error;
    return is_put;
}

static bool make_folder(const char *path)
{
    return mkdir(path, 0755) == 0 || errno == EEXIST;
}

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += len)
        if ((at == list || at[-1] == ' ') && strchr(" \n", at[len]))
            return true;
    return false;
}

/* --- the tree --- */

static bool find_own(char folder[CGROUP_PATH_MAX])
{
    char text[TEXT_MAX];
    get("/proc/self", "cgroup", text);
    const char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    line = line ? strchr(line, '/') : NULL;
    if (!line)
        return false;
    (void)snprintf(folder, CGROUP_PATH_MAX, "/sys/fs/cgroup%.*s", (int)strcspn(line, "\n"), line);
    return true;
}

/* NULL: it may be taken; else what it lacks. */
static const char *lacks(const char *folder)
{
    char text[TEXT_MAX], alone[NAME_ROOM];
    get(folder, "cgroup.controllers", text);
    if (!has_word(text, "memory"))
        return "it has no memory controller of cgroup v2";
    get(folder, "cgroup.procs", text);
    (void)snprintf(alone, sizeof alone, "%d\n", (int)getpid());
    return strcmp(text, alone) == 0 ? NULL : "other processes are in it";
}

static bool move(struct cgroups *cgroups)
{
    char pid[NAME_ROOM];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    if (!make_folder(cgroups->own) || !put(cgroups->own, "cgroup.procs", pid))
        return false;
    if (put(cgroups->folder, "cgroup.subtree_control", "+memory"))
        return true;
    int error = errno;
    (void)put(cgroups->folder, "cgroup.procs", pid);
    errno = error;
    return false;
}

bool cgroups_init(struct cgroups *cgroups, const char *folder, char *why, size_t why_len)
{
    const char *wrong = NULL;
    *cgroups = (struct cgroups){.count = 0};
    if (folder)
        (void)snprintf(cgroups->folder, sizeof cgroups->folder, "%s", folder);
    else if (!find_own(cgroups->folder))
        wrong = "this machine has no cgroup v2";
    if (!wrong)
        wrong = lacks(cgroups->folder);
    (void)snprintf(cgroups->own, sizeof cgroups->own, "%s/" PREFIX "%d", cgroups->folder,
                   (int)getpid());
    if (!wrong && !move(cgroups))
        wrong = strerror(errno);
    if (wrong) {
        (void)rmdir(cgroups->own);
        (void)snprintf(why, why_len, "%.300s: %s", cgroups->folder, wrong);
        *cgroups = (struct cgroups){.count = 0};
    }
    return !wrong;
}

void cgroups_release(struct cgroups *cgroups)
{
    char pid[NAME_ROOM];
    const struct dirent *entry;
    DIR *list = cgroups->folder[0] ? opendir(cgroups->folder) : NULL;
    if (!list)
        return;
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    (void)put(cgroups->folder, "cgroup.subtree_control", "-memory");
    (void)put(cgroups->folder, "cgroup.procs", pid);
    while ((entry = readdir(list)) != NULL)
        if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) == 0)
            (void)unlinkat(dirfd(list), entry->d_name, AT_REMOVEDIR);
    (void)closedir(list);
    *cgroups = (struct cgroups){.count = 0};
}

/* --- a child's group --- */

bool cgroup_make(struct cgroups *cgroups, uint64_t limit_bytes, char path[CGROUP_PATH_MAX])
{
    char limit[NAME_ROOM];
    int n = snprintf(path, CGROUP_PATH_MAX, "%s/" PREFIX "%d-%llu", cgroups->folder, (int)getpid(),
                     (unsigned long long)++cgroups->count);
    (void)snprintf(limit, sizeof limit, "%llu", (unsigned long long)limit_bytes);
    bool is_made = n < CGROUP_PATH_MAX && make_folder(path) && put(path, "memory.max", limit) &&
                   put(path, "memory.oom.group", "1");
    if (is_made)
        (void)put(path, "memory.swap.max", "0"); /* a machine without swap has no such file */
    else
        path[0] = '\0';
    return is_made;
}

uint64_t cgroup_peak_bytes(const char *path)
{
    char text[TEXT_MAX];
    uint64_t bytes = 0;
    get(path, "memory.peak", text);
    if (!*text)
        get(path, "memory.current", text);
    struct bytes digits = bytes_make(text, strcspn(text, "\n"));
    return bytes_to_u64(digits, UINT64_MAX, &bytes) ? bytes : 0;
}

bool cgroup_was_over(const char *path)
{
    static const char name[] = "\noom_kill ";
    char text[TEXT_MAX];
    get(path, "memory.events", text);
    const char *at = strstr(text, name);
    return at && at[sizeof name - 1] != '0';
}

void cgroup_remove(const char *path)
{
    (void)put(path, "cgroup.kill", "1");
    (void)rmdir(path);
}
