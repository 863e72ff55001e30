#ifndef RUNTIME_STORE_STORE_H
#define RUNTIME_STORE_STORE_H

/*
 * store — named items behind one interface: memory, SQLite or DynamoDB.
 *
 * Layer:   beside core; handlers include it, the front ends only open and close it.
 * Memory:  what a call returns is copied into the caller's arena.
 * Threads: any number of threads may call at once; a call may wait where store_is_blocking says so.
 *
 * Names are 1 to LIMIT_NAME_BYTES bytes of UTF-8 and sort by their bytes; values are any bytes.
 * Each call is atomic, and what it acknowledged (RC_OK) is durable: another process that shares the
 * store sees it, and it survives the end of this one.
 *
 * Every call may return, besides what stands with it: RC_TIMEOUT: `deadline_ms`
 * (clock_ms_monotonic, 0: none) passed; a write may have been done or not · RC_IO: the disk refused
 * · RC_NOMEM: no room · and where the store is a service RC_THROTTLED, RC_REFUSED and
 * RC_UNREACHABLE. The reason of each is in the log then.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct store;

struct store_item {
    struct bytes name;
    struct bytes value;
    int64_t created_ms; /* since 1970, when it was first put */
    uint64_t version;   /* 1 when it is new; one more with each replacement */
};

/* What must hold of the item that is there for a write to be done. */
enum store_when {
    STORE_ALWAYS,
    STORE_IF_ABSENT,  /* else RC_EXISTS */
    STORE_IF_PRESENT, /* else RC_NOT_FOUND */
    STORE_IF_VERSION, /* it is the one named; else RC_CONFLICT, or RC_NOT_FOUND without one */
};

struct store_condition {
    enum store_when when;
    uint64_t version; /* for STORE_IF_VERSION */
    /* For STORE_IF_VERSION too: when it was first put, which tells it from one that has been
     * deleted and put anew since, whose versions begin again; 0: not looked at. */
    int64_t created_ms;
};

/* Opens "memory", "sqlite:PATH" (a file that is made when it is not there) or "dynamodb:TABLE" (a
 * table that is there; nobody is called before the first call).
 *
 * NULL: `error` says in one line what failed with which file, such as
 * "cannot open the store 'sqlite:/x/y.db': cannot create the file (No such file or directory)". */
struct store *store_open(const char *url, char *error, size_t error_len) MUST_CHECK;

/* Closes it; NULL is harmless. No other thread may be inside a call. */
void store_close(struct store *store);

/* true when a call may wait for a disk or a network: then call it from a worker alone. */
bool store_is_blocking(const struct store *store);

/* What it is, for /gtg?details: "memory", "sqlite" or "dynamodb". */
const char *store_kind(const struct store *store);

/* Puts an item, new or in the place of the one that has its name.
 *
 * item  in: name, value, and created_ms for when it is new; out on RC_OK: created_ms and version as
 *       they are stored; version 1 says that it is new
 * RC_OK · RC_EXISTS, RC_NOT_FOUND, RC_CONFLICT: as `condition` says; nothing was written */
enum rc store_put(struct store *store, struct store_item *item, struct store_condition condition,
                  int64_t deadline_ms) MUST_CHECK;

/* RC_OK: `out` is in `arena` · RC_NOT_FOUND */
enum rc store_get(struct store *store, struct bytes name, int64_t deadline_ms, struct arena *arena,
                  struct store_item *out) MUST_CHECK;

/* Takes an item away.
 *
 * condition  STORE_IF_PRESENT or STORE_IF_VERSION
 * RC_OK · RC_NOT_FOUND · RC_CONFLICT */
enum rc store_delete(struct store *store, struct bytes name, struct store_condition condition,
                     int64_t deadline_ms) MUST_CHECK;

/* One page of items: sorted by name, those behind a cursor first. */
struct store_page {
    struct store_item *items; /* items[0..count), in the arena */
    size_t count;
    bool has_more; /* there are items behind the last; its name is the next page's cursor */
};

/* The items with names behind `after` (empty: from the first), at most `limit` (1 or more); fewer
 * may come while has_more is true (a service's pages have a size of their own). RC_OK */
enum rc store_list(struct store *store, struct bytes after, size_t limit, int64_t deadline_ms,
                   struct arena *arena, struct store_page *page) MUST_CHECK;

/* Is it healthy: can it be read and written?
 *
 * reason  on any other result than RC_OK: why not, in one line without secrets
 * RC_OK */
enum rc store_check(struct store *store, int64_t deadline_ms, char *reason,
                    size_t reason_len) MUST_CHECK;

#endif
