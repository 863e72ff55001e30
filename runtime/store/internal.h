#ifndef RUNTIME_STORE_INTERNAL_H
#define RUNTIME_STORE_INTERNAL_H

/*
 * internal — what a backend of the store is: one table of functions, and a struct that begins with
 * `struct store`.
 *
 * Layer:   of runtime/store/ alone.
 * store.c has looked at the deadline before it calls a backend; the functions' contracts are those
 * of store.h. A new backend is a file with an open function, and one row in store.c.
 */

#include "runtime/store/store.h"

struct store_ops {
    const char *kind; /* what store_kind says */
    bool is_blocking; /* what store_is_blocking says */
    void (*close)(struct store *store);
    enum rc (*put)(struct store *store, struct store_item *item, struct store_condition condition,
                   int64_t deadline_ms);
    enum rc (*get)(struct store *store, struct bytes name, int64_t deadline_ms, struct arena *arena,
                   struct store_item *out);
    enum rc (*remove)(struct store *store, struct bytes name, struct store_condition condition,
                      int64_t deadline_ms);
    /* `page` comes zeroed. */
    enum rc (*list)(struct store *store, struct bytes after, size_t limit, int64_t deadline_ms,
                    struct arena *arena, struct store_page *page);
    /* `reason` comes empty; where it stays so, store.c says what the result code says. */
    enum rc (*check)(struct store *store, int64_t deadline_ms, char *reason, size_t reason_len);
};

struct store {
    const struct store_ops *ops;
};

/* Opens the backend.
 *
 * path  what stands behind the scheme's colon, not empty; NULL for a scheme without a path
 * NULL: `reason` says what is wrong, without naming the store */
typedef struct store *store_open_fn(const char *path, char *reason, size_t reason_len);

store_open_fn store_memory_open;
store_open_fn store_sqlite_open;
store_open_fn store_dynamodb_open;

/* Does `condition` hold of the item that is there (its version and created_ms; NULL: none is)?
 * RC_OK · RC_EXISTS · RC_NOT_FOUND · RC_CONFLICT */
enum rc store_condition_check(struct store_condition condition,
                              const struct store_item *there) MUST_CHECK;

/* A page that grows in an arena as items come. Starts zeroed. */
struct store_page_builder {
    struct store_page page;
    size_t capacity;
};

/* Appends a copy of `item`, its bytes in `arena` too; an item more than `limit` is not taken: it
 * sets has_more. RC_OK · RC_NOMEM */
enum rc store_page_add(struct store_page_builder *builder, size_t limit, struct arena *arena,
                       const struct store_item *item) MUST_CHECK;

/* Copies `item` and its bytes into `arena`. RC_OK · RC_NOMEM: `out` is not whole */
enum rc store_item_dup(struct arena *arena, const struct store_item *item,
                       struct store_item *out) MUST_CHECK;

#endif
