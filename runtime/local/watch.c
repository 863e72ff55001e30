#include "runtime/local/watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/core/clock.h"

/*
 * inotify watches single folders, so each folder of the tree has a watch of its own, and its path
 * is kept under the watch's number: a new folder that appears in it is watched too. An editor that
 * saves makes several events at once; STILL_MS after the last one the owner is told once.
 */

enum { STILL_MS = 150 };

struct watch {
    struct loop *loop;
    struct loop_io io;
    struct loop_timer timer;
    char **paths; /* by watch descriptor */
    size_t path_cap;
    watch_changed_fn *on_changed;
    void *context;
};

static bool is_skipped(const char *name)
{
    return name[0] == '.' || strcmp(name, "build") == 0 || strcmp(name, "node_modules") == 0;
}

static bool keep_path(struct watch *watch, int descriptor, const char *path)
{
    size_t slot = (size_t)descriptor;
    if (slot >= watch->path_cap) {
        size_t cap = (slot + 1) * 2;
        char **paths = realloc(watch->paths, cap * sizeof *paths);
        if (!paths)
            return false;
        memset(paths + watch->path_cap, 0, (cap - watch->path_cap) * sizeof *paths);
        watch->paths = paths;
        watch->path_cap = cap;
    }
    free(watch->paths[slot]);
    watch->paths[slot] = strdup(path);
    return watch->paths[slot] != NULL;
}

static bool add_tree(struct watch *watch, const char *path);

static bool add_children(struct watch *watch, const char *path, DIR *dir)
{
    struct dirent *entry;
    char child[PATH_MAX];
    struct stat info;
    while ((entry = readdir(dir)) != NULL) {
        int n = snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (is_skipped(entry->d_name) || n < 0 || (size_t)n >= sizeof child)
            continue;
        if (lstat(child, &info) == 0 && S_ISDIR(info.st_mode) && !add_tree(watch, child))
            return false;
    }
    return true;
}

static bool add_tree(struct watch *watch, const char *path)
{
    int descriptor = inotify_add_watch(watch->io.fd, path,
                                       IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                           IN_CREATE | IN_ONLYDIR);
    if (descriptor < 0 || !keep_path(watch, descriptor, path))
        return false;
    DIR *dir = opendir(path);
    if (!dir)
        return false;
    bool is_whole = add_children(watch, path, dir);
    (void)closedir(dir);
    return is_whole;
}

/* true when the event means that a source may have changed. */
static bool take_event(struct watch *watch, const struct inotify_event *event)
{
    char path[PATH_MAX];
    if (event->len == 0 || is_skipped(event->name))
        return false;
    if (!(event->mask & IN_ISDIR))
        return !(event->mask & IN_CREATE); /* its IN_CLOSE_WRITE follows */
    if ((event->mask & (IN_CREATE | IN_MOVED_TO)) && (size_t)event->wd < watch->path_cap &&
        watch->paths[event->wd]) {
        int n = snprintf(path, sizeof path, "%s/%s", watch->paths[event->wd], event->name);
        if (n > 0 && (size_t)n < sizeof path && !add_tree(watch, path)) {
            /* a folder that has gone again, or cannot be read, has no sources for us */
        }
    }
    return true;
}

static void on_events(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct watch *watch = (void *)((char *)io - offsetof(struct watch, io));
    _Alignas(struct inotify_event) char text[16 * 1024];
    bool has_changed = false;
    ssize_t n;
    (void)events;
    while ((n = read(io->fd, text, sizeof text)) > 0) {
        for (char *p = text; p < text + n;) {
            const struct inotify_event *event = (const void *)p;
            has_changed |= take_event(watch, event);
            p += sizeof *event + event->len;
        }
    }
    if (has_changed && loop_timer_set(loop, &watch->timer, loop->now_ms + STILL_MS) != RC_OK)
        watch->on_changed(watch->context);
}

static void on_still(struct loop *loop, struct loop_timer *timer)
{
    struct watch *watch = (void *)((char *)timer - offsetof(struct watch, timer));
    (void)loop;
    watch->on_changed(watch->context);
}

struct watch *watch_new(struct loop *loop, const char *directory, watch_changed_fn *on_changed,
                        void *context, char *error, size_t error_len)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch) {
        watch->loop = loop;
        watch->on_changed = on_changed;
        watch->context = context;
        watch->timer.fn = on_still;
        watch->io =
            (struct loop_io){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .fn = on_events};
        if (watch->io.fd >= 0 && add_tree(watch, directory) &&
            loop_io_add(loop, &watch->io, EPOLLIN) == RC_OK)
            return watch;
    }
    (void)snprintf(error, error_len, "cannot watch '%s': %s", directory, strerror(errno));
    watch_free(watch);
    return NULL;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    loop_timer_clear(watch->loop, &watch->timer);
    if (watch->io.fd >= 0) {
        loop_io_remove(watch->loop, &watch->io);
        (void)close(watch->io.fd);
    }
    for (size_t i = 0; i < watch->path_cap; i++)
        free(watch->paths[i]);
    free(watch->paths);
    free(watch);
}
