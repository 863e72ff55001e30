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
        "{\"name\":\"B\",\"party\":\"\\\"three\\\"\",\"created\":\"1970-01-01T00:00:01.000Z\"},"
        "{\"name\":\"b\",\"party\":\"one\",\"created\":\"1970-01-01T00:00:01.000Z\"},"
        "{\"name\":\"\xC3\xA9\",\"party\":\"two\",\"created\":\"1970-01-01T00:00:01.000Z\"}]}");
}

struct after_row {
    const char *target;
    int count; /* of a, a b, b, c */
};

static const struct after_row after_rows[] = {
    {"/candidates", 4},           {"/candidates?after=", 4},
    {"/candidates?after", 4},     {"/candidates?after=a", 3},
    {"/candidates?after=a+b", 2}, {"/candidates?after=a%20b", 2},
    {"/candidates?after=aa", 2},  {"/candidates?x=1&after=b&after=", 1},
    {"/candidates?after=c", 0},   {"/candidates?after=%FF", 0},
    {"/candidates?before=a", 4},
};

Test(handlers_list, begins_behind_a_name)
{
    put("a", BYTES_LIT("p"));
    put("a b", BYTES_LIT("p"));
    put("b", BYTES_LIT("p"));
    put("c", BYTES_LIT("p"));
    for (size_t i = 0; i < sizeof after_rows / sizeof *after_rows; i++) {
        const struct after_row *row = &after_rows[i];
        cr_expect_eq(call_get(&call, &home, row->target), 200, "%s", row->target);
        cr_expect_eq(cJSON_GetArraySize(candidates()), row->count, "%s", row->target);
    }
    cr_expect_eq(call_get(&call, &home, "/candidates?after=%4"), 400);
    cr_expect(call_body_has(&call, "/problems/bad-query"));
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
    cr_expect_str_eq(call_field(&call, "Link"), "</candidates?after=0999%20name>; rel=\"next\"");
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
    cr_expect_str_eq(call_field(&call, "Link"), "</candidates?after=a>; rel=\"next\"");
    cr_expect_eq(call_get(&call, &home, "/candidates?after=a"), 500);
    cr_expect(call_body_has(&call, "response-too-large"));
}
