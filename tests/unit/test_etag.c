#include <criterion/criterion.h>

#include "runtime/core/etag.h"

/* A tag names what is there when its text is that of the context. */
static bool is_text(const struct etag *tag, const void *context)
{
    return bytes_eq(tag->opaque, bytes_from_str(context));
}

struct list_row {
    const char *values[2]; /* of one or two fields; NULL: none */
    enum rc rc;
    bool match, none_match; /* whether If-Match and If-None-Match hold of "a" */
    bool match_nothing;     /* and If-Match of nothing; If-None-Match always does */
};

static const struct list_row rows[] = {
    {{NULL, NULL}, RC_OK, true, true, true},
    {{"*", NULL}, RC_OK, true, false, false},
    {{"\"a\"", NULL}, RC_OK, true, false, false},
    {{"\"b\"", NULL}, RC_OK, false, true, false},
    {{"\"A\"", NULL}, RC_OK, false, true, false},
    {{"W/\"a\"", NULL}, RC_OK, false, false, false},
    {{"\"b\", W/\"a\"", NULL}, RC_OK, false, false, false},
    {{"\"b\",\"a\"", NULL}, RC_OK, true, false, false},
    {{"\"b\"\t ,, ,\"a\" ,", NULL}, RC_OK, true, false, false},
    {{"\"b\"", "\"a\""}, RC_OK, true, false, false},
    {{"", NULL}, RC_OK, false, true, false},
    {{"\"\"", NULL}, RC_OK, false, true, false},
    {{"\"b,\\a\"", NULL}, RC_OK, false, true, false},
    {{"\"\xC3\xA9\", \"a\"", NULL}, RC_OK, true, false, false},
    {{"a", NULL}, RC_SYNTAX, false, false, false},
    {{"\"a", NULL}, RC_SYNTAX, false, false, false},
    {{"\"", NULL}, RC_SYNTAX, false, false, false},
    {{"w/\"a\"", NULL}, RC_SYNTAX, false, false, false},
    {{"W/", NULL}, RC_SYNTAX, false, false, false},
    {{"W/ \"a\"", NULL}, RC_SYNTAX, false, false, false},
    {{"\"a\" \"b\"", NULL}, RC_SYNTAX, false, false, false},
    {{"\"a\"\"b\"", NULL}, RC_SYNTAX, false, false, false},
    {{"\"a b\"", NULL}, RC_SYNTAX, false, false, false},
    {{"\"a\tb\"", NULL}, RC_SYNTAX, false, false, false},
    {{"*, \"a\"", NULL}, RC_SYNTAX, false, false, false},
    {{"\"a\", *", NULL}, RC_SYNTAX, false, false, false},
    {{"**", NULL}, RC_SYNTAX, false, false, false},
    {{"*", "\"a\""}, RC_SYNTAX, false, false, false},
    {{"\"a\"", "*"}, RC_SYNTAX, false, false, false},
    {{"*", "*"}, RC_SYNTAX, false, false, false},
};

Test(etag, lists_are_read_and_judged)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct list_row *row = &rows[i];
        struct http_field fields[3] = {{BYTES_LIT("X"), BYTES_LIT("\"a\"")}};
        struct arena arena;
        struct etag_list list;
        size_t count = 1;
        arena_init(&arena, 1 << 16);
        for (; count < 3 && row->values[count - 1]; count++)
            fields[count] =
                (struct http_field){BYTES_LIT("if-MATCH"), bytes_from_str(row->values[count - 1])};
        struct http_request req = {.fields = fields, .field_count = count, .arena = &arena};
        cr_expect_eq(etag_list_read(&req, "If-Match", &list), row->rc, "row %zu", i);
        if (row->rc == RC_OK) {
            cr_expect_eq(list.is_there, row->values[0] != NULL, "row %zu", i);
            cr_expect_eq(etag_match_holds(&list, is_text, "a"), row->match, "row %zu", i);
            cr_expect_eq(etag_none_match_holds(&list, is_text, "a"), row->none_match, "row %zu", i);
            cr_expect_eq(etag_match_holds(&list, is_text, NULL), row->match_nothing, "row %zu", i);
            cr_expect(etag_none_match_holds(&list, is_text, NULL), "row %zu", i);
        }
        arena_release(&arena);
    }
}

Test(etag, a_full_arena_is_an_answer)
{
    struct http_field field = {BYTES_LIT("If-Match"), BYTES_LIT("\"a\"")};
    struct arena arena;
    struct etag_list list;
    struct http_request req = {.fields = &field, .field_count = 1, .arena = &arena};
    arena_init(&arena, 0);
    cr_expect_eq(etag_list_read(&req, "If-Match", &list), RC_NOMEM);
    arena_release(&arena);
}
