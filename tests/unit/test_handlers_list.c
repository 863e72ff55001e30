#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/core/response_check.h"
#include "runtime/json/json.h"
#include "runtime/store/store.h"
#include "tests/support/call.h"

static struct call_home home;
static struct call call;

static void setup(void)
{
    call_home_init(&home, HOME_LAMBDA, "memory");
    call_init(&call);
}

static void teardown(void)
{
    call_release(&call);
    call_home_release(&home);
}

TestSuite(handlers_list, .init = setup, .fini = teardown);

static void put(const char *name, struct bytes party)
{
    struct store_item item = {.name = bytes_from_str(name), .value = party, .created_ms = 1000};
    cr_assert_eq(store_put(home.store, &item, (struct store_condition){.when = STORE_ALWAYS}, 0),
                 RC_OK);
}

static cJSON *candidates(void)
{
    cJSON *root;
    cr_assert_eq(json_parse(&call.arena, call.res.body, &root, NULL), RC_OK, "%s",
                 call_body(&call));
    return cJSON_GetObjectItemCaseSensitive(root, "candidates");
}

Test(handlers_list, is_empty_at_first)
{
    cr_expect_eq(call_get(&call, &home, "/candidates"), 200);
    cr_expect_str_eq(call_body(&call), "{\"candidates\":[]}");
    cr_expect_str_eq(call_field(&call, "Content-Type"), "application/json");
    cr_expect_str_eq(call_field(&call, "Link"), "");
}

Test(handlers_list, is_sorted_by_name)
{
    put("b", BYTES_LIT("one"));
    put("\xC3\xA9", BYTES_LIT("two"));
    put("B", BYTES_LIT("\"three\""));
    cr_expect_eq(call_get(&call, &home, "/candidates"), 200);
    cr_expect_str_eq(
        call_body(&call),
        "{\"candidates\":["
        "{\"name\":\"B\",\"party\":\"\\\"three\\\"\",\"created\":\"1970-01-01T00:00:01.000Z\","
        "\"version\":1},"
        "{\"name\":\"b\",\"party\":\"one\",\"created\":\"1970-01-01T00:00:01.000Z\",\"version\":1},"
        "{\"name\":\"\xC3\xA9\",\"party\":\"two\",\"created\":\"1970-01-01T00:00:01.000Z\","
        "\"version\":1}]}");
}

/* The address that the last answer's body leads to. */
static const char *next_target(void)
{
    static char target[1024];
    cJSON *root;
    cr_assert_eq(json_parse(&call.arena, call.res.body, &root, NULL), RC_OK);
    const char *next = json_bytes(cJSON_GetObjectItemCaseSensitive(root, "next")).ptr;
    cr_assert_not_null(next, "%s", call_body(&call));
    cr_expect_eq(strspn(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                 strlen(next), "%s", next);
    (void)snprintf(target, sizeof target, "/candidates?next=%s", next);
    return target;
}

static void put_four(void)
{
    put("a", BYTES_LIT("p"));
    put("a b", BYTES_LIT("p"));
    put("\xC3\xA9?&=", BYTES_LIT("p"));
    put("\xF0\x9F\x90\x98", BYTES_LIT("p"));
}

struct limit_row {
    const char *target;
    int count; /* of the four */
};

static const struct limit_row limit_rows[] = {
    {"/candidates", 4},           {"/candidates?limit=1000", 4},      {"/candidates?limit=4", 4},
    {"/candidates?limit=3", 3},   {"/candidates?limit=1", 1},         {"/candidates?limit=0001", 1},
    {"/candidates?limit=%32", 2}, {"/candidates?limit=2&limit=3", 2}, {"/candidates?Limit=1", 4},
};

Test(handlers_list, takes_a_limit)
{
    put_four();
    for (size_t i = 0; i < sizeof limit_rows / sizeof *limit_rows; i++) {
        const struct limit_row *row = &limit_rows[i];
        cr_expect_eq(call_get(&call, &home, row->target), 200, "%s", row->target);
        cr_expect_eq(cJSON_GetArraySize(candidates()), row->count, "%s", row->target);
        cr_expect_eq(call_body_has(&call, "\"next\""), row->count < 4, "%s", row->target);
        cr_expect_eq(call_field(&call, "Link")[0] != '\0', row->count < 4, "%s", row->target);
    }
}

/* Each name but the last as a cursor: whatever is in it, it leads to the one behind it. */
Test(handlers_list, a_cursor_leads_on)
{
    put_four();
    for (int behind = 1; behind < 4; behind++) {
        char target[64];
        (void)snprintf(target, sizeof target, "/candidates?limit=%d", behind);
        cr_assert_eq(call_get(&call, &home, target), 200);
        cr_assert_eq(call_get(&call, &home, next_target()), 200);
        cr_expect_eq(cJSON_GetArraySize(candidates()), 4 - behind);
        cr_expect_not(call_body_has(&call, "\"next\""));
    }
}

Test(handlers_list, a_cursor_outlives_the_one_that_it_was_made_of)
{
    put_four();
    cr_assert_eq(call_get(&call, &home, "/candidates?limit=2"), 200);
    char target[1024];
    (void)snprintf(target, sizeof target, "%s", next_target());
    struct store_condition present = {.when = STORE_IF_PRESENT};
    cr_assert_eq(store_delete(home.store, BYTES_LIT("a b"), present, 0), RC_OK);
    cr_expect_eq(call_get(&call, &home, target), 200);
    cr_expect_eq(cJSON_GetArraySize(candidates()), 2);
}

struct query_row {
    const char *query;
    const char *detail;
};

#define BAD_LIMIT "'limit' must be a number from 1 to 1000"
#define BAD_NEXT "'next' is not what a page before this one said"

static const struct query_row bad_queries[] = {
    {"limit=0", BAD_LIMIT},
    {"limit=1001", BAD_LIMIT},
    {"limit=", BAD_LIMIT},
    {"limit", BAD_LIMIT},
    {"limit=-1", BAD_LIMIT},
    {"limit=+1", BAD_LIMIT},
    {"limit=1.5", BAD_LIMIT},
    {"limit=ten", BAD_LIMIT},
    {"limit=18446744073709551617", BAD_LIMIT},
    {"limit=0&next=MWE", BAD_LIMIT},
    {"limit=%4", "the value of 'limit' has a '%' without two hex digits"},
    {"next=", BAD_NEXT},
    {"next", BAD_NEXT},
    {"next=ada", BAD_NEXT},
    {"next=M", BAD_NEXT},      /* no base64url has this length */
    {"next=MQ", BAD_NEXT},     /* "1": no name */
    {"next=Mg", BAD_NEXT},     /* "2" */
    {"next=MmE", BAD_NEXT},    /* "2a": another kind */
    {"next=MWE%3D", BAD_NEXT}, /* "1a", with padding */
    {"next=MWF", BAD_NEXT},    /* spare bits */
    {"next=Mf%2B", BAD_NEXT},
    {"next=Mf8", BAD_NEXT}, /* "1" and a byte that is not UTF-8 */
    {"next=%4", "the value of 'next' has a '%' without two hex digits"},
};

Test(handlers_list, a_bad_limit_or_cursor_is_refused_by_name)
{
    put_four();
    cr_expect_eq(call_get(&call, &home, "/candidates?next=MWE"), 200, "\"1a\"");
    cr_expect_eq(cJSON_GetArraySize(candidates()), 3);
    for (size_t i = 0; i < sizeof bad_queries / sizeof *bad_queries; i++) {
        char target[128];
        (void)snprintf(target, sizeof target, "/candidates?%s", bad_queries[i].query);
        cr_expect_eq(call_get(&call, &home, target), 400, "%s", target);
        cr_expect(call_body_has(&call, "/problems/bad-query"));
        cr_expect(call_body_has(&call, bad_queries[i].detail), "%s: %s", target, call_body(&call));
    }
}

/* Follows the Link fields from the start and counts what they lead to, each name once. */
static int walk(int *pages)
{
    char target[1024] = "/candidates", last[512] = "";
    int count = 0;
    for (*pages = 0; target[0]; (*pages)++) {
        cr_assert_eq(call_get(&call, &home, target), 200);
        cr_assert_leq(response_alb_json_len(&call.res), (size_t)LIMIT_RESPONSE_JSON_BYTES);
        const cJSON *item;
        cJSON_ArrayForEach(item, candidates())
        {
            const char *name = json_bytes(cJSON_GetObjectItem(item, "name")).ptr;
            cr_assert_gt(strcmp(name, last), 0);
            (void)snprintf(last, sizeof last, "%s", name);
            count++;
        }
        target[0] = '\0';
        const char *link = call_field(&call, "Link");
        cr_assert(link[0] == '\0' || sscanf(link, "<%1000[^>]>; rel=\"next\"", target) == 1);
    }
    return count;
}

/* Puts `count` items, "0000" + `rest` and so on. */
static void put_many(int count, const char *rest, struct bytes party)
{
    for (int i = 0; i < count; i++) {
        char name[512];
        (void)snprintf(name, sizeof name, "%04d%s", i, rest);
        put(name, party);
    }
}

Test(handlers_list, a_thousand_is_one_page)
{
    int pages;
    put_many(1000, " name", BYTES_LIT("p"));
    cr_expect_eq(walk(&pages), 1000);
    cr_expect_eq(pages, 1);
}

Test(handlers_list, one_more_is_on_a_second_page)
{
    int pages;
    put_many(1001, " name", BYTES_LIT("p"));
    cr_expect_eq(walk(&pages), 1001);
    cr_expect_eq(pages, 2);
    cr_expect_eq(call_get(&call, &home, "/candidates"), 200);
    cr_expect_str_eq(call_field(&call, "Link"), "</candidates?next=MTA5OTkgbmFtZQ>; rel=\"next\"");
    cr_expect_eq(call_get(&call, &home, "/candidates?limit=7"), 200);
    cr_expect_str_eq(call_field(&call, "Link"),
                     "</candidates?limit=7&next=MTAwMDYgbmFtZQ>; rel=\"next\"");
}

/* Quotes are escaped twice on the way through the load balancer, control bytes take seven bytes. */
Test(handlers_list, a_page_is_never_larger_than_a_response_may_be)
{
    static char worst[255];
    int pages;
    memset(worst, 1, sizeof worst);
    put_many(1000, "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"",
             bytes_make(worst, sizeof worst));
    cr_expect_eq(walk(&pages), 1000);
    cr_expect_gt(pages, 1);
    cr_expect_eq(call_get(&call, &home, "/candidates"), 200);
    cr_expect_gt(response_alb_json_len(&call.res), (size_t)LIMIT_RESPONSE_JSON_BYTES * 99 / 100,
                 "the room is used");
}

Test(handlers_list, one_item_that_is_too_large_is_an_error_and_no_empty_page)
{
    static char large[LIMIT_RESPONSE_JSON_BYTES];
    memset(large, 'x', sizeof large);
    put("a", BYTES_LIT("p"));
    put("large", bytes_make(large, sizeof large));
    cr_expect_eq(call_get(&call, &home, "/candidates"), 200);
    cr_expect_eq(cJSON_GetArraySize(candidates()), 1);
    cr_expect_str_eq(call_field(&call, "Link"), "</candidates?next=MWE>; rel=\"next\"");
    cr_expect_eq(call_get(&call, &home, "/candidates?next=MWE"), 500);
    cr_expect(call_body_has(&call, "response-too-large"));
}
