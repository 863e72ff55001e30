#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/limits.h"
#include "runtime/store/internal.h"

/*
 * One array of pointers, sorted by name, under one mutex. Putting moves pointers, which for the
 * numbers of a test or a try-out costs less than a tree's scattered nodes.
 */

struct memory_item {
    int64_t created_ms;
    uint64_t version;
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
        .version = item->version,
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

static size_t size_of(const struct store_item *item)
{
    return sizeof(struct memory_item) + item->name.len + item->value.len;
}

/* NULL: no memory, or the store is full without `freed_bytes`. */
static struct memory_item *copy_of(struct memory_store *memory, const struct store_item *item,
                                   size_t freed_bytes)
{
    size_t len = size_of(item);
    size_t left = LIMIT_STORE_MEMORY_BYTES - memory->total_bytes + freed_bytes;
    struct memory_item *copy = len <= left ? malloc(len) : NULL;
    if (!copy)
        return NULL;
    *copy = (struct memory_item){item->created_ms, item->version, item->name.len, item->value.len};
    if (item->name.len)
        memcpy(copy->bytes, item->name.ptr, item->name.len);
    if (item->value.len)
        memcpy(copy->bytes + item->name.len, item->value.ptr, item->value.len);
    return copy;
}

static enum rc insert(struct memory_store *memory, size_t at, const struct store_item *item)
{
    if (!has_room(memory))
        return RC_NOMEM;
    struct memory_item *copy = copy_of(memory, item, 0), **place = memory->items + at;
    if (!copy)
        return RC_NOMEM;
    memmove(place + 1, place, (memory->count - at) * sizeof *place);
    *place = copy;
    memory->count++;
    memory->total_bytes += size_of(item);
    return RC_OK;
}

static enum rc replace(struct memory_store *memory, size_t at, const struct store_item *item)
{
    struct store_item before = view_of(memory->items[at]);
    struct memory_item *copy = copy_of(memory, item, size_of(&before));
    if (!copy)
        return RC_NOMEM;
    memory->total_bytes += size_of(item) - size_of(&before);
    free(memory->items[at]);
    memory->items[at] = copy;
    return RC_OK;
}

static void take_out(struct memory_store *memory, size_t at)
{
    struct memory_item **place = memory->items + at;
    struct store_item before = view_of(*place);
    memory->total_bytes -= size_of(&before);
    free(*place);
    memory->count--;
    memmove(place, place + 1, (memory->count - at) * sizeof *place);
}

/* Is `name` there, and may it be written? `found` and `at` as find, `there` its view. */
static enum rc judge(const struct memory_store *memory, struct bytes name,
                     struct store_condition condition, size_t *at, struct store_item *there,
                     bool *found)
{
    *at = find(memory, name, found);
    if (*found)
        *there = view_of(memory->items[*at]);
    return store_condition_check(condition, *found ? there : NULL);
}

static enum rc memory_put(struct store *store, struct store_item *item,
                          struct store_condition condition, int64_t deadline_ms)
{
    struct memory_store *memory = memory_of(store);
    struct store_item there, next = *item;
    bool found;
    size_t at;
    (void)deadline_ms;
    pthread_mutex_lock(&memory->lock);
    enum rc rc = judge(memory, item->name, condition, &at, &there, &found);
    if (rc == RC_OK && found) {
        next.created_ms = there.created_ms;
        next.version = there.version + 1;
        rc = replace(memory, at, &next);
    } else if (rc == RC_OK) {
        next.version = 1;
        rc = insert(memory, at, &next);
    }
    pthread_mutex_unlock(&memory->lock);
    if (rc == RC_OK)
        *item = next;
    return rc;
}

static enum rc memory_remove(struct store *store, struct bytes name,
                             struct store_condition condition, int64_t deadline_ms)
{
    struct memory_store *memory = memory_of(store);
    struct store_item there;
    bool found;
    size_t at;
    (void)deadline_ms;
    pthread_mutex_lock(&memory->lock);
    enum rc rc = judge(memory, name, condition, &at, &there, &found);
    if (rc == RC_OK)
        take_out(memory, at);
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
                           int64_t deadline_ms, struct arena *arena, struct store_page *page)
{
    struct memory_store *memory = memory_of(store);
    struct store_page_builder builder = {.capacity = 0};
    enum rc rc = RC_OK;
    bool found;
    (void)deadline_ms;
    pthread_mutex_lock(&memory->lock);
    size_t i = find(memory, after, &found);
    for (i += found; i < memory->count && !builder.page.has_more && rc == RC_OK; i++) {
        struct store_item item = view_of(memory->items[i]);
        rc = store_page_add(&builder, limit, arena, &item);
    }
    pthread_mutex_unlock(&memory->lock);
    if (rc == RC_OK)
        *page = builder.page;
    return rc;
}

/* It can always be read; it cannot be written once it is full. */
static enum rc memory_check(struct store *store, int64_t deadline_ms, char *reason,
                            size_t reason_len)
{
    struct memory_store *memory = memory_of(store);
    (void)deadline_ms;
    pthread_mutex_lock(&memory->lock);
    size_t left = LIMIT_STORE_MEMORY_BYTES - memory->total_bytes;
    pthread_mutex_unlock(&memory->lock);
    if (left >= sizeof(struct memory_item) + LIMIT_NAME_BYTES)
        return RC_OK;
    (void)snprintf(reason, reason_len, "it holds %d bytes, and may hold no more",
                   LIMIT_STORE_MEMORY_BYTES);
    return RC_NOMEM;
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
    .put = memory_put,
    .get = memory_get,
    .remove = memory_remove,
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
