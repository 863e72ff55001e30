#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/transform.h"
#include "runtime/core/limits.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(transform, .init = setup, .fini = teardown);

static const struct http_field fields[] = {{BYTES_INIT("Accept"), BYTES_INIT("*/*")},
                                           {BYTES_INIT("host"), BYTES_INIT("api.Example.com")}};

static const struct {
    const char *name, *host_regex, *host_replace, *url_regex, *url_replace;
    const char *host, *path, *query; /* that the target gets */
    const char *log_host, *log_uri, *status;
    bool passes;
} rows[] = {
    {"nothing to do", "", "", "", "", "api.Example.com", "/a/b", "c=d", "", "", NULL, true},
    {"host", "^API\\.(.*)", "v2.$1", "", "", "v2.Example.com", "/a/b", "c=d", "v2.Example.com", "",
     "TransformSuccess", true},
    {"url, with its query", "", "", "^/a/(.*)\\?c=(.*)$", "/$2/$1?e", "api.Example.com", "/d/b",
     "e", "", "/d/b?e", "TransformSuccess", true},
    {"a query that goes", "", "", "\\?.*", "", "api.Example.com", "/a/b", "", "", "/a/b",
     "TransformSuccess", true},
    {"both", "^.*$", "x", "^.*$", "/", "x", "/", "", "x", "/", "TransformSuccess", true},
    {"no match", "nowhere", "x", "nowhere", "y", "api.Example.com", "/a/b", "c=d", "", "",
     "TransformSuccess", true},
    {"a host that is none", "^api", "a b", "", "", NULL, NULL, NULL, "", "", "TransformInvalidHost",
     false},
    {"no host at all", "^.*$", "", "", "", NULL, NULL, NULL, "", "", "TransformInvalidHost", false},
    {"a path without its slash", "", "", "^/", "", NULL, NULL, NULL, "", "", "TransformInvalidPath",
     false},
    {"a path with a blank", "", "", "b", " ", NULL, NULL, NULL, "", "", "TransformInvalidPath",
     false},
    {"a parenthesis that is not there", "", "", "b", "$3", NULL, NULL, NULL, "", "",
     "TransformReplaceError", false},
};

static void expect(struct bytes got, const char *want, const char *name)
{
    cr_expect(bytes_eq(got, bytes_from_str(want)), "%s: '%.*s' instead of '%s'", name,
              BYTES_ARG(got), want);
}

static void run_row(size_t i)
{
    struct alb_transforms transforms = {0};
    struct alb_transformer made;
    struct alb_transformed done;
    struct http_request req = {.arena = &arena,
                               .path = BYTES_LIT("/a/b"),
                               .query = BYTES_LIT("c=d"),
                               .fields = fields,
                               .field_count = 2};
    struct alb_rewrite *host = &transforms.rewrites[ALB_HOST_REWRITE],
                       *url = &transforms.rewrites[ALB_URL_REWRITE];
    (void)snprintf(host->regex, sizeof host->regex, "%s", rows[i].host_regex);
    (void)snprintf(host->replace, sizeof host->replace, "%s", rows[i].host_replace);
    (void)snprintf(url->regex, sizeof url->regex, "%s", rows[i].url_regex);
    (void)snprintf(url->replace, sizeof url->replace, "%s", rows[i].url_replace);
    cr_assert_eq(alb_transformer_init(&made, &transforms, NULL), ALB_OK);
    cr_expect_eq(alb_transform(&made, &transforms, &req, &done), rows[i].passes, "%s",
                 rows[i].name);
    expect(bytes_from_str(done.status), rows[i].status ? rows[i].status : "", rows[i].name);
    expect(done.host, rows[i].log_host, rows[i].name);
    expect(done.uri, rows[i].log_uri, rows[i].name);
    if (rows[i].passes) {
        expect(*http_request_header(&req, "host"), rows[i].host, rows[i].name);
        expect(*http_request_header(&req, "accept"), "*/*", rows[i].name);
        expect(req.path, rows[i].path, rows[i].name);
        expect(req.query, rows[i].query, rows[i].name);
    }
    alb_transformer_release(&made);
}

Test(transform, requests_are_rewritten_or_refused)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        run_row(i);
}

Test(transform, an_expression_that_is_none_is_named)
{
    struct alb_transforms transforms = {.rewrites[ALB_URL_REWRITE] = {"(", "x"}};
    struct alb_transformer made;
    struct alb_why why;
    cr_expect_eq(alb_transformer_init(&made, &transforms, &why), ALB_E_VALIDATION_ERROR);
    cr_expect_str_eq(why.text, "The regular expression '(' is not valid: missing closing "
                               "parenthesis at 1");
    alb_transformer_release(&made);
}
