#include <criterion/criterion.h>

#include "runtime/core/http.h"
#include "tests/support/guard.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define B BYTES_INIT

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(http, .init = setup, .fini = teardown);

/* --- grammar --- */

Test(http, tchar_is_what_rfc_9110_lists)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (int c = 0; c < 256; c++) {
        char one = (char)c;
        bool wanted = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      (c != 0 && strchr(marks, c) != NULL);
        cr_expect_eq(http_is_token(bytes_make(&one, 1)), wanted, "byte %d", c);
        char inside[] = {'a', one, 'b'};
        cr_expect_eq(http_token_len(bytes_make(inside, 3)), wanted ? 3u : 1u, "byte %d", c);
    }
    cr_expect_not(http_is_token(BYTES_LIT("")));
}

/* At every place of a name that is longer than two words, among letters and among other tokens. */
Test(http, a_token_ends_at_the_first_byte_that_is_none)
{
    static const char names[][18] = {"Content-Type-And-", "!x_y.1~2*3+4-5#6$"};
    for (int c = 0; c < 256; c++)
        for (size_t at = 0; at < 17; at++)
            for (size_t i = 0; i < 2; i++) {
                char one = (char)c, name[18];
                memcpy(name, names[i], sizeof name);
                name[at] = one;
                size_t wanted = http_is_token(bytes_make(&one, 1)) ? 17 : at;
                cr_assert_eq(http_token_len(bytes_make(name, 17)), wanted, "byte %d at %zu", c, at);
            }
}

/* At each place of a value long enough to be looked at in whole words. */
Test(http, field_values_have_no_control_byte_but_tab)
{
    enum { VALUE_LEN = 20 };
    char text[VALUE_LEN];
    for (size_t len = 1; len <= VALUE_LEN; len++)
        for (size_t at = 0; at < len; at++)
            for (int c = 0; c < 256; c++) {
                memset(text, at % 2 ? 'x' : '\xFF', sizeof text);
                text[at] = (char)c;
                cr_assert_eq(http_is_field_value(bytes_make(text, len)),
                             (c >= 0x20 && c != 0x7F) || c == '\t', "byte %d at %zu of %zu", c, at,
                             len);
            }
    cr_expect(http_is_field_value(BYTES_LIT("")));
}

Test(http, field_values_are_not_read_beyond_their_end)
{
    for (size_t len = 0; len < 20; len++) {
        struct guard guard = guard_new(bytes_make("abcdefghijklmnopqrst", len));
        cr_expect(http_is_field_value(guard.view));
        guard_free(&guard);
    }
}

/* --- methods and statuses --- */

Test(http, methods_have_names_and_case)
{
    for (int i = 0; i < HTTP_METHOD_OTHER; i++) {
        enum http_method method = (enum http_method)i;
        cr_expect_eq(http_method_parse(http_method_name(method)), method);
    }
    cr_expect_eq(http_method_parse(BYTES_LIT("get")), HTTP_METHOD_OTHER);
    cr_expect_eq(http_method_parse(BYTES_LIT("GETS")), HTTP_METHOD_OTHER);
    cr_expect_eq(http_method_parse(BYTES_LIT("GE")), HTTP_METHOD_OTHER);
    cr_expect_eq(http_method_parse(BYTES_LIT("")), HTTP_METHOD_OTHER);
    cr_expect_eq(http_method_name(HTTP_METHOD_OTHER).len, 0u);
}

Test(http, statuses_have_reasons)
{
    cr_expect(bytes_eq(http_status_reason(200), BYTES_LIT("OK")));
    cr_expect(bytes_eq(http_status_reason(431), BYTES_LIT("Request Header Fields Too Large")));
    cr_expect(bytes_eq(http_status_reason(299), BYTES_LIT("Unknown")));
    cr_expect(bytes_eq(http_status_reason(-1), BYTES_LIT("Unknown")));
    for (int status = 100; status < 600; status++)
        cr_expect_eq(http_status_is_bodiless(status),
                     status < 200 || status == 204 || status == 304);
}

/* --- requests --- */

Test(http, finds_the_first_field_without_case)
{
    struct http_field fields[] = {{BYTES_LIT("Host"), BYTES_LIT("a")},
                                  {BYTES_LIT("X-a"), BYTES_LIT("1")},
                                  {BYTES_LIT("x-A"), BYTES_LIT("2")}};
    struct http_request req = {.fields = fields, .field_count = 3};
    cr_expect_eq(http_request_header(&req, "X-A"), &fields[1].value);
    cr_expect_eq(http_request_header(&req, "host"), &fields[0].value);
    cr_expect_null(http_request_header(&req, "x"));
    cr_expect_null(http_request_header(&req, ""));
    cr_expect_null(http_request_header(&(struct http_request){0}, "Host"));
}

Test(http, finds_parameters_with_case)
{
    struct http_param params[] = {{BYTES_LIT("name"), BYTES_LIT("a")}};
    struct http_request req = {.params = params, .param_count = 1};
    cr_expect_eq(http_request_param(&req, "name"), &params[0].value);
    cr_expect_null(http_request_param(&req, "Name"));
    cr_expect_null(http_request_param(&req, "nam"));
}

struct query_row {
    const char *query, *key;
    enum rc rc;
    struct bytes wanted;
};

static const struct query_row query_rows[] = {
    {"a=1&b=2", "b", RC_OK, B("2")},           {"a=1&a=2", "a", RC_OK, B("1")},
    {"details", "details", RC_OK, B("")},      {"a+b=c+d", "a b", RC_OK, B("c d")},
    {"%61=%C3%A9", "a", RC_OK, B("\xC3\xA9")}, {"", "a", RC_NOT_FOUND, B("")},
    {"ab=1", "a", RC_NOT_FOUND, B("")},        {"A=1", "a", RC_NOT_FOUND, B("")},
    {"a=%zz", "a", RC_SYNTAX, B("")},          {"%zz=1&a=2", "a", RC_OK, B("2")},
    {"b=%zz&a=2", "a", RC_OK, B("2")},
};

Test(http, finds_query_parameters)
{
    for (size_t i = 0; i < ROWS(query_rows); i++) {
        const struct query_row *row = &query_rows[i];
        struct http_request req = {.arena = &arena, .query = bytes_from_str(row->query)};
        struct bytes out = {NULL, 0};
        cr_expect_eq(http_query_get(&req, row->key, &out), row->rc, "%s", row->query);
        cr_expect(bytes_eq(out, row->wanted), "%s", row->query);
    }
}

/* --- responses --- */

Test(http, a_response_is_500_until_somebody_sets_it)
{
    struct http_response res;
    http_response_init(&res);
    cr_expect_eq(res.status, 500);
    cr_expect_eq(res.field_count, 0u);
    cr_expect_eq(res.body.len, 0u);
    cr_expect_not(res.is_out_of_memory);
}

Test(http, fields_are_kept_in_their_order_however_many)
{
    struct http_response res;
    http_response_init(&res);
    for (int i = 0; i < 100; i++) {
        struct bytes value;
        cr_assert_eq(arena_printf(&arena, &value, "%d", i), RC_OK);
        http_response_add(&res, &arena, BYTES_LIT("X"), value);
    }
    cr_assert_eq(res.field_count, 100u);
    cr_expect_not(res.is_out_of_memory);
    for (uint64_t i = 0; i < 100; i++) {
        uint64_t value = UINT64_MAX;
        cr_expect(bytes_to_u64(res.fields[i].value, 99, &value));
        cr_expect_eq(value, i);
    }
    cr_expect_eq(http_response_header(&res, "x"), &res.fields[0].value);
    cr_expect_null(http_response_header(&res, "y"));
}

static const struct http_field split_rows[] = {
    {B("X"), B("a\r\nSet-Cookie: b")},
    {B("X"), B("a\nb")},
    {B("X"), B("a\0b")},
    {B("X\r\nY"), B("a")},
    {B(""), B("a")},
    {B("X:"), B("a")},
    {B("X Y"), B("a")},
    {B("X\xC3\xA9"), B("a")},
};

Test(http, no_handler_can_split_a_response)
{
    for (size_t i = 0; i < ROWS(split_rows); i++) {
        struct http_response res;
        http_response_init(&res);
        http_response_add(&res, &arena, split_rows[i].name, split_rows[i].value);
        cr_expect_eq(res.field_count, 0u, "row %zu", i);
        cr_expect(res.is_out_of_memory, "row %zu", i);
    }
}

Test(http, bodies_are_borrowed_or_printed)
{
    struct http_response res;
    struct bytes body = BYTES_LIT("hello");
    http_response_init(&res);
    http_response_borrow(&res, &arena, 201, BYTES_LIT("text/plain"), body);
    cr_expect_eq(res.status, 201);
    cr_expect_eq(res.body.ptr, body.ptr);
    cr_expect(bytes_eq(*http_response_header(&res, "content-type"), BYTES_LIT("text/plain")));
    http_response_init(&res);
    http_response_printf(&res, &arena, 200, BYTES_LIT("text/plain"), "%d%s", 7, "!");
    cr_expect(bytes_eq(res.body, BYTES_LIT("7!")));
    cr_expect_not(res.is_out_of_memory);
}

Test(http, no_memory_for_a_response_is_flagged)
{
    struct http_response res;
    struct arena none;
    arena_init(&none, 0);
    http_response_init(&res);
    http_response_add(&res, &none, BYTES_LIT("X"), BYTES_LIT("a"));
    cr_expect(res.is_out_of_memory);
    cr_expect_eq(res.field_count, 0u);
    http_response_init(&res);
    http_response_printf(&res, &none, 200, BYTES_LIT("text/plain"), "%d", 7);
    cr_expect(res.is_out_of_memory);
    cr_expect_eq(res.body.len, 0u);
}

Test(http, fields_of_one_connection_are_told_from_the_others)
{
    static const char *const hop[] = {"Connection", "keep-alive",        "PROXY-CONNECTION", "te",
                                      "Trailer",    "Transfer-Encoding", "upgrade"};
    static const char *const others[] = {"content-length", "expect", "host", "t", "trailers", ""};
    for (size_t i = 0; i < sizeof hop / sizeof *hop; i++)
        cr_expect(http_field_is_hop_by_hop(bytes_from_str(hop[i])), "%s", hop[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(http_field_is_hop_by_hop(bytes_from_str(others[i])), "%s", others[i]);
}
