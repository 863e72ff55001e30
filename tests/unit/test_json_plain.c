#include <criterion/criterion.h>
#include <stdlib.h>

#include "runtime/json/json.h"
#include "runtime/json/json_plain.h"
#include "tests/support/data.h"
#include "tests/support/guard.h"

/* cJSON's own parser is the oracle: what json_plain takes, cJSON takes too, and the trees are
 * equal. */

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 24);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(json_plain, .init = setup, .fini = teardown);

/* true when json_plain took the text. */
static bool agrees(struct bytes text, const char *name)
{
    struct guard guard = guard_new(text);
    arena_reset(&arena);
    cJSON *plain = bytes_is_utf8(text) ? json_plain_parse(&arena, guard.view) : NULL;
    guard_free(&guard);
    if (!plain)
        return false;
    cJSON *oracle = cJSON_ParseWithLength(text.ptr, text.len);
    cr_expect_not_null(oracle, "%s: cJSON refuses %.*s", name, BYTES_ARG(text));
    cr_expect(cJSON_Compare(plain, oracle, 1), "%s: another tree of %.*s", name, BYTES_ARG(text));
    cJSON_Delete(oracle);
    return true;
}

struct row {
    struct bytes text;
    bool is_plain;
};

static const struct row rows[] = {
    {BYTES_INIT("{}"), true},
    {BYTES_INIT(" [ ] "), true},
    {BYTES_INIT("\"\""), true},
    {BYTES_INIT("[0,-0,7,-12,123456789012345,2147483648,-2147483649]"), true},
    {BYTES_INIT("[true,false,null,\"x\",{\"a\":{\"b\":[1,[2]]},\"c\":3}]"), true},
    {BYTES_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\""), true},
    {BYTES_INIT("\"exactly8\\nexactly8exactly8\xC3\xA9\""), true},
    {BYTES_INIT("\"\\ud83d\\ude00\""), false},
    {BYTES_INIT("\"\\u0000\""), false},
    {BYTES_INIT("\"\\u00\""), false},
    {BYTES_INIT("\"\\x\""), false},
    {BYTES_INIT("\"a\nb\""), false},
    {BYTES_INIT("\"seven77\x01rest of it\""), false},
    {BYTES_INIT("\"open"), false},
    {BYTES_INIT("1.5"), false},
    {BYTES_INIT("1e3"), false},
    {BYTES_INIT("01"), false},
    {BYTES_INIT("-"), false},
    {BYTES_INIT("1234567890123456"), false},
    {BYTES_INIT("[1,]"), false},
    {BYTES_INIT("{\"a\"}"), false},
    {BYTES_INIT("{\"a\":1,}"), false},
    {BYTES_INIT("{a:1}"), false},
    {BYTES_INIT("[1"), false},
    {BYTES_INIT("[1}"), false},
    {BYTES_INIT("nul"), false},
    {BYTES_INIT("1 2"), false},
    {BYTES_INIT(""), false},
    {BYTES_INIT(" "), false},
};

Test(json_plain, takes_ordinary_texts_and_leaves_the_others)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(agrees(rows[i].text, "row"), rows[i].is_plain, "%.*s",
                     BYTES_ARG(rows[i].text));
}

Test(json_plain, nesting_over_its_depth_is_left_to_others)
{
    char deep[128];
    memset(deep, '[', 64);
    memset(deep + 64, ']', 64);
    cr_expect_not(agrees(bytes_make(deep, 128), "deep"));
    cr_expect(agrees(bytes_make(deep + 40, 48), "less deep"));
}

static const char *const events[] = {"alb/get.json", "alb/multi_value.json", "alb/post_base64.json",
                                     "alb/mixed_encoding.json"};

Test(json_plain, takes_the_events_that_come)
{
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct bytes event = data_read(events[i]);
        cr_expect(agrees(event, events[i]), "%s", events[i]);
        free((void *)(uintptr_t)event.ptr);
    }
}

/* Each byte of each event becomes each of these, and is left out. */
Test(json_plain, agrees_with_cjson_on_damaged_events)
{
    static const char damage[] = "\"\\{}[],:0-.eutn \n\x01\x7F\xC3";
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct bytes event = data_read(events[i]);
        char *text = (char *)(uintptr_t)event.ptr; /* ours to change */
        for (size_t at = 0; at < event.len; at++) {
            char byte = text[at];
            for (size_t k = 0; k < sizeof damage - 1; k++) {
                text[at] = damage[k];
                (void)agrees(event, events[i]);
            }
            text[at] = byte;
            (void)agrees(bytes_make(text, at), events[i]);
        }
        free(text);
    }
}

Test(json_plain, without_memory_it_gives_up)
{
    arena_release(&arena);
    arena_init(&arena, 16);
    cr_expect_null(json_plain_parse(&arena, BYTES_LIT("[1,2,3]")));
}
