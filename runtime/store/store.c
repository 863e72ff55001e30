#include "runtime/store/store.h"

#include <stdio.h>

#include "runtime/core/app.h"
#include "runtime/core/clock.h"
#include "runtime/store/internal.h"

/* A build with some stores alone (make STORES=dynamodb) knows the others by name. */
#ifdef STORE_WITHOUT_MEMORY
#define OPEN_MEMORY NULL
#else
#define OPEN_MEMORY store_memory_open
#endif
#ifdef STORE_WITHOUT_SQLITE
#define OPEN_SQLITE NULL
#else
#define OPEN_SQLITE store_sqlite_open
#endif
#ifdef STORE_WITHOUT_DYNAMODB
#define OPEN_DYNAMODB NULL
#else
#define OPEN_DYNAMODB store_dynamodb_open
#endif

struct scheme {
    const char *name;
    const char *place;   /* what stands behind the colon; NULL: nothing may */
    store_open_fn *open; /* NULL: left out of this build */
};

static const struct scheme schemes[] = {
    {"memory", NULL, OPEN_MEMORY},
    {"sqlite", "PATH", OPEN_SQLITE},
    {"dynamodb", "TABLE", OPEN_DYNAMODB},
};

static const struct scheme *find_scheme(struct bytes name)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (bytes_eq(name, bytes_from_str(schemes[i].name)))
            return &schemes[i];
    return NULL;
}

static struct store *open_url(struct bytes url, char *reason, size_t reason_len)
{
    size_t colon = bytes_find(url, ':');
    bool has_colon = colon < url.len;
    const char *path = has_colon ? url.ptr + colon + 1 : NULL;
    const struct scheme *scheme = find_scheme(bytes_make(url.ptr, colon));
    if (!scheme)
        (void)snprintf(reason, reason_len,
                       "it must be 'memory', 'sqlite:PATH' or 'dynamodb:TABLE'");
    else if (scheme->place && (!path || path[0] == '\0'))
        (void)snprintf(reason, reason_len, "it must be '%s:%s'", scheme->name, scheme->place);
    else if (!scheme->place && has_colon)
        (void)snprintf(reason, reason_len, "nothing may stand behind '%s'", scheme->name);
    else if (!scheme->open)
        (void)snprintf(reason, reason_len, "this program was built without it (STORES)");
    else
        return scheme->open(path, reason, reason_len);
    return NULL;
}

struct store *store_open(const char *url, char *error, size_t error_len)
{
    char reason[512] = "";
    struct store *store = open_url(bytes_from_str(url), reason, sizeof reason);
    if (!store)
        (void)snprintf(error, error_len, "cannot open the store '%s': %s", url ? url : "", reason);
    return store;
}

void store_close(struct store *store)
{
    if (store)
        store->ops->close(store);
}

bool store_is_blocking(const struct store *store)
{
    return store->ops->is_blocking;
}

const char *store_kind(const struct store *store)
{
    return store->ops->kind;
}

/* Here for all backends, so that a call that comes too late never begins, whichever it is. */
static bool is_late(const struct store *store, int64_t deadline_ms)
{
    if (store->ops->is_blocking)
        app_tell_waiting();
    return deadline_ms && clock_ms_monotonic() >= deadline_ms;
}

enum rc store_put(struct store *store, struct store_item *item, struct store_condition condition,
                  int64_t deadline_ms)
{
    if (is_late(store, deadline_ms))
        return RC_TIMEOUT;
    return store->ops->put(store, item, condition, deadline_ms);
}

enum rc store_get(struct store *store, struct bytes name, int64_t deadline_ms, struct arena *arena,
                  struct store_item *out)
{
    if (is_late(store, deadline_ms))
        return RC_TIMEOUT;
    return store->ops->get(store, name, deadline_ms, arena, out);
}

enum rc store_delete(struct store *store, struct bytes name, struct store_condition condition,
                     int64_t deadline_ms)
{
    if (is_late(store, deadline_ms))
        return RC_TIMEOUT;
    return store->ops->remove(store, name, condition, deadline_ms);
}

enum rc store_list(struct store *store, struct bytes after, size_t limit, int64_t deadline_ms,
                   struct arena *arena, struct store_page *page)
{
    *page = (struct store_page){.items = NULL};
    if (is_late(store, deadline_ms))
        return RC_TIMEOUT;
    return store->ops->list(store, after, limit, deadline_ms, arena, page);
}

static const char *plain_reason(enum rc rc)
{
    if (rc == RC_TIMEOUT)
        return "it does not answer in time";
    return rc == RC_NOMEM ? "it has no memory left" : "it cannot be read or written";
}

enum rc store_check(struct store *store, int64_t deadline_ms, char *reason, size_t reason_len)
{
    char own[256] = "";
    enum rc rc = RC_TIMEOUT;
    if (!is_late(store, deadline_ms))
        rc = store->ops->check(store, deadline_ms, own, sizeof own);
    if (rc != RC_OK)
        (void)snprintf(reason, reason_len, "%s", own[0] ? own : plain_reason(rc));
    return rc;
}

/* --- for the backends --- */

enum rc store_condition_check(struct store_condition condition, const struct store_item *there)
{
    switch (condition.when) {
    case STORE_ALWAYS:
        return RC_OK;
    case STORE_IF_ABSENT:
        return there ? RC_EXISTS : RC_OK;
    case STORE_IF_PRESENT:
        return there ? RC_OK : RC_NOT_FOUND;
    case STORE_IF_VERSION:
        break;
    }
    if (!there)
        return RC_NOT_FOUND;
    if (condition.created_ms && condition.created_ms != there->created_ms)
        return RC_CONFLICT;
    return condition.version == there->version ? RC_OK : RC_CONFLICT;
}

enum rc store_item_dup(struct arena *arena, const struct store_item *item, struct store_item *out)
{
    out->created_ms = item->created_ms;
    out->version = item->version;
    if (arena_dup(arena, item->name, &out->name) != RC_OK)
        return RC_NOMEM;
    return arena_dup(arena, item->value, &out->value);
}

enum rc store_page_add(struct store_page_builder *builder, size_t limit, struct arena *arena,
                       const struct store_item *item)
{
    struct store_page *page = &builder->page;
    size_t size = sizeof *page->items;
    if (page->count >= limit) {
        page->has_more = true;
        return RC_OK;
    }
    if (page->count == builder->capacity) {
        size_t capacity = builder->capacity ? builder->capacity * 2 : 16;
        void *p = arena_grow(arena, page->items, builder->capacity * size, capacity * size);
        if (!p)
            return RC_NOMEM;
        page->items = p;
        builder->capacity = capacity;
    }
    enum rc rc = store_item_dup(arena, item, &page->items[page->count]);
    if (rc == RC_OK)
        page->count++;
    return rc;
}
