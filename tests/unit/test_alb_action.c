#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/action.h"
#include "runtime/core/limits.h"

static struct arena arena;

static void set_up(void)
{
    arena_init(&arena, 1 << 20);
}

static void tear_down(void)
{
    arena_release(&arena);
}

TestSuite(alb_action, .init = set_up, .fini = tear_down);

static const struct {
    const char *protocol, *host, *port, *path, *query;
    int status;
    const char *wanted;
} rows[] = {
    {"HTTPS", "#{host}", "443", "/#{path}", "#{query}", 301, "https://example.com:443/a/b?x=1"},
    {"#{protocol}", "other.example", "#{port}", "/#{path}", "", 302,
     "http://other.example:8080/a/b"},
    {"HTTP", "www.#{host}", "80", "/new/#{path}/#{host}", "from=#{port}&#{query}", 302,
     "http://www.example.com:80/new/a/b/example.com?from=8080&x=1"},
};

static struct http_response redirect(const struct alb_action *action, const char *path)
{
    struct http_request req = {.path = bytes_from_str(path), .query = BYTES_LIT("x=1")};
    struct alb_seen seen = {.req = &req, .host = BYTES_LIT("example.com")};
    struct alb_listener listener = {.port = 8080, .protocol = ALB_HTTP};
    struct http_response res;
    const char *url = alb_redirect_answer(action, &seen, &listener, &arena, &res);
    const struct bytes *location = http_response_header(&res, "location");
    cr_expect_eq(url != NULL, location != NULL);
    if (location)
        cr_expect(bytes_eq(*location, bytes_from_str(url)));
    return res;
}

Test(alb_action, a_redirect_is_made_of_the_request)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct alb_action action = {.type = ALB_REDIRECT};
        (void)snprintf(action.redirect.protocol, sizeof action.redirect.protocol, "%s",
                       rows[i].protocol);
        (void)snprintf(action.redirect.host, sizeof action.redirect.host, "%s", rows[i].host);
        (void)snprintf(action.redirect.port, sizeof action.redirect.port, "%s", rows[i].port);
        (void)snprintf(action.redirect.path, sizeof action.redirect.path, "%s", rows[i].path);
        (void)snprintf(action.redirect.query, sizeof action.redirect.query, "%s", rows[i].query);
        action.redirect.status = rows[i].status;
        struct http_response res = redirect(&action, "/a/b");
        const struct bytes *location = http_response_header(&res, "location");
        cr_assert_not_null(location);
        cr_expect_eq(res.status, rows[i].status);
        cr_expect(bytes_eq(*location, bytes_from_str(rows[i].wanted)), "%.*s",
                  BYTES_ARG(*location));
    }
}

Test(alb_action, a_redirect_that_is_too_long_is_507)
{
    static char path[LIMIT_REQUEST_LINE_BYTES + 2] = "/";
    struct alb_action action = {.type = ALB_REDIRECT,
                                .redirect = {.protocol = "HTTPS",
                                             .host = "#{host}",
                                             .port = "443",
                                             .path = "/#{path}",
                                             .status = 301}};
    memset(path + 1, 'a', sizeof path - 2);
    cr_expect_eq(redirect(&action, path).status, 507);
}

Test(alb_action, a_fixed_response_has_its_body_and_type)
{
    struct alb_action action = {
        .type = ALB_FIXED_RESPONSE,
        .fixed = {.status = 404, .content_type = "application/json", .body = "{}"}};
    struct http_response res;
    alb_fixed_answer(&action, &arena, &res);
    cr_expect_eq(res.status, 404);
    cr_expect(bytes_eq(res.body, BYTES_LIT("{}")));
    cr_expect(bytes_eq(*http_response_header(&res, "content-type"), BYTES_LIT("application/json")));
    cr_expect(bytes_eq(*http_response_header(&res, "server"), BYTES_LIT("awselb/2.0")));
}
