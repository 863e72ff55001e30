#include <criterion/criterion.h>

#include "runtime/core/clock.h"
#include "tests/support/store_suite.h"

/* Claims about one item: its bytes, its version, and the conditions of a write. */

#define ALWAYS ((struct store_condition){.when = STORE_ALWAYS})
#define IF_ABSENT ((struct store_condition){.when = STORE_IF_ABSENT})
#define IF_PRESENT ((struct store_condition){.when = STORE_IF_PRESENT})
#define IF_VERSION(version_) \
    ((struct store_condition){.when = STORE_IF_VERSION, .version = (version_)})
#define IF_THE_ONE(version_, created_ms_) \
    ((struct store_condition){            \
        .when = STORE_IF_VERSION, .version = (version_), .created_ms = (created_ms_)})

enum { CREATED_LATER_MS = 5 }; /* than what store_suite_put puts */
static const int64_t created_ms = 1234567890123;

static void is_healthy(struct store_suite *suite)
{
    char reason[256] = "";
    cr_expect_eq(store_check(suite->store, 0, reason, sizeof reason), RC_OK, "%s", reason);
    cr_expect_eq(store_check(suite->store, 0, reason, sizeof reason), RC_OK, "%s", reason);
    cr_expect_str_eq(reason, "");
}

#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255 A50 A50 A50 A50 A50 "aaaaa"

static const struct bytes odd_names[] = {
    BYTES_INIT("a"),
    BYTES_INIT("a b"),
    BYTES_INIT("a/b"),
    BYTES_INIT("a'b\"c\\d;--"),
    BYTES_INIT("\x01\x09\x0D\x0A\x1F\x7F"),
    BYTES_INIT("a\0b"),
    BYTES_INIT("\xC3\xA9"),
    BYTES_INIT("e\xCC\x81"),
    BYTES_INIT("\xF0\x9F\x90\x98"),
    BYTES_INIT("\xEF\xBF\xBF\xF4\x8F\xBF\xBF"),
    BYTES_INIT(A255),
};

enum { ODD_COUNT = sizeof odd_names / sizeof *odd_names };

static void gives_back_every_byte(struct store_suite *suite)
{
    static char every[256];
    struct bytes value = bytes_make(every, sizeof every);
    for (size_t i = 0; i < sizeof every; i++)
        every[i] = (char)i;
    for (size_t i = 0; i < ODD_COUNT; i++)
        cr_assert_eq(store_suite_put(suite, odd_names[i], value, ALWAYS), RC_OK, "name %zu", i);
    for (size_t i = 0; i < ODD_COUNT; i++) {
        struct store_item item = store_suite_get(suite, odd_names[i]);
        cr_expect(bytes_eq(item.name, odd_names[i]), "name %zu", i);
        cr_expect(bytes_eq(item.value, value), "value %zu", i);
        cr_expect_eq(item.created_ms, created_ms);
        cr_expect_eq(item.version, 1u);
    }
}

static void an_empty_value_is_a_value(struct store_suite *suite)
{
    cr_assert_eq(store_suite_put(suite, BYTES_LIT("empty"), bytes_make(NULL, 0), ALWAYS), RC_OK);
    cr_expect_eq(store_suite_get(suite, BYTES_LIT("empty")).value.len, 0u);
}

static void an_unknown_name_is_not_found(struct store_suite *suite)
{
    struct store_item item;
    cr_expect_eq(store_get(suite->store, BYTES_LIT("ada"), 0, &suite->arena, &item), RC_NOT_FOUND);
    cr_assert_eq(store_suite_put(suite, BYTES_LIT("adam"), BYTES_LIT("v"), ALWAYS), RC_OK);
    cr_expect_eq(store_get(suite->store, BYTES_LIT("ada"), 0, &suite->arena, &item), RC_NOT_FOUND);
    cr_expect_eq(store_get(suite->store, BYTES_LIT("Adam"), 0, &suite->arena, &item), RC_NOT_FOUND);
}

static void a_put_says_what_is_stored(struct store_suite *suite)
{
    struct store_item item = {.name = BYTES_LIT("ada"), .created_ms = created_ms};
    for (uint64_t version = 1; version <= 3; version++) {
        item.value = version == 2 ? BYTES_LIT("two") : BYTES_LIT("odd");
        item.version = 99; /* of no account */
        cr_assert_eq(store_put(suite->store, &item, ALWAYS, 0), RC_OK);
        cr_expect_eq(item.version, version);
        cr_expect_eq(item.created_ms, created_ms, "when it was first put");
        struct store_item there = store_suite_get(suite, item.name);
        cr_expect_eq(there.version, version);
        cr_expect_eq(there.created_ms, created_ms);
        cr_expect(bytes_eq(there.value, item.value));
        item.created_ms = created_ms + CREATED_LATER_MS;
    }
}

/* --- conditions --- */

struct condition_row {
    struct store_condition condition;
    enum rc without, with; /* no such item; one of version 2, made at created_ms */
};

static const struct condition_row put_rows[] = {
    {{.when = STORE_ALWAYS}, RC_OK, RC_OK},
    {{.when = STORE_IF_ABSENT}, RC_OK, RC_EXISTS},
    {{.when = STORE_IF_PRESENT}, RC_NOT_FOUND, RC_OK},
    {{.when = STORE_IF_VERSION, .version = 2}, RC_NOT_FOUND, RC_OK},
    {{.when = STORE_IF_VERSION, .version = 1}, RC_NOT_FOUND, RC_CONFLICT},
    {{.when = STORE_IF_VERSION, .version = 3}, RC_NOT_FOUND, RC_CONFLICT},
    {{.when = STORE_IF_VERSION, .version = 0}, RC_NOT_FOUND, RC_CONFLICT},
    {{.when = STORE_IF_VERSION, .version = UINT64_MAX}, RC_NOT_FOUND, RC_CONFLICT},
    {{.when = STORE_IF_VERSION, .version = 2, .created_ms = 1234567890123}, RC_NOT_FOUND, RC_OK},
    {{.when = STORE_IF_VERSION, .version = 2, .created_ms = 1}, RC_NOT_FOUND, RC_CONFLICT},
};

static void put_two(struct store_suite *suite, struct bytes name)
{
    cr_assert_eq(store_suite_put(suite, name, BYTES_LIT("one"), IF_ABSENT), RC_OK);
    cr_assert_eq(store_suite_put(suite, name, BYTES_LIT("two"), IF_VERSION(1)), RC_OK);
}

static void a_put_keeps_to_its_condition(struct store_suite *suite)
{
    for (size_t i = 0; i < sizeof put_rows / sizeof *put_rows; i++) {
        const struct condition_row *row = &put_rows[i];
        char names[2] = {(char)('a' + i), (char)('A' + i)};
        struct bytes absent = bytes_make(names, 1), present = bytes_make(names + 1, 1);
        struct store_item item;
        enum rc rc = store_suite_put(suite, absent, BYTES_LIT("new"), row->condition);
        cr_expect_eq(rc, row->without, "row %zu: %s", i, rc_name(rc));
        rc = store_get(suite->store, absent, 0, &suite->arena, &item);
        cr_expect_eq(rc, row->without == RC_OK ? RC_OK : RC_NOT_FOUND, "row %zu", i);
        put_two(suite, present);
        rc = store_suite_put(suite, present, BYTES_LIT("new"), row->condition);
        cr_expect_eq(rc, row->with, "row %zu: %s", i, rc_name(rc));
        item = store_suite_get(suite, present);
        cr_expect_eq(item.version, row->with == RC_OK ? 3u : 2u, "row %zu", i);
        cr_expect(bytes_eq(item.value, row->with == RC_OK ? BYTES_LIT("new") : BYTES_LIT("two")));
    }
}

static void a_deletion_keeps_to_its_condition(struct store_suite *suite)
{
    for (size_t i = 2; i < sizeof put_rows / sizeof *put_rows; i++) {
        const struct condition_row *row = &put_rows[i];
        char name = (char)('a' + i);
        struct bytes view = bytes_make(&name, 1);
        struct store_item item;
        enum rc rc = store_delete(suite->store, view, row->condition, 0);
        cr_expect_eq(rc, RC_NOT_FOUND, "row %zu: %s", i, rc_name(rc));
        put_two(suite, view);
        rc = store_delete(suite->store, view, row->condition, 0);
        cr_expect_eq(rc, row->with, "row %zu: %s", i, rc_name(rc));
        rc = store_get(suite->store, view, 0, &suite->arena, &item);
        cr_expect_eq(rc, row->with == RC_OK ? RC_NOT_FOUND : RC_OK, "row %zu", i);
    }
}

static void what_is_put_anew_is_another_item(struct store_suite *suite)
{
    struct bytes name = BYTES_LIT("ada");
    struct store_item item = {.name = name, .created_ms = created_ms + CREATED_LATER_MS};
    cr_assert_eq(store_suite_put(suite, name, BYTES_LIT("old"), IF_ABSENT), RC_OK);
    cr_assert_eq(store_delete(suite->store, name, IF_VERSION(1), 0), RC_OK);
    cr_assert_eq(store_put(suite->store, &item, IF_ABSENT, 0), RC_OK);
    cr_expect_eq(item.version, 1u);
    cr_expect_eq(item.created_ms, created_ms + CREATED_LATER_MS);
    cr_expect_eq(store_suite_put(suite, name, BYTES_LIT("x"), IF_THE_ONE(1, created_ms)),
                 RC_CONFLICT);
    cr_expect_eq(store_delete(suite->store, name, IF_THE_ONE(1, created_ms), 0), RC_CONFLICT);
    cr_expect_eq(store_delete(suite->store, name, IF_THE_ONE(1, item.created_ms), 0), RC_OK);
    cr_expect_eq(store_delete(suite->store, name, IF_PRESENT, 0), RC_NOT_FOUND);
}

/* --- limits of a call --- */

static void a_passed_deadline_stops_every_call(struct store_suite *suite)
{
    struct store_item item = {.name = BYTES_LIT("late"), .value = BYTES_LIT("v")};
    int64_t past_ms = clock_ms_monotonic() - 1;
    struct store_page page;
    char reason[256] = "";
    struct store *store = suite->store;
    struct arena *arena = &suite->arena;
    cr_expect_eq(store_put(store, &item, ALWAYS, past_ms), RC_TIMEOUT);
    cr_expect_eq(store_get(store, item.name, past_ms, arena, &item), RC_TIMEOUT);
    cr_expect_eq(store_delete(store, item.name, IF_PRESENT, past_ms), RC_TIMEOUT);
    cr_expect_eq(store_list(store, item.name, 1, past_ms, arena, &page), RC_TIMEOUT);
    cr_expect_eq(store_check(store, past_ms, reason, sizeof reason), RC_TIMEOUT);
    cr_expect_str_eq(reason, "it does not answer in time");
    cr_expect_eq(store_get(store, item.name, 0, arena, &item), RC_NOT_FOUND, "nothing was put");
}

static void a_full_arena_is_an_answer(struct store_suite *suite)
{
    static char large[8192];
    struct arena small;
    struct store_item item;
    struct store_page page;
    struct bytes name = BYTES_LIT("large"), value = bytes_make(large, sizeof large);
    arena_init(&small, sizeof large / 2);
    cr_assert_eq(store_suite_put(suite, name, value, ALWAYS), RC_OK);
    cr_expect_eq(store_get(suite->store, name, 0, &small, &item), RC_NOMEM);
    cr_expect_eq(store_list(suite->store, bytes_make(NULL, 0), 9, 0, &small, &page), RC_NOMEM);
    cr_expect_eq(store_suite_get(suite, name).value.len, sizeof large, "it goes on");
    arena_release(&small);
}

const struct store_claim store_item_claims[] = {
    {"is healthy", is_healthy},
    {"gives back every byte of name and value", gives_back_every_byte},
    {"an empty value is a value", an_empty_value_is_a_value},
    {"an unknown name is not found", an_unknown_name_is_not_found},
    {"a put says what is stored", a_put_says_what_is_stored},
    {"a put keeps to its condition", a_put_keeps_to_its_condition},
    {"a deletion keeps to its condition", a_deletion_keeps_to_its_condition},
    {"what is put anew is another item", what_is_put_anew_is_another_item},
    {"a passed deadline stops every call", a_passed_deadline_stops_every_call},
    {"a full arena is an answer", a_full_arena_is_an_answer},
    {NULL, NULL},
};
