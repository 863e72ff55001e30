#include <criterion/criterion.h>

#include "tests/support/store_suite.h"

/* Claims about lists: their order, and pages without a gap. */

/* In the order of their bytes, which no locale and no case changes. */
static const struct bytes sorted_names[] = {
    BYTES_INIT("A"),
    BYTES_INIT("B"),
    BYTES_INIT("a"),
    BYTES_INIT("a\x01"),
    BYTES_INIT("a\x01z"),
    BYTES_INIT("a "),
    BYTES_INIT("aa"),
    BYTES_INIT("b"),
    BYTES_INIT("z"),
    BYTES_INIT("\xC3\xA4"),
    BYTES_INIT("\xE2\x82\xAC"),
    BYTES_INIT("\xF0\x9F\x90\x98"),
};

enum { SORTED_COUNT = sizeof sorted_names / sizeof *sorted_names };

static void put_unsorted(struct store_suite *suite)
{
    struct store_condition always = {.when = STORE_ALWAYS};
    for (size_t i = 0; i < SORTED_COUNT; i++) { /* 5 and 12 have no common divisor */
        struct bytes name = sorted_names[i * 5 % SORTED_COUNT];
        cr_assert_eq(store_suite_put(suite, name, BYTES_LIT("v"), always), RC_OK);
    }
}

/* Follows the pages from behind `after`, and expects the names from the `seen`th on. */
static void walk(struct store_suite *suite, struct bytes after, size_t limit, size_t seen)
{
    struct store_page page = {.has_more = true};
    while (page.has_more) {
        cr_assert_eq(store_list(suite->store, after, limit, 0, &suite->arena, &page), RC_OK);
        cr_assert_leq(page.count, limit);
        cr_assert(page.count || !page.has_more, "a page that leads on has a name to lead on from");
        for (size_t i = 0; i < page.count; i++, seen++) {
            cr_assert_lt(seen, (size_t)SORTED_COUNT);
            cr_expect(bytes_eq(page.items[i].name, sorted_names[seen]), "place %zu", seen);
            cr_expect(bytes_eq(page.items[i].value, BYTES_LIT("v")), "place %zu", seen);
            cr_expect_eq(page.items[i].created_ms, 1234567890123);
            cr_expect_eq(page.items[i].version, 1u);
        }
        if (page.count)
            after = page.items[page.count - 1].name;
    }
    cr_expect_eq(seen, (size_t)SORTED_COUNT);
}

static void is_sorted_by_bytes(struct store_suite *suite)
{
    put_unsorted(suite);
    walk(suite, bytes_make(NULL, 0), SIZE_MAX, 0);
}

static void pages_have_no_gap(struct store_suite *suite)
{
    put_unsorted(suite);
    for (size_t limit = 1; limit <= SORTED_COUNT + 1; limit++)
        walk(suite, bytes_make(NULL, 0), limit, 0);
}

static void begins_behind_any_name(struct store_suite *suite)
{
    put_unsorted(suite);
    walk(suite, BYTES_LIT("a\x01"), 100, 4);
    walk(suite,
         BYTES_LIT("a\x01"
                   "a"),
         100, 4);
    walk(suite, BYTES_LIT("0"), 100, 0);
    walk(suite, BYTES_LIT("\xF4\x8F\xBF\xBF"), 100, SORTED_COUNT);
}

static void an_empty_store_is_an_empty_page(struct store_suite *suite)
{
    struct store_page page;
    cr_assert_eq(store_list(suite->store, bytes_make(NULL, 0), 1, 0, &suite->arena, &page), RC_OK);
    cr_expect_eq(page.count, 0u);
    cr_expect_not(page.has_more);
}

static void what_was_deleted_is_not_listed(struct store_suite *suite)
{
    struct store_condition present = {.when = STORE_IF_PRESENT};
    struct store_page page;
    put_unsorted(suite);
    for (size_t i = 0; i < SORTED_COUNT; i += 2)
        cr_assert_eq(store_delete(suite->store, sorted_names[i], present, 0), RC_OK);
    cr_assert_eq(store_list(suite->store, bytes_make(NULL, 0), 100, 0, &suite->arena, &page),
                 RC_OK);
    cr_assert_eq(page.count, (size_t)SORTED_COUNT / 2);
    cr_expect_not(page.has_more);
    for (size_t i = 0; i < page.count; i++)
        cr_expect(bytes_eq(page.items[i].name, sorted_names[2 * i + 1]), "place %zu", i);
}

const struct store_claim store_list_claims[] = {
    {"is sorted by the bytes of the names", is_sorted_by_bytes},
    {"pages have no gap", pages_have_no_gap},
    {"begins behind any name", begins_behind_any_name},
    {"an empty store is an empty page", an_empty_store_is_an_empty_page},
    {"what was deleted is not listed", what_was_deleted_is_not_listed},
    {NULL, NULL},
};
