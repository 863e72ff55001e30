#include <criterion/criterion.h>

#include "runtime/control/datum.h"

static struct arena arena;
static struct datum_maker maker;

static void init(void)
{
    arena_init(&arena, 1 << 20);
    maker = (struct datum_maker){.arena = &arena};
}

static void release(void)
{
    arena_release(&arena);
}

TestSuite(datum, .init = init, .fini = release);

static struct datum *map_of(const char *text)
{
    struct datum *map = datum_new(&arena, DATUM_MAP);
    cr_assert_not_null(map);
    datum_string(&maker, map, "x", text);
    return map;
}

struct number_row {
    const char *text;
    enum rc as_int, as_float, as_bool;
    int64_t integer;
    double number;
};

Test(datum, texts_are_numbers_where_numbers_are_expected)
{
    static const struct number_row rows[] = {
        {"12", RC_OK, RC_OK, RC_SYNTAX, 12, 12},
        {"-12", RC_OK, RC_OK, RC_SYNTAX, -12, -12},
        {"1.5", RC_SYNTAX, RC_OK, RC_SYNTAX, 0, 1.5},
        {"1e3", RC_SYNTAX, RC_OK, RC_SYNTAX, 0, 1000},
        {"true", RC_SYNTAX, RC_SYNTAX, RC_OK, 0, 0},
        {"false", RC_SYNTAX, RC_SYNTAX, RC_OK, 0, 0},
        {"True", RC_SYNTAX, RC_SYNTAX, RC_SYNTAX, 0, 0},
        {"", RC_SYNTAX, RC_SYNTAX, RC_SYNTAX, 0, 0},
        {"-", RC_SYNTAX, RC_SYNTAX, RC_SYNTAX, 0, 0},
        {" 1", RC_SYNTAX, RC_SYNTAX, RC_SYNTAX, 0, 0},
        {"0x1p3", RC_SYNTAX, RC_SYNTAX, RC_SYNTAX, 0, 0},
        {"inf", RC_SYNTAX, RC_SYNTAX, RC_SYNTAX, 0, 0},
        {"1e999", RC_SYNTAX, RC_SYNTAX, RC_SYNTAX, 0, 0},
        {"9223372036854775807", RC_OK, RC_OK, RC_SYNTAX, INT64_MAX, 9223372036854775807.0},
        {"9223372036854775808", RC_SYNTAX, RC_OK, RC_SYNTAX, 0, 9223372036854775808.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct number_row *row = &rows[i];
        const struct datum *datum = datum_get(map_of(row->text), "x");
        int64_t integer = 0;
        double number = 0;
        bool is_true;
        cr_expect_eq(datum_to_int(datum, &integer), row->as_int, "%s", row->text);
        cr_expect_eq(datum_to_float(datum, &number), row->as_float, "%s", row->text);
        cr_expect_eq(datum_to_bool(datum, &is_true), row->as_bool, "%s", row->text);
        cr_expect_eq(integer, row->integer, "%s", row->text);
        cr_expect_eq(number, row->number, "%s", row->text);
    }
}

Test(datum, whole_floats_are_integers_and_others_are_not)
{
    struct datum *map = datum_new(&arena, DATUM_MAP);
    int64_t integer = 0;
    datum_float(&maker, map, "whole", 60);
    datum_float(&maker, map, "half", 0.5);
    datum_float(&maker, map, "huge", 1e300);
    cr_expect_eq(datum_to_int(datum_get(map, "whole"), &integer), RC_OK);
    cr_expect_eq(integer, 60);
    cr_expect_eq(datum_to_int(datum_get(map, "half"), &integer), RC_SYNTAX);
    cr_expect_eq(datum_to_int(datum_get(map, "huge"), &integer), RC_SYNTAX);
    cr_expect_eq(datum_to_int(datum_get(map, "none"), &integer), RC_NOT_FOUND);
}

Test(datum, times_come_as_texts_and_as_numbers)
{
    struct datum *map = datum_new(&arena, DATUM_MAP);
    double seconds = 0;
    datum_string(&maker, map, "text", "1970-01-01T00:01:00Z");
    datum_int(&maker, map, "int", 61);
    datum_string(&maker, map, "number", "62");
    datum_time(&maker, map, "time", 63);
    datum_bool(&maker, map, "bool", true);
    static const char *const names[] = {"text", "int", "number", "time"};
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(datum_to_time(datum_get(map, names[i]), &seconds), RC_OK);
        cr_expect_eq(seconds, 60 + i);
    }
    cr_expect_eq(datum_to_time(datum_get(map, "bool"), &seconds), RC_SYNTAX);
}

Test(datum, a_path_names_maps_and_items)
{
    char path[64], cut[8];
    struct datum *map = datum_new(&arena, DATUM_MAP);
    struct datum *list = datum_list(&maker, map, "Actions");
    (void)datum_map(&maker, list, NULL);
    struct datum *second = datum_map(&maker, list, NULL);
    datum_int(&maker, second, "Weight", 1);
    datum_path(second->first, path, sizeof path);
    cr_expect_str_eq(path, "Actions.member.2.Weight");
    datum_path(second->first, cut, sizeof cut);
    cr_expect_str_eq(cut, "Actions");
    datum_path(map, path, sizeof path);
    cr_expect_str_eq(path, "");
}

Test(datum, an_arena_that_is_full_is_remembered_and_harms_nothing)
{
    struct arena small;
    arena_init(&small, 2048);
    struct datum_maker tight = {.arena = &small};
    struct datum *root = datum_new(&small, DATUM_MAP);
    cr_assert_not_null(root);
    for (int i = 0; i < 100; i++) {
        struct datum *list = datum_list(&tight, root, "list");
        datum_int(&tight, list, NULL, i);
        datum_text(&tight, list, NULL, BYTES_LIT("text"));
    }
    cr_expect(tight.failed);
    cr_expect_lt(root->count, 100u);
    arena_release(&small);
}

Test(datum, null_and_the_empty_list_of_query)
{
    struct datum *map = map_of("");
    (void)datum_add(&arena, map, "null", DATUM_NULL);
    cr_expect_null(datum_get(map, "null"));
    const struct datum *list = datum_get_list(map, "x");
    cr_assert_not_null(list);
    cr_expect_eq(list->count, 0u);
    cr_expect_null(datum_get_list(map_of("y"), "x"));
    cr_expect_null(datum_get(map->first, "x"));
}
