#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/limits.h"
#include "runtime/store/internal.h"

/*
 * One array of pointers, sorted by name, under one mutex. Putting moves pointers, which for the
 * numbers of a test or a try-out costs less than a tree's scattered nodes; nothing is ever removed.
 */

struct memory_item {
    int64_t created_ms;
    size_t name_len, value_len;
    char bytes[]; /* the name, then the value */
};

struct memory_store {
    struct store base;
    pthread_mutex_t lock;
    struct memory_item **items;
    size_t count, capacity;
    size_t total_bytes; /* of all items; at most LIMIT_STORE_MEMORY_BYTES */
};

static struct memory_store *memory_of(struct store *store)
{
    return (struct memory_store *)store;
}

static struct store_item view_of(const struct memory_item *item)
{
    return (struct store_item){
        .name = bytes_make(item->bytes, item->name_len),
        .value = bytes_make(item->bytes + item->name_len, item->value_len),
        .created_ms = item->created_ms,
    };
}

static int compare(struct bytes a, struct bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* The first position whose name is not before `name`; `found`: it is the very name. */
static size_t find(const struct memory_store *memory, struct bytes name, bool *found)
{
    size_t low = 0, high = memory->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(view_of(memory->items[middle]).name, name);
        *found |= order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_room(struct memory_store *memory)
{
    if (memory->count < memory->capacity)
        return true;
    size_t capacity = memory->capacity ? memory->capacity * 2 : 64;
    void *p = realloc(memory->items, capacity * sizeof *memory->items);
    if (!p)
        return false;
    memory->items = p;
    memory->capacity = capacity;
    return true;
}

static enum rc insert(struct memory_store *memory, size_t at, const struct store_item *item)
{
    size_t len = sizeof(struct memory_item) + item->name.len + item->value.len;
    if (len > LIMIT_STORE_MEMORY_BYTES - memory->total_bytes || !has_room(memory))
        return RC_NOMEM;
    struct memory_item *copy = malloc(len);
    if (!copy)
        return RC_NOMEM;
    *copy = (struct memory_item){item->created_ms, item->name.len, item->value.len};
    if (item->name.len)
        memcpy(copy->bytes, item->name.ptr, item->name.len);
    if (item->value.len)
        memcpy(copy->bytes + item->name.len, item->value.ptr, item->value.len);
    struct memory_item **place = memory->items + at;
    memmove(place + 1, place, (memory->count - at) * sizeof *place);
    *place = copy;
    memory->count++;
    memory->total_bytes += len;
    return RC_OK;
}

static enum rc memory_put_new(struct store *store, const struct store_item *item,
                              int64_t deadline_ms)
{
    struct memory_store *memory = memory_of(store);
    bool found;
    (void)deadline_ms;
    pthread_mutex_lock(&memory->lock);
    size_t at = find(memory, item->name, &found);
    enum rc rc = found ? RC_EXISTS : insert(memory, at, item);
    pthread_mutex_unlock(&memory->lock);
    return rc;
}

static enum rc memory_get(struct store *store, struct bytes name, int64_t deadline_ms,
                          struct arena *arena, struct store_item *out)
{
    struct memory_store *memory = memory_of(store);
    enum rc rc = RC_NOT_FOUND;
    bool found;
    (void)deadline_ms;
    pthread_mutex_lock(&memory->lock);
    size_t at = find(memory, name, &found);
    if (found) {
        struct store_item item = view_of(memory->items[at]);
        rc = store_item_dup(arena, &item, out);
    }
    pthread_mutex_unlock(&memory->lock);
    return rc;
}

static enum rc memory_list(struct store *store, struct bytes after, size_t limit,
                           int64_t deadline_ms, struct arena *arena, struct store_item **items,
                           size_t *count)
{
    struct memory_store *memory = memory_of(store);
    struct store_items list = {NULL, 0, 0};
    enum rc rc = RC_OK;
    bool found;
    (void)deadline_ms;
    pthread_mutex_lock(&memory->lock);
    size_t i = find(memory, after, &found);
    for (i += found; i < memory->count && list.count < limit && rc == RC_OK; i++) {
        struct store_item item = view_of(memory->items[i]);
        rc = store_items_add(&list, arena, &item);
    }
    pthread_mutex_unlock(&memory->lock);
    if (rc == RC_OK) {
        *items = list.items;
        *count = list.count;
    }
    return rc;
}

/* It can always be read; it cannot be written once it is full. */
static enum rc memory_check(struct store *store, int64_t deadline_ms)
{
    struct memory_store *memory = memory_of(store);
    (void)deadline_ms;
    pthread_mutex_lock(&memory->lock);
    size_t left = LIMIT_STORE_MEMORY_BYTES - memory->total_bytes;
    pthread_mutex_unlock(&memory->lock);
    return left < sizeof(struct memory_item) + LIMIT_NAME_BYTES ? RC_NOMEM : RC_OK;
}

static void memory_close(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    for (size_t i = 0; i < memory->count; i++)
        free(memory->items[i]);
    free(memory->items);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static const struct store_ops memory_ops = {
    .kind = "memory",
    .is_blocking = false,
    .close = memory_close,
    .put_new = memory_put_new,
    .get = memory_get,
    .list = memory_list,
    .check = memory_check,
};

struct store *store_memory_open(const char *path, char *reason, size_t reason_len)
{
    struct memory_store *memory = calloc(1, sizeof *memory);
    (void)path;
    if (!memory || pthread_mutex_init(&memory->lock, NULL) != 0) {
        (void)snprintf(reason, reason_len, "no memory");
        free(memory);
        return NULL;
    }
    memory->base.ops = &memory_ops;
    return &memory->base;
}
