#include <criterion/criterion.h>

#include "runtime/json/json.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(json, .init = setup, .fini = teardown);

Test(json, parses_into_the_arena)
{
    cJSON *root = NULL;
    cr_assert_eq(json_parse(&arena, BYTES_LIT(" {\"a\":[1,\"\\u00e9\"]} \n"), &root, NULL), RC_OK);
    cJSON *a = cJSON_GetObjectItemCaseSensitive(root, "a");
    cr_expect_eq(cJSON_GetArraySize(a), 2);
    cr_expect(bytes_eq(json_bytes(cJSON_GetArrayItem(a, 1)), BYTES_LIT("\xC3\xA9")));
    cr_expect_eq(json_bytes(cJSON_GetArrayItem(a, 0)).len, 0u);
}

struct bad_row {
    const char *name;
    struct bytes text;
    size_t offset, line, column;
};

static const struct bad_row bad_rows[] = {
    {"empty", BYTES_INIT(""), 0, 1, 1},
    {"a word", BYTES_INIT("hello"), 0, 1, 1},
    {"cut off", BYTES_INIT("{\"a\":1"), 5, 1, 6},
    {"a second value", BYTES_INIT("{}\n x"), 4, 2, 2},
    {"leading zero", BYTES_INIT("[01]"), 1, 1, 2},
    {"plus sign", BYTES_INIT("[+1]"), 1, 1, 2},
    {"no digits behind the point", BYTES_INIT("[1.]"), 1, 1, 2},
    {"control byte in a string", BYTES_INIT("\"a\nb\""), 2, 1, 3},
    {"escaped NUL", BYTES_INIT("[\"a\\u0000\"]"), 3, 1, 4},
    {"raw NUL", BYTES_INIT("[1,\0]"), 3, 1, 4},
    {"not UTF-8", BYTES_INIT("[\"\xFF\"]"), 2, 1, 3},
    {"not UTF-8 behind what is", BYTES_INIT("[\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xFF\"]"), 10, 1,
     11},
    {"byte order mark", BYTES_INIT("\xEF\xBB\xBF{}"), 0, 1, 1},
};

Test(json, refuses_what_is_not_json_and_says_where)
{
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        const struct bad_row *row = &bad_rows[i];
        struct json_place place = {0, 0, 0};
        cJSON *root = NULL;
        cr_expect_eq(json_parse(&arena, row->text, &root, &place), RC_SYNTAX, "%s", row->name);
        cr_expect_eq(place.offset, row->offset, "%s: offset %zu", row->name, place.offset);
        cr_expect_eq(place.line, row->line, "%s: line %zu", row->name, place.line);
        cr_expect_eq(place.column, row->column, "%s: column %zu", row->name, place.column);
    }
}

Test(json, leaves_other_trees_to_malloc)
{
    cJSON *root = NULL;
    cr_assert_eq(json_parse(&arena, BYTES_LIT("[1]"), &root, NULL), RC_OK);
    cJSON *own = cJSON_CreateString("x");
    char *text = cJSON_PrintUnformatted(own);
    cr_expect_str_eq(text, "\"x\"");
    cJSON_free(text);
    cJSON_Delete(own);
}

Test(json, nesting_over_the_limit_is_a_syntax_error)
{
    char deep[4096];
    cJSON *root = NULL;
    memset(deep, '[', sizeof deep);
    cr_expect_eq(json_parse(&arena, bytes_make(deep, sizeof deep), &root, NULL), RC_SYNTAX);
}
