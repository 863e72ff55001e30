#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/store/store.h"
#include "tests/support/tempdir.h"

/* The same claims over each backend: a test's parameter is a row's number. */

struct backend_row {
    const char *kind;
    bool has_file;
    bool is_blocking;
};

static const struct backend_row backends[] = {
    {"memory", false, false},
    {"sqlite", true, true},
};

enum { BACKEND_COUNT = sizeof backends / sizeof *backends };

static size_t backend_numbers[BACKEND_COUNT] = {0, 1};

#define OVER_BACKENDS(name)                                                 \
    ParameterizedTestParameters(store, name)                                \
    {                                                                       \
        return cr_make_param_array(size_t, backend_numbers, BACKEND_COUNT); \
    }                                                                       \
    ParameterizedTest(size_t *number, store, name, .init = setup, .fini = teardown)

static struct tempdir dir;
static struct arena arena;
static struct store *store;

static void setup(void)
{
    tempdir_init(&dir);
    arena_init(&arena, 1 << 26);
}

static void teardown(void)
{
    store_close(store);
    arena_release(&arena);
    tempdir_release(&dir);
}

static void open_backend(size_t number)
{
    char url[2 * TEMPDIR_PATH_MAX], error[512] = "";
    const char *place = backends[number].has_file ? tempdir_join(&dir, "sqlite:", "x.db", url)
                                                  : backends[number].kind;
    store = store_open(place, error, sizeof error);
    cr_assert_not_null(store, "%s", error);
}

static enum rc put(struct bytes name, struct bytes value)
{
    struct store_item item = {.name = name, .value = value, .created_ms = 1234567890123};
    return store_put_new(store, &item, 0);
}

OVER_BACKENDS(says_what_it_is)
{
    open_backend(*number);
    cr_expect_str_eq(store_kind(store), backends[*number].kind);
    cr_expect_eq(store_is_blocking(store), backends[*number].is_blocking);
    cr_expect_eq(store_check(store, 0), RC_OK);
    cr_expect_eq(store_check(store, 0), RC_OK, "a second check");
}

static char all_bytes[255];

static const struct bytes odd_names[] = {
    BYTES_INIT("a"),
    BYTES_INIT("a b"),
    BYTES_INIT("a/b"),
    BYTES_INIT("a'b\"c\\d;--"),
    BYTES_INIT("\xF0\x9F\x90\x98"),
    BYTES_INIT("nul\0inside"),
    BYTES_INIT("\xFF\xFE"),
    {all_bytes, sizeof all_bytes},
};

OVER_BACKENDS(gives_back_every_byte_of_name_and_value)
{
    open_backend(*number);
    for (size_t i = 0; i < sizeof all_bytes; i++)
        all_bytes[i] = (char)(i + 1);
    for (size_t i = 0; i < sizeof odd_names / sizeof *odd_names; i++)
        cr_assert_eq(put(odd_names[i], odd_names[i]), RC_OK, "name %zu", i);
    for (size_t i = 0; i < sizeof odd_names / sizeof *odd_names; i++) {
        struct store_item item;
        cr_assert_eq(store_get(store, odd_names[i], 0, &arena, &item), RC_OK, "name %zu", i);
        cr_expect(bytes_eq(item.name, odd_names[i]), "name %zu", i);
        cr_expect(bytes_eq(item.value, odd_names[i]), "value %zu", i);
        cr_expect_eq(item.created_ms, 1234567890123);
    }
}

OVER_BACKENDS(an_empty_value_is_a_value)
{
    struct store_item item;
    open_backend(*number);
    cr_assert_eq(put(BYTES_LIT("empty"), bytes_make(NULL, 0)), RC_OK);
    cr_assert_eq(store_get(store, BYTES_LIT("empty"), 0, &arena, &item), RC_OK);
    cr_expect_eq(item.value.len, 0u);
}

OVER_BACKENDS(a_taken_name_keeps_its_first_value)
{
    struct store_item item;
    open_backend(*number);
    cr_assert_eq(put(BYTES_LIT("ada"), BYTES_LIT("one")), RC_OK);
    cr_expect_eq(put(BYTES_LIT("ada"), BYTES_LIT("two")), RC_EXISTS);
    cr_expect_eq(put(BYTES_LIT("Ada"), BYTES_LIT("another name")), RC_OK);
    cr_assert_eq(store_get(store, BYTES_LIT("ada"), 0, &arena, &item), RC_OK);
    cr_expect(bytes_eq(item.value, BYTES_LIT("one")));
}

OVER_BACKENDS(an_unknown_name_is_not_found)
{
    struct store_item item;
    open_backend(*number);
    cr_expect_eq(store_get(store, BYTES_LIT("ada"), 0, &arena, &item), RC_NOT_FOUND);
    cr_assert_eq(put(BYTES_LIT("adam"), BYTES_LIT("")), RC_OK);
    cr_expect_eq(store_get(store, BYTES_LIT("ada"), 0, &arena, &item), RC_NOT_FOUND);
}

/* In the order of their bytes, which no locale and no case changes. */
static const struct bytes sorted_names[] = {
    BYTES_INIT("A"),
    BYTES_INIT("B"),
    BYTES_INIT("a"),
    BYTES_INIT("a\0"),
    BYTES_INIT("a\0b"),
    BYTES_INIT("a "),
    BYTES_INIT("aa"),
    BYTES_INIT("b"),
    BYTES_INIT("z"),
    BYTES_INIT("\xC3\xA4"),
    BYTES_INIT("\xE2\x82\xAC"),
    BYTES_INIT("\xFF"),
};

enum { SORTED_COUNT = sizeof sorted_names / sizeof *sorted_names };

static void put_unsorted(void)
{
    for (size_t i = 0; i < SORTED_COUNT; i++) /* 5 and 12 have no common divisor */
        cr_assert_eq(put(sorted_names[i * 5 % SORTED_COUNT], BYTES_LIT("v")), RC_OK);
}

OVER_BACKENDS(lists_by_the_bytes_of_the_names)
{
    struct store_item *items;
    size_t count;
    open_backend(*number);
    put_unsorted();
    cr_assert_eq(store_list(store, bytes_make(NULL, 0), SIZE_MAX, 0, &arena, &items, &count),
                 RC_OK);
    cr_assert_eq(count, (size_t)SORTED_COUNT);
    for (size_t i = 0; i < count; i++) {
        cr_expect(bytes_eq(items[i].name, sorted_names[i]), "place %zu", i);
        cr_expect(bytes_eq(items[i].value, BYTES_LIT("v")), "place %zu", i);
        cr_expect_eq(items[i].created_ms, 1234567890123);
    }
}

OVER_BACKENDS(lists_in_pages_without_a_gap)
{
    struct bytes after = {NULL, 0};
    size_t seen = 0, count = 1;
    open_backend(*number);
    put_unsorted();
    while (count) {
        struct store_item *items;
        cr_assert_eq(store_list(store, after, 5, 0, &arena, &items, &count), RC_OK);
        cr_assert_leq(count, 5u);
        for (size_t i = 0; i < count; i++)
            cr_expect(bytes_eq(items[i].name, sorted_names[seen + i]), "place %zu", seen + i);
        seen += count;
        if (count)
            after = items[count - 1].name;
    }
    cr_expect_eq(seen, (size_t)SORTED_COUNT);
}

OVER_BACKENDS(lists_behind_a_name_that_is_not_there)
{
    struct store_item *items;
    size_t count;
    open_backend(*number);
    put_unsorted();
    cr_assert_eq(store_list(store, BYTES_LIT("a\0a"), 1, 0, &arena, &items, &count), RC_OK);
    cr_assert_eq(count, 1u);
    cr_expect(bytes_eq(items[0].name, BYTES_LIT("a\0b")));
    cr_assert_eq(store_list(store, BYTES_LIT("\xFF\xFF"), 9, 0, &arena, &items, &count), RC_OK);
    cr_expect_eq(count, 0u);
    cr_assert_eq(store_list(store, bytes_make(NULL, 0), 0, 0, &arena, &items, &count), RC_OK);
    cr_expect_eq(count, 0u, "a limit of nothing");
}

OVER_BACKENDS(a_passed_deadline_stops_every_call)
{
    struct store_item item = {.name = BYTES_LIT("late"), .value = BYTES_LIT("v")}, *items;
    int64_t past_ms = clock_ms_monotonic() - 1;
    size_t count;
    open_backend(*number);
    cr_expect_eq(store_put_new(store, &item, past_ms), RC_TIMEOUT);
    cr_expect_eq(store_get(store, item.name, past_ms, &arena, &item), RC_TIMEOUT);
    cr_expect_eq(store_list(store, item.name, 1, past_ms, &arena, &items, &count), RC_TIMEOUT);
    cr_expect_eq(store_check(store, past_ms), RC_TIMEOUT);
    cr_expect_eq(store_get(store, item.name, 0, &arena, &item), RC_NOT_FOUND, "nothing was put");
}

OVER_BACKENDS(a_full_arena_is_an_answer)
{
    struct arena small;
    struct store_item item, *items;
    size_t count;
    static char large[8192];
    open_backend(*number);
    arena_init(&small, sizeof large / 2);
    cr_assert_eq(put(BYTES_LIT("large"), bytes_make(large, sizeof large)), RC_OK);
    cr_expect_eq(store_get(store, BYTES_LIT("large"), 0, &small, &item), RC_NOMEM);
    cr_expect_eq(store_list(store, bytes_make(NULL, 0), 9, 0, &small, &items, &count), RC_NOMEM);
    cr_expect_eq(store_get(store, BYTES_LIT("large"), 0, &arena, &item), RC_OK, "it goes on");
    cr_expect_eq(item.value.len, sizeof large);
    arena_release(&small);
}

Test(store, memory_has_a_maximum, .init = setup, .fini = teardown)
{
    static char large[LIMIT_BODY_BYTES];
    size_t count = 0;
    enum rc rc = RC_OK;
    open_backend(0);
    for (; rc == RC_OK && count <= LIMIT_STORE_MEMORY_BYTES / sizeof large; count++)
        rc = put(bytes_make((const char *)&count, sizeof count), bytes_make(large, sizeof large));
    cr_expect_eq(rc, RC_NOMEM);
    cr_expect_eq(count, LIMIT_STORE_MEMORY_BYTES / sizeof large);
    cr_expect_eq(store_check(store, 0), RC_OK, "a small one has still room");
    cr_expect_eq(put(BYTES_LIT("small"), BYTES_LIT("v")), RC_OK);
}

Test(store, closing_nothing_is_harmless)
{
    store_close(NULL);
}

struct url_row {
    const char *url;
    const char *error;
};

static const struct url_row bad_urls[] = {
    {NULL, "cannot open the store '': it must be 'memory' or 'sqlite:PATH'"},
    {"", "cannot open the store '': it must be 'memory' or 'sqlite:PATH'"},
    {":", "cannot open the store ':': it must be 'memory' or 'sqlite:PATH'"},
    {"sqlite", "cannot open the store 'sqlite': it has no path; it must be 'sqlite:PATH'"},
    {"sqlite:", "cannot open the store 'sqlite:': it has no path; it must be 'sqlite:PATH'"},
    {"memory:", "cannot open the store 'memory:': it takes no path; it must be 'memory'"},
    {"memory:x", "cannot open the store 'memory:x': it takes no path; it must be 'memory'"},
    {"Memory", "cannot open the store 'Memory': it must be 'memory' or 'sqlite:PATH'"},
    {"/x.db", "cannot open the store '/x.db': it must be 'memory' or 'sqlite:PATH'"},
    {"redis://h", "cannot open the store 'redis://h': it must be 'memory' or 'sqlite:PATH'"},
};

Test(store, a_bad_url_is_refused_by_name)
{
    for (size_t i = 0; i < sizeof bad_urls / sizeof *bad_urls; i++) {
        char error[256] = "";
        cr_expect_null(store_open(bad_urls[i].url, error, sizeof error));
        cr_expect_str_eq(error, bad_urls[i].error);
    }
}

Test(store, an_error_is_cut_to_its_room)
{
    char error[8] = "1234567";
    cr_expect_null(store_open("redis://host", error, sizeof error));
    cr_expect_str_eq(error, "cannot ");
}
