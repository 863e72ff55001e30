#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/dynamodb_server.h"
#include "tests/support/store_suite.h"

/* The suite's claims about the DynamoDB store, with a server behind it: one process, and a table of
 * its own for each claim. */

static void expect_claim(const struct store_claim *claim, const char *table)
{
    char url[96], error[256] = "";
    dynamodb_server_make_table(table);
    (void)snprintf(url, sizeof url, "dynamodb:%s", table);
    struct store_suite suite = {.store = store_open(url, error, sizeof error)};
    cr_assert_not_null(suite.store, "%s", error);
    arena_init(&suite.arena, 1 << 26);
    claim->run(&suite);
    arena_release(&suite.arena);
    store_close(suite.store);
}

static void expect_claims(const struct store_claim *claim, const char *group)
{
    for (size_t i = 0; claim[i].name; i++) {
        char table[64];
        (void)snprintf(table, sizeof table, "%s-%zu", group, i);
        expect_claim(&claim[i], table);
    }
}

Test(store_dynamodb_server, every_claim_holds_of_dynalite, .timeout = 300)
{
    struct dynamodb_server server;
    if (!dynamodb_server_start(&server, DYNALITE, "the store on dynalite"))
        return;
    expect_claims(store_item_claims, "item");
    expect_claims(store_list_claims, "list");
    expect_claims(store_shared_claims, "shared");
    dynamodb_server_stop(&server);
}

/* It sends an item along with a refused condition, as DynamoDB does and dynalite does not; but it
 * does not survive many threads at once. */
Test(store_dynamodb_server, the_claims_of_one_thread_hold_of_moto, .timeout = 300)
{
    struct dynamodb_server server;
    if (!dynamodb_server_start(&server, MOTO, "the store on moto"))
        return;
    expect_claims(store_item_claims, "item");
    expect_claims(store_list_claims, "list");
    dynamodb_server_stop(&server);
}

/* --- what DynamoDB alone has to be asked --- */

enum { LARGE_BYTES = 64 * 1024, LARGE_COUNT = 40 };

static char large[LARGE_BYTES];
static struct store_suite suite;

static void open_store(void)
{
    char error[256] = "";
    dynamodb_server_make_table("votes");
    suite.store = store_open("dynamodb:votes", error, sizeof error);
    cr_assert_not_null(suite.store, "%s", error);
    arena_init(&suite.arena, 1 << 26);
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7);
}

static void put(struct bytes name, struct bytes value)
{
    enum rc rc = store_suite_put(&suite, name, value, (struct store_condition){STORE_ALWAYS, 0, 0});
    cr_assert_eq(rc, RC_OK, "%s", rc_name(rc));
}

static void names_of_any_utf8(void)
{
    static const struct bytes names[] = {BYTES_INIT("a\0b"), BYTES_INIT("a\x7F\x30"),
                                         BYTES_INIT("\xEF\xBF\xBF"),
                                         BYTES_INIT("\xF0\x9F\x90\x98")};
    enum { COUNT = sizeof names / sizeof *names };
    struct store_page page;
    for (size_t i = 0; i < COUNT; i++)
        put(names[i], names[i]);
    for (size_t i = 0; i < COUNT; i++)
        cr_expect(bytes_eq(store_suite_get(&suite, names[i]).value, names[i]), "name %zu", i);
    cr_assert_eq(store_list(suite.store, names[0], 9, 0, &suite.arena, &page), RC_OK);
    cr_assert_eq(page.count, (size_t)COUNT - 1);
    for (size_t i = 0; i < page.count; i++)
        cr_expect(bytes_eq(page.items[i].name, names[i + 1]), "place %zu", i);
}

/* DynamoDB ends a page where it has a megabyte, however many items were asked for. */
static void pages_of_large_values(void)
{
    struct store_page page = {.has_more = true};
    struct bytes after = BYTES_LIT("large"), value = bytes_make(large, sizeof large);
    size_t count = 0, page_count = 0;
    for (int i = 0; i < LARGE_COUNT; i++) {
        char name[16];
        put(bytes_make(name, (size_t)snprintf(name, sizeof name, "large-%02d", i)), value);
    }
    for (; page.has_more; page_count++) {
        cr_assert_eq(store_list(suite.store, after, LARGE_COUNT, 0, &suite.arena, &page), RC_OK);
        cr_assert_gt(page.count, 0u);
        for (size_t i = 0;
             i < page.count && bytes_starts_with(page.items[i].name, BYTES_LIT("large-"));
             i++, count++)
            cr_expect(bytes_eq(page.items[i].value, value), "item %zu", count);
        after = page.items[page.count - 1].name;
    }
    cr_expect_eq(count, (size_t)LARGE_COUNT);
    cr_expect_gt(page_count, 2u);
}

static void a_table_that_is_not_there(void)
{
    char reason[256] = "", error[256] = "";
    struct store_item item;
    struct store *other = store_open("dynamodb:other", error, sizeof error);
    cr_assert_not_null(other, "%s", error);
    cr_expect_eq(store_get(other, BYTES_LIT("ada"), 0, &suite.arena, &item), RC_REFUSED);
    cr_expect_eq(store_check(other, 0, reason, sizeof reason), RC_REFUSED);
    cr_expect(strstr(reason, "ResourceNotFoundException"), "%s", reason);
    store_close(other);
}

Test(store_dynamodb_server, dynamodb_is_understood, .timeout = 240)
{
    struct dynamodb_server server;
    if (!dynamodb_server_start(&server, DYNALITE, "names and pages on dynalite"))
        return;
    open_store();
    names_of_any_utf8();
    pages_of_large_values();
    a_table_that_is_not_there();
    arena_release(&suite.arena);
    store_close(suite.store);
    dynamodb_server_stop(&server);
}
