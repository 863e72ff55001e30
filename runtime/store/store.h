#ifndef RUNTIME_STORE_STORE_H
#define RUNTIME_STORE_STORE_H

/*
 * store — named items behind one interface: memory or SQLite.
 *
 * Layer:   beside core; handlers include it, the front ends only open and close it.
 * Memory:  what a call returns is copied into the caller's arena.
 * Threads: any number of threads may call at once; a call may wait where store_is_blocking says so.
 *
 * Names are 1 to LIMIT_NAME_BYTES bytes and sort by their bytes; values are any bytes.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct store;

struct store_item {
    struct bytes name;
    struct bytes value;
    int64_t created_ms; /* since 1970, when it was put */
};

/* Opens "memory" or "sqlite:PATH" (a file that is made when it is not there).
 *
 * NULL: `error` says in one line what failed with which file, such as
 * "cannot open the store 'sqlite:/x/y.db': cannot create the file (No such file or directory)". */
struct store *store_open(const char *url, char *error, size_t error_len) MUST_CHECK;

/* Closes it; NULL is harmless. No other thread may be inside a call. */
void store_close(struct store *store);

/* true when a call may wait for a disk or a network: then call it from a worker alone. */
bool store_is_blocking(const struct store *store);

/* What it is, for /gtg?details: "memory" or "sqlite". */
const char *store_kind(const struct store *store);

/* Puts an item under a name that is not taken.
 * RC_OK: it is durable · RC_EXISTS · RC_TIMEOUT: `deadline_ms` (clock_ms_monotonic, 0: none) passed
 * · RC_IO: the disk refused; the reason is in the log · RC_NOMEM */
enum rc store_put_new(struct store *store, const struct store_item *item,
                      int64_t deadline_ms) MUST_CHECK;

/* RC_OK: `out` is in `arena` · RC_NOT_FOUND · RC_TIMEOUT · RC_IO · RC_NOMEM */
enum rc store_get(struct store *store, struct bytes name, int64_t deadline_ms, struct arena *arena,
                  struct store_item *out) MUST_CHECK;

/* The items with names behind `after` (empty: from the first), at most `limit`, sorted by name.
 * RC_OK: items[0..count) are in `arena` · RC_TIMEOUT · RC_IO · RC_NOMEM */
enum rc store_list(struct store *store, struct bytes after, size_t limit, int64_t deadline_ms,
                   struct arena *arena, struct store_item **items, size_t *count) MUST_CHECK;

/* RC_OK: it can be read and written · RC_TIMEOUT · RC_IO · RC_NOMEM */
enum rc store_check(struct store *store, int64_t deadline_ms) MUST_CHECK;

#endif
