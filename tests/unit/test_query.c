#include <criterion/criterion.h>

#include "runtime/control/query.h"
#include "runtime/core/limits.h"
#include "tests/support/datum_text.h"
#include "tests/support/guard.h"

struct row {
    const char *form, *tree; /* NULL: `rc` */
    enum rc rc;
};

static const struct row rows[] = {
    {"", "{}", RC_OK},
    {"&&", "{}", RC_OK},
    {"Action=DescribeRules&Version=2015-12-01", "{Action:\"DescribeRules\",Version:\"2015-12-01\"}",
     RC_OK},
    {"A=a+b%26%3D&B", "{A:\"a b&=\",B:\"\"}", RC_OK},
    {"T.member.1.Id=a&T.member.1.Port=80&T.member.2.Id=b",
     "{T:[{Id:\"a\",Port:\"80\"},{Id:\"b\"}]}", RC_OK},
    {"A.member.1.F.T.member.1.W=90&A.member.1.F.T.member.2.W=10&A.member.1.F.S.E=true",
     "{A:[{F:{T:[{W:\"90\"},{W:\"10\"}],S:{E:\"true\"}}}]}", RC_OK},
    {"L.member.3=c&L.member.1=a&L.member.2=b", "{L:[\"a\",\"b\",\"c\"]}", RC_OK},
    {"L.member.7=b&L.member.5=a", "{L:[\"a\",\"b\"]}", RC_OK},
    {"member=x", "{member:\"x\"}", RC_OK},
    {"A.member=x", "{A:{member:\"x\"}}", RC_OK},
    {"%41=1", "{A:\"1\"}", RC_OK},
    {"A=1&A=2", NULL, RC_SYNTAX},
    {"A=1&A.B=2", NULL, RC_SYNTAX},
    {"A.B=1&A=2", NULL, RC_SYNTAX},
    {"A.member.1=1&A.B=2", NULL, RC_SYNTAX},
    {"A.B=2&A.member.1=1", NULL, RC_SYNTAX},
    {"A.member.0=1", NULL, RC_SYNTAX},
    {"A..B=1", NULL, RC_SYNTAX},
    {".A=1", NULL, RC_SYNTAX},
    {"A.=1", NULL, RC_SYNTAX},
    {"=1", NULL, RC_SYNTAX},
    {"A%00=1", NULL, RC_SYNTAX},
    {"A+B=1", NULL, RC_SYNTAX},
    {"%C3%BC=1", NULL, RC_SYNTAX},
    {"A=%4", NULL, RC_SYNTAX},
    {"A.member.20001=1", NULL, RC_BODY_LIMIT},
    {"A.member.99999999999999999999=1", "{A:{member:{99999999999999999999:\"1\"}}}", RC_OK},
    {"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1", NULL, RC_BODY_LIMIT},
};

Test(query, reads_forms_into_trees_and_refuses_what_is_none)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena;
        struct buf text;
        struct bytes error = {NULL, 0};
        struct guard input = guard_new(bytes_from_str(rows[i].form));
        arena_init(&arena, 1 << 20);
        buf_init(&text, 1 << 16);
        struct datum *root = datum_new(&arena, DATUM_MAP);
        enum rc rc = query_parse(&arena, input.view, root, &error);
        cr_expect_eq(rc, rows[i].rc, "%s: %s", rows[i].form, rc_name(rc));
        datum_print(&text, root);
        buf_append_char(&text, '\0');
        if (rows[i].tree)
            cr_expect_str_eq(text.data, rows[i].tree, "%s", rows[i].form);
        else
            cr_expect_gt(error.len + (rows[i].form[0] == '='), 0u, "%s", rows[i].form);
        buf_release(&text);
        arena_release(&arena);
        guard_free(&input);
    }
}

Test(query, a_structure_of_too_many_names_is_refused)
{
    struct arena arena;
    struct buf form;
    struct bytes error;
    arena_init(&arena, 1 << 20);
    buf_init(&form, 1 << 16);
    for (int i = 0; i <= LIMIT_CONTROL_NAMES; i++)
        buf_printf(&form, "n%d=&", i);
    struct datum *root = datum_new(&arena, DATUM_MAP);
    cr_expect_eq(query_parse(&arena, buf_bytes(&form), root, &error), RC_BODY_LIMIT);
    cr_expect_eq(root->count, (size_t)LIMIT_CONTROL_NAMES);
    buf_release(&form);
    arena_release(&arena);
}
