#include "tests/support/store_suite.h"

#include <criterion/criterion.h>

static const struct store_claim *const groups[] = {store_item_claims, store_list_claims,
                                                   store_shared_claims};

enum { GROUP_COUNT = sizeof groups / sizeof *groups };

/* The claim of that number; NULL: there are not so many. `count` is then how many there are. */
static const struct store_claim *find(size_t number, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < GROUP_COUNT; i++)
        for (const struct store_claim *claim = groups[i]; claim->name; claim++)
            if ((*count)++ == number)
                return claim;
    return NULL;
}

size_t store_suite_count(void)
{
    size_t count;
    (void)find(SIZE_MAX, &count);
    return count;
}

void store_suite_run(size_t number, const char *url, const char *kind, bool is_blocking)
{
    char error[512] = "";
    size_t count;
    struct store_suite suite = {.store = store_open(url, error, sizeof error)};
    const struct store_claim *claim = find(number, &count);
    cr_assert_not_null(suite.store, "%s", error);
    cr_assert_not_null(claim, "there are %zu claims", count);
    cr_expect_str_eq(store_kind(suite.store), kind);
    cr_expect_eq(store_is_blocking(suite.store), is_blocking);
    arena_init(&suite.arena, 1 << 26);
    claim->run(&suite);
    arena_release(&suite.arena);
    store_close(suite.store);
}

enum rc store_suite_put(struct store_suite *suite, struct bytes name, struct bytes value,
                        struct store_condition condition)
{
    struct store_item item = {.name = name, .value = value, .created_ms = 1234567890123};
    return store_put(suite->store, &item, condition, 0);
}

struct store_item store_suite_get(struct store_suite *suite, struct bytes name)
{
    struct store_item item = {.version = 0};
    enum rc rc = store_get(suite->store, name, 0, &suite->arena, &item);
    cr_assert_eq(rc, RC_OK, "%.*s: %s", BYTES_ARG(name), rc_name(rc));
    return item;
}
