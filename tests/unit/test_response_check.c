#include <criterion/criterion.h>

#include <stdlib.h>

#include "runtime/core/app.h"
#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/core/response_check.h"

static struct arena arena;
static struct http_request req;
static struct http_response res;

static void setup(void)
{
    log_set_fd(-1);
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    req = (struct http_request){.arena = &arena, .path = BYTES_LIT("/")};
    http_response_init(&res);
    res.status = 200;
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(response_check, .init = setup, .fini = teardown);

static struct bytes filled(size_t len, char c)
{
    char *text = arena_alloc(&arena, len);
    cr_assert_not_null(text);
    memset(text, c, len);
    return bytes_make(text, len);
}

struct limit_row {
    const char *name;
    char c;
    size_t json_len_per_3; /* what three bytes of body become */
};

static const struct limit_row limit_rows[] = {
    {"plain text", 'a', 3},
    {"quotes", '"', 6},
    {"control bytes", '\x01', 18},
    {"bytes as base64", '\xFF', 4},
};

/* The longest body whose answer is not over the limit stays; three bytes more do not. */
Test(response_check, the_limit_is_exact)
{
    size_t frame_len = response_alb_json_len(&res);
    for (size_t i = 0; i < sizeof limit_rows / sizeof *limit_rows; i++) {
        const struct limit_row *row = &limit_rows[i];
        size_t room = LIMIT_RESPONSE_JSON_BYTES - frame_len;
        size_t len = room / row->json_len_per_3 * 3;
        http_response_init(&res);
        res.status = 200;
        res.body = filled(len + 3, row->c);
        res.body.len = len;
        response_enforce_limit(&res, &req);
        cr_expect_eq(res.status, 200, "%s", row->name);
        cr_expect_eq(res.body.len, len, "%s", row->name);
        res.body.len = len + 3;
        response_enforce_limit(&res, &req);
        cr_expect_eq(res.status, 500, "%s", row->name);
        cr_expect(memmem(res.body.ptr, res.body.len, "/problems/response-too-large", 28));
    }
}

Test(response_check, fields_count_towards_the_limit)
{
    res.body = filled(LIMIT_RESPONSE_JSON_BYTES - 200, 'a');
    response_enforce_limit(&res, &req);
    cr_expect_eq(res.status, 200);
    http_response_add(&res, &arena, BYTES_LIT("X-Long"), filled(200, 'b'));
    response_enforce_limit(&res, &req);
    cr_expect_eq(res.status, 500);
}

Test(response_check, a_body_over_all_sizes_is_refused)
{
    res.body = bytes_make("", SIZE_MAX / 2); /* never looked at when no status may have it */
    res.status = 304;
    response_enforce_limit(&res, &req);
    cr_expect_eq(res.status, 304);
}

struct utf8_row {
    struct bytes value, wanted;
};

static const struct utf8_row utf8_rows[] = {
    {BYTES_INIT("plain"), BYTES_INIT("plain")},
    {BYTES_INIT("größe"), BYTES_INIT("größe")},
    {BYTES_INIT("caf\xE9"), BYTES_INIT("café")},
    {BYTES_INIT("\x80\xFF"), BYTES_INIT("\xC2\x80\xC3\xBF")},
    {BYTES_INIT("\xC3\xA9\xE9"), BYTES_INIT("\xC3\x83\xC2\xA9\xC3\xA9")},
};

Test(response_check, values_become_utf8)
{
    for (size_t i = 0; i < sizeof utf8_rows / sizeof *utf8_rows; i++)
        http_response_add(&res, &arena, BYTES_LIT("X"), utf8_rows[i].value);
    response_enforce_utf8(&res, &arena);
    for (size_t i = 0; i < sizeof utf8_rows / sizeof *utf8_rows; i++)
        cr_expect(bytes_eq(res.fields[i].value, utf8_rows[i].wanted), "row %zu: %.*s", i,
                  BYTES_ARG(res.fields[i].value));
}

Test(response_check, a_value_without_room_is_told)
{
    struct arena none;
    arena_init(&none, 0);
    http_response_add(&res, &arena, BYTES_LIT("X"), BYTES_LIT("\xE9"));
    response_enforce_utf8(&res, &none);
    cr_expect(res.is_out_of_memory);
}

Test(response_check, only_final_statuses_pass)
{
    static const int bad[] = {-1, 0, 99, 100, 101, 199, 600, 1000};
    static const int good[] = {200, 204, 304, 404, 500, 599};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        res.status = bad[i];
        response_enforce_status(&res, &req);
        cr_expect_eq(res.status, 500, "%d", bad[i]);
        cr_expect(memmem(res.body.ptr, res.body.len, "/problems/bad-status", 20));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        res.status = good[i];
        response_enforce_status(&res, &req);
        cr_expect_eq(res.status, good[i]);
    }
}

static void handle_large(const struct http_request *request, struct http_response *response)
{
    (void)request;
    http_response_borrow(response, request->arena, 200, BYTES_LIT("text/plain"),
                         filled(LIMIT_RESPONSE_JSON_BYTES, 'a'));
}

static void handle_latin1(const struct http_request *request, struct http_response *response)
{
    response->status = 7;
    if (request->query.len == 0)
        response->status = 204;
    http_response_add(response, request->arena, BYTES_LIT("X"), BYTES_LIT("\xE9"));
}

static const struct route routes[] = {
    {HTTP_GET, "/large", handle_large, 0},
    {HTTP_GET, "/latin1", handle_latin1, 0},
    ROUTES_END,
};

static void call(const char *path, const char *query)
{
    static const struct app_definition definition = {
        .name = "test", .version = "1", .routes = routes};
    static const struct config config;
    static struct app app;
    char error[128];
    cr_assert(app_init(&app, &definition, &config, error, sizeof error));
    req = (struct http_request){
        .arena = &arena, .path = bytes_from_str(path), .query = bytes_from_str(query)};
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_WAIT), RC_OK);
}

Test(response_check, app_handle_lets_none_pass_unchecked)
{
    call("/large", NULL);
    cr_expect_eq(res.status, 500);
    call("/latin1", "bad-status");
    cr_expect_eq(res.status, 500);
    call("/latin1", NULL);
    cr_expect_eq(res.status, 204);
    cr_expect(bytes_eq(*http_response_header(&res, "x"), BYTES_LIT("é")));
}

/* A name of one byte, ": " and the line's end are five bytes beside the value. */
Test(response_check, header_fields_over_their_limit_are_our_own_error)
{
    struct bytes value = filled(LIMIT_RESPONSE_HEAD_BYTES - 5, 'v');
    http_response_add(&res, &arena, BYTES_LIT("X"), value);
    response_enforce_head(&res, &req);
    cr_expect_eq(res.status, 200);
    http_response_add(&res, &arena, BYTES_LIT("Y"), BYTES_LIT(""));
    response_enforce_head(&res, &req);
    cr_expect_eq(res.status, 500);
    cr_expect_not_null(memmem(res.body.ptr, res.body.len, "response-head-too-large", 23));
    cr_expect_eq(res.field_count, 1u);
}
