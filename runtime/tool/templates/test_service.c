#include <criterion/criterion.h>

#include "service.h"

static struct config config;
static struct app app;
static struct arena arena;

static void setup(void)
{
    char error[256];
    cr_assert(app_init(&app, &service, &config, error, sizeof error), "%s", error);
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(service, .init = setup, .fini = teardown);

/* Calls the application in this process, as both homes do. */
static struct http_response call(const char *method, const char *path)
{
    struct http_response res;
    struct http_request req = {
        .method = http_method_parse(bytes_from_str(method)),
        .method_text = bytes_from_str(method),
        .path = bytes_from_str(path),
        .arena = &arena,
    };
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_WAIT), RC_OK);
    return res;
}

Test(service, greets_by_name)
{
    struct http_response res = call("GET", "/hello/caf%C3%A9");
    cr_expect_eq(res.status, 200);
    cr_expect(bytes_eq(res.body, BYTES_LIT("Hello, caf\xC3\xA9\n")), "%.*s", BYTES_ARG(res.body));
}

Test(service, is_healthy)
{
    cr_expect_eq(call("GET", "/healthcheck").status, 200);
}

Test(service, knows_nothing_else)
{
    cr_expect_eq(call("GET", "/nothing").status, 404);
    cr_expect_eq(call("DELETE", "/healthcheck").status, 405);
}
