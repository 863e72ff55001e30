#ifndef TESTS_SUPPORT_STORE_SUITE_H
#define TESTS_SUPPORT_STORE_SUITE_H

/*
 * store_suite — what every store must do, as a list of claims that each test program makes about
 * the backends that it can open. What only one of them can do wrong has a test of its own.
 *
 * A failure inside fails the test.
 */

#include "runtime/store/store.h"

struct store_suite {
    struct store *store; /* open, and empty at first */
    struct arena arena;  /* for what its calls return */
};

struct store_claim {
    const char *name;
    void (*run)(struct store_suite *suite);
};

/* How many there are. */
size_t store_suite_count(void);

/* Opens the store and makes the `number`th claim about it.
 *
 * url          of a store that is empty
 * kind         what store_kind says then
 * is_blocking  what store_is_blocking says */
void store_suite_run(size_t number, const char *url, const char *kind, bool is_blocking);

/* --- what the claims share --- */

/* Puts an item that was made at 1234567890123. */
enum rc store_suite_put(struct store_suite *suite, struct bytes name, struct bytes value,
                        struct store_condition condition);

/* Gets it; the test fails when it is not there. */
struct store_item store_suite_get(struct store_suite *suite, struct bytes name);

/* The groups of claims; each ends with a row without a name. */
extern const struct store_claim store_item_claims[];
extern const struct store_claim store_list_claims[];
extern const struct store_claim store_shared_claims[];

#endif
