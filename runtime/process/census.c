#include "runtime/process/census.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads a file below /proc; true: `text` holds it, or its beginning, with a NUL. */
static bool read_file(int proc_fd, const char *path, char *text, size_t len)
{
    int fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, len - 1);
    if (fd >= 0)
        (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* Fields 4, 5 and 24 of stat; the name in field 2 may hold anything, its closing bracket is the
 * last one. */
static bool read_entry(int proc_fd, const char *pid, struct census_entry *entry)
{
    char path[NAME_MAX + 16], text[1024];
    int parent, group;
    long pages;
    (void)snprintf(path, sizeof path, "%s/stat", pid);
    if (!read_file(proc_fd, path, text, sizeof text))
        return false;
    const char *fields = strrchr(text, ')');
    if (!fields || sscanf(fields,
                          ") %*c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d"
                          " %*d %*d %*u %*u %ld",
                          &parent, &group, &pages) != 3)
        return false;
    *entry = (struct census_entry){
        .pid = (pid_t)strtol(pid, NULL, 10),
        .parent = parent,
        .group = group,
        .resident_bytes = pages > 0 ? (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0,
    };
    return true;
}

static bool has_room(struct census *census)
{
    size_t cap = census->cap ? 2 * census->cap : 256;
    if (census->count < census->cap)
        return true;
    struct census_entry *entries = realloc(census->entries, cap * sizeof *entries);
    if (!entries)
        return false;
    census->entries = entries;
    census->cap = cap;
    return true;
}

static int by_pid(const void *a, const void *b)
{
    pid_t left = ((const struct census_entry *)a)->pid,
          right = ((const struct census_entry *)b)->pid;
    return (left > right) - (left < right);
}

enum rc census_take(struct census *census)
{
    enum rc rc = RC_OK;
    const struct dirent *entry;
    DIR *proc = opendir("/proc");
    census->count = 0;
    if (!proc)
        return RC_IO;
    while (rc == RC_OK && (entry = readdir(proc)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        if (!has_room(census))
            rc = RC_NOMEM;
        else if (read_entry(dirfd(proc), entry->d_name, &census->entries[census->count]))
            census->count++;
    }
    (void)closedir(proc);
    if (census->count)
        qsort(census->entries, census->count, sizeof *census->entries, by_pid);
    return rc;
}

static bool has_parent_that_belongs(const struct census *census, const struct census_entry *entry)
{
    struct census_entry key = {.pid = entry->parent};
    const struct census_entry *parent =
        bsearch(&key, census->entries, census->count, sizeof key, by_pid);
    return parent && parent->belongs;
}

/* Parents stand before their children but where numbers have begun anew: so the rounds are few. */
static void mark(struct census *census, pid_t child)
{
    size_t before, found = 0;
    for (size_t i = 0; i < census->count; i++)
        census->entries[i].belongs = census->entries[i].group == child;
    do {
        before = found;
        for (size_t i = 0; i < census->count; i++) {
            struct census_entry *entry = &census->entries[i];
            if (entry->belongs || !has_parent_that_belongs(census, entry))
                continue;
            entry->belongs = true;
            found++;
        }
    } while (found != before);
}

uint64_t census_resident_bytes(struct census *census, pid_t child)
{
    uint64_t sum = 0;
    mark(census, child);
    for (size_t i = 0; i < census->count; i++)
        sum += census->entries[i].belongs ? census->entries[i].resident_bytes : 0;
    return sum;
}

static uint64_t proportional_bytes(const struct census_entry *entry)
{
    char path[NAME_MAX + 16], text[2048];
    unsigned long long kilobytes;
    (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)entry->pid);
    const char *field =
        read_file(AT_FDCWD, path, text, sizeof text) ? strstr(text, "\nPss:") : NULL;
    if (!field || sscanf(field, "\nPss: %llu", &kilobytes) != 1)
        return entry->resident_bytes;
    return kilobytes * 1024;
}

uint64_t census_proportional_bytes(struct census *census, pid_t child)
{
    uint64_t sum = 0;
    mark(census, child);
    for (size_t i = 0; i < census->count; i++)
        sum += census->entries[i].belongs ? proportional_bytes(&census->entries[i]) : 0;
    return sum;
}

void census_release(struct census *census)
{
    free(census->entries);
    *census = (struct census){NULL, 0, 0};
}
