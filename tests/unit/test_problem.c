#include <criterion/criterion.h>

#include "runtime/core/problem.h"
#include "runtime/json/json.h"

static struct arena arena;
static struct http_response res;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
    http_response_init(&res);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(problem, .init = setup, .fini = teardown);

static struct bytes member(const char *name)
{
    cJSON *root = NULL;
    cr_assert_eq(json_parse(&arena, res.body, &root, NULL), RC_OK, "%.*s", BYTES_ARG(res.body));
    return json_bytes(cJSON_GetObjectItemCaseSensitive(root, name));
}

static double member_number(const char *name)
{
    cJSON *root = NULL;
    cr_assert_eq(json_parse(&arena, res.body, &root, NULL), RC_OK);
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(root, name));
}

static void expect_type(void)
{
    const struct bytes *type = http_response_header(&res, "Content-Type");
    cr_assert_not_null(type);
    cr_expect(bytes_eq(*type, BYTES_LIT("application/problem+json")));
}

Test(problem, has_the_four_members)
{
    problem_set(&res, &arena, 404, "not-found", "there is nothing at %s", "/x");
    cr_expect_eq(res.status, 404);
    expect_type();
    cr_expect(bytes_eq(member("type"), BYTES_LIT("/problems/not-found")));
    cr_expect(bytes_eq(member("title"), BYTES_LIT("Not Found")));
    cr_expect(bytes_eq(member("detail"), BYTES_LIT("there is nothing at /x")));
    cr_expect_eq(member_number("status"), 404);
}

Test(problem, escapes_what_a_caller_sent)
{
    problem_set(&res, &arena, 400, "x", "%s", "\"\\\n\x01\xFF");
    cr_expect(bytes_eq(member("detail"), BYTES_LIT("\"\\\n\x01\xEF\xBF\xBD")));
}

Test(problem, drops_what_was_there)
{
    http_response_add(&res, &arena, BYTES_LIT("X"), BYTES_LIT("a"));
    http_response_borrow(&res, &arena, 200, BYTES_LIT("text/plain"), BYTES_LIT("hello"));
    problem_set(&res, &arena, 500, "x", "y");
    cr_expect_eq(res.field_count, 1u);
    expect_type();
}

Test(problem, no_memory_is_flagged)
{
    struct arena none;
    arena_init(&none, 0);
    problem_set(&res, &none, 404, "x", "y");
    cr_expect(res.is_out_of_memory);
}

Test(problem, the_fixed_one_needs_no_memory)
{
    http_response_add(&res, &arena, BYTES_LIT("X"), BYTES_LIT("a"));
    problem_set_fixed(&res);
    cr_expect_eq(res.status, 500);
    cr_expect_eq(res.field_count, 1u);
    expect_type();
    cr_expect_eq(member_number("status"), 500);
}

/* A front end adds fields of its own; the static table behind the fixed answer has room for none.
 */
Test(problem, fields_can_be_added_to_the_fixed_one)
{
    for (int round = 0; round < 2; round++) {
        problem_set_fixed(&res);
        for (int i = 0; i < 20; i++)
            http_response_add(&res, &arena, BYTES_LIT("X"), BYTES_LIT("a"));
        cr_assert_eq(res.field_count, 21u);
        expect_type();
        cr_expect(bytes_eq(res.fields[20].name, BYTES_LIT("X")));
    }
}

struct rc_row {
    enum rc rc;
    int status;
};

static const struct rc_row rc_rows[] = {
    {RC_SYNTAX, 400},      {RC_URI_LIMIT, 414}, {RC_HEAD_LIMIT, 431}, {RC_BODY_LIMIT, 413},
    {RC_UNSUPPORTED, 501}, {RC_VERSION, 505},   {RC_NOMEM, 503},      {RC_TIMEOUT, 408},
};

Test(problem, each_fault_of_a_request_has_its_status)
{
    for (size_t i = 0; i < sizeof rc_rows / sizeof *rc_rows; i++) {
        problem_set_rc(&res, &arena, rc_rows[i].rc);
        cr_expect_eq(res.status, rc_rows[i].status, "%s", rc_name(rc_rows[i].rc));
        expect_type();
        struct bytes wanted;
        cr_assert_eq(arena_printf(&arena, &wanted, "/problems/%s", rc_name(rc_rows[i].rc)), RC_OK);
        cr_expect(bytes_eq(member("type"), wanted));
        cr_expect_gt(member("detail").len, 0u);
    }
}

Test(problem, all_result_codes_have_names_and_statuses)
{
    for (int i = 0; i <= RC_TIMEOUT; i++) {
        cr_expect_gt(strlen(rc_name((enum rc)i)), 0u, "%d", i);
        int status = rc_to_status((enum rc)i);
        cr_expect(i == RC_OK ? status == 200 : status >= 400 && status < 600, "%d", i);
        for (int k = 0; k < i; k++)
            cr_expect_str_neq(rc_name((enum rc)i), rc_name((enum rc)k));
    }
}
