#include <criterion/criterion.h>

#include <math.h>

#include "runtime/control/shape_json.h"
#include "runtime/control/shape_xml.h"
#include "runtime/core/limits.h"
#include "tests/support/datum_text.h"
#include "tests/support/guard.h"

/* What results look like in XML and JSON, and JSON's parameters. */

static struct arena arena;
static struct buf out;

static void init(void)
{
    arena_init(&arena, 1 << 20);
    buf_init(&out, 1 << 16);
}

static void release(void)
{
    buf_release(&out);
    arena_release(&arena);
}

TestSuite(shapes, .init = init, .fini = release);

static struct datum *example(void)
{
    struct datum_maker maker = {.arena = &arena};
    struct datum *root = datum_new(&arena, DATUM_MAP);
    struct datum *list = datum_list(&maker, root, "Rules");
    struct datum *rule = datum_map(&maker, list, NULL);
    datum_string(&maker, rule, "Name", "<a & \"b\">");
    datum_int(&maker, rule, "Weight", -7);
    datum_bool(&maker, rule, "IsDefault", true);
    datum_string(&maker, list, NULL, "x");
    datum_time(&maker, root, "Time", 1795253400.5);
    datum_float(&maker, root, "Tenth", 0.1);
    datum_float(&maker, root, "None", (double)NAN);
    (void)datum_list(&maker, root, "Empty");
    (void)datum_add(&arena, root, "Null", DATUM_NULL);
    datum_add(&arena, root, "Blob", DATUM_BLOB)->text = BYTES_LIT("ab");
    cr_assert_not(maker.failed);
    return root;
}

Test(shapes, a_result_as_xml)
{
    shape_xml_write(&out, example());
    buf_append_char(&out, '\0');
    cr_expect_str_eq(out.data,
                     "<Rules><member><Name>&lt;a &amp; &quot;b&quot;&gt;</Name><Weight>-7</Weight>"
                     "<IsDefault>true</IsDefault></member><member>x</member></Rules>"
                     "<Time>2026-11-21T09:30:00.500Z</Time><Tenth>0.1</Tenth><None>NaN</None>"
                     "<Empty></Empty><Blob>YWI=</Blob>");
}

Test(shapes, a_result_as_json)
{
    shape_json_write(&out, example());
    buf_append_char(&out, '\0');
    cr_expect_str_eq(out.data,
                     "{\"Rules\":[{\"Name\":\"<a & \\\"b\\\">\",\"Weight\":-7,\"IsDefault\":true},"
                     "\"x\"],\"Time\":1795253400.5,\"Tenth\":0.1,\"None\":\"NaN\",\"Empty\":[],"
                     "\"Null\":null,\"Blob\":\"YWI=\"}");
}

Test(shapes, text_that_xml_cannot_hold_is_replaced)
{
    shape_xml_text(&out, BYTES_LIT("a\x01\r\n\t\xff\xc3\xbc z"));
    cr_expect(bytes_eq(buf_bytes(&out), BYTES_LIT("a\xEF\xBF\xBD&#13;\n\t\xEF\xBF\xBD\xc3\xbc z")),
              "%.*s", BYTES_ARG(buf_bytes(&out)));
}

struct row {
    const char *text, *tree;
    enum rc rc;
};

Test(shapes, reads_json_parameters_and_refuses_what_is_none)
{
    static const struct row rows[] = {
        {"", "{}", RC_OK},
        {"{}", "{}", RC_OK},
        {"{\"a\":[1,2.5,\"t\",true,null,{\"b\":-3}]}", "{a:[1,f2.5,\"t\",true,null,{b:-3}]}",
         RC_OK},
        {"{\"a\":1e300}", "{a:f1.0000000000000001e+300}", RC_OK},
        {"{\"a\":1,\"a\":2}", NULL, RC_SYNTAX},
        {"{\"a\":1,\"A\":2}", "{a:1,A:2}", RC_OK},
        {"{", NULL, RC_SYNTAX},
        {"{} x", NULL, RC_SYNTAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct datum *root = NULL;
        struct guard input = guard_new(bytes_from_str(rows[i].text));
        enum rc rc = shape_json_parse(&arena, input.view, &root);
        cr_expect_eq(rc, rows[i].rc, "%s: %s", rows[i].text, rc_name(rc));
        buf_reset(&out);
        if (rc == RC_OK) {
            datum_print(&out, root);
            buf_append_char(&out, '\0');
            cr_expect_str_eq(out.data, rows[i].tree, "%s", rows[i].text);
        }
        guard_free(&input);
    }
}

Test(shapes, json_parameters_have_limits)
{
    struct datum *root;
    for (int i = 0; i <= LIMIT_CONTROL_DEPTH; i++)
        buf_append_char(&out, '[');
    for (int i = 0; i <= LIMIT_CONTROL_DEPTH; i++)
        buf_append_char(&out, ']');
    cr_expect_eq(shape_json_parse(&arena, buf_bytes(&out), &root), RC_BODY_LIMIT);
    buf_reset(&out);
    buf_append(&out, BYTES_LIT("[1"));
    for (int i = 0; i < LIMIT_CONTROL_ITEMS; i++)
        buf_append(&out, BYTES_LIT(",1"));
    buf_append_char(&out, ']');
    arena_release(&arena);
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    cr_expect_eq(shape_json_parse(&arena, buf_bytes(&out), &root), RC_BODY_LIMIT);
}
