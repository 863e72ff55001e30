#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/model.h"

static const struct {
    const char *pattern, *text;
    bool is_caseless, fits;
} wildcards[] = {
    {"", "", false, true},
    {"*", "", false, true},
    {"/a/*", "/a/", false, true},
    {"/a/*", "/a", false, false},
    {"/a/*/c", "/a/b/b/c", false, true},
    {"/a/*/c", "/a/b/b/d", false, false},
    {"*.png", "/x.png.png", false, true},
    {"*a*b*", "xxaxxbxx", false, true},
    {"*a*b*", "xxbxxaxx", false, false},
    {"/img/?.png", "/img/1.png", false, true},
    {"/img/?.png", "/img/.png", false, false},
    {"/A", "/a", false, false},
    {"Example.COM", "eXample.com", true, true},
    {"a\\*b", "a*b", false, true},
    {"a\\*b", "axb", false, false},
    {"a\\?", "ab", false, false},
    {"abc", "ab", false, false},
    {"ab", "abc", false, false},
};

Test(alb_rule, wildcards)
{
    for (size_t i = 0; i < sizeof wildcards / sizeof *wildcards; i++)
        cr_expect_eq(alb_wildcard(bytes_from_str(wildcards[i].pattern),
                                  bytes_from_str(wildcards[i].text), wildcards[i].is_caseless),
                     wildcards[i].fits, "'%s' on '%s'", wildcards[i].pattern, wildcards[i].text);
}

#define ONE(field_name, value_text)                                               \
    {                                                                             \
        .field = (field_name), .values = {{.text = value_text}}, .value_count = 1 \
    }

static const struct {
    const char *name;
    struct alb_condition conditions[2];
    size_t count;
    bool holds; /* for the request of the test */
} rows[] = {
    {"host", {ONE(ALB_HOST_HEADER, "*.EXAMPLE.com")}, 1, true},
    {"another host", {ONE(ALB_HOST_HEADER, "example.com")}, 1, false},
    {"path", {ONE(ALB_PATH_PATTERN, "/Img/*")}, 1, true},
    {"path in another case", {ONE(ALB_PATH_PATTERN, "/img/*")}, 1, false},
    {"path and query", {ONE(ALB_PATH_PATTERN, "/Img/1?v=2")}, 1, false},
    {"header",
     {{.field = ALB_HTTP_HEADER,
       .header_name = "user-AGENT",
       .values = {{.text = "chrome*"}},
       .value_count = 1}},
     1,
     true},
    {"no such header",
     {{.field = ALB_HTTP_HEADER,
       .header_name = "x-none",
       .values = {{.text = "*"}},
       .value_count = 1}},
     1,
     false},
    {"method", {ONE(ALB_REQUEST_METHOD, "GET")}, 1, true},
    {"another method", {ONE(ALB_REQUEST_METHOD, "HEAD")}, 1, false},
    {"key and value",
     {{.field = ALB_QUERY_STRING, .values = {{.key = "V", .text = "2"}}, .value_count = 1}},
     1,
     true},
    {"a value of any key", {ONE(ALB_QUERY_STRING, "b?ue")}, 1, true},
    {"another value",
     {{.field = ALB_QUERY_STRING, .values = {{.key = "v", .text = "3"}}, .value_count = 1}},
     1,
     false},
    {"address", {ONE(ALB_SOURCE_IP, "192.0.2.0/24")}, 1, true},
    {"one address", {ONE(ALB_SOURCE_IP, "192.0.2.8/32")}, 1, false},
    {"any address", {ONE(ALB_SOURCE_IP, "0.0.0.0/0")}, 1, true},
    {"the second value",
     {{.field = ALB_HOST_HEADER, .values = {{.text = "a"}, {.text = "www.*"}}, .value_count = 2}},
     1,
     true},
    {"both conditions", {ONE(ALB_REQUEST_METHOD, "GET"), ONE(ALB_PATH_PATTERN, "/Img/*")}, 2, true},
    {"one of two", {ONE(ALB_REQUEST_METHOD, "GET"), ONE(ALB_PATH_PATTERN, "/x/*")}, 2, false},
};

static const struct http_field fields[] = {
    {BYTES_INIT("Host"), BYTES_INIT("www.example.com")},
    {BYTES_INIT("User-Agent"), BYTES_INIT("Chrome/1")},
};

static struct alb_model *model;
static struct alb_listener *listener;
static const struct alb_action fixed = {.type = ALB_FIXED_RESPONSE, .fixed = {.status = 200}};

static void set_up(void)
{
    struct alb_model_options options = {.name = "duet", .dns_name = "localhost", .seed = 1};
    model = alb_model_new(&options);
    cr_assert_not_null(model);
    cr_assert_eq(alb_listener_create(model, 80, ALB_HTTP, &fixed, &listener, NULL), ALB_OK);
}

static void tear_down(void)
{
    alb_model_free(model);
}

Test(alb_rule, conditions_of_each_kind, .init = set_up, .fini = tear_down)
{
    struct http_request req = {.method_text = BYTES_LIT("GET"),
                               .path = BYTES_LIT("/Img/1"),
                               .query = BYTES_LIT("v=2&color=blue"),
                               .fields = fields,
                               .field_count = 2};
    struct alb_seen seen = {&req, BYTES_LIT("www.example.com"), inet_addr("192.0.2.7")};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct alb_rule *rule;
        struct alb_why why;
        cr_assert_eq(
            alb_rule_create(listener, 1, rows[i].conditions, rows[i].count, &fixed, &rule, &why),
            ALB_OK, "%s: %s", rows[i].name, why.text);
        cr_expect_eq(alb_rule_match(listener, &seen)->priority, rows[i].holds ? 1u : 0u, "%s",
                     rows[i].name);
        cr_assert_eq(alb_rule_delete(rule, NULL), ALB_OK);
    }
}

static const struct {
    const char *name;
    struct alb_condition conditions[2];
    size_t count;
} refused[] = {
    {"no condition", {ONE(ALB_PATH_PATTERN, "/")}, 0},
    {"two paths", {ONE(ALB_PATH_PATTERN, "/a"), ONE(ALB_PATH_PATTERN, "/b")}, 2},
    {"no value", {{.field = ALB_PATH_PATTERN}}, 1},
    {"an empty value", {ONE(ALB_PATH_PATTERN, "")}, 1},
    {"six wildcards", {ONE(ALB_PATH_PATTERN, "/******")}, 1},
    {"a method in small letters", {ONE(ALB_REQUEST_METHOD, "get")}, 1},
    {"no network", {ONE(ALB_SOURCE_IP, "10.0.0.0")}, 1},
    {"a network too wide", {ONE(ALB_SOURCE_IP, "10.0.0.0/33")}, 1},
    {"a name that is none",
     {{.field = ALB_HTTP_HEADER,
       .header_name = "a b",
       .values = {{.text = "x"}},
       .value_count = 1}},
     1},
    {"six values",
     {{.field = ALB_PATH_PATTERN,
       .values = {{.text = "1"}, {.text = "2"}, {.text = "3"}},
       .value_count = 3},
      {.field = ALB_HOST_HEADER,
       .values = {{.text = "1"}, {.text = "2"}, {.text = "3"}},
       .value_count = 3}},
     2},
};

Test(alb_rule, conditions_that_the_api_refuses, .init = set_up, .fini = tear_down)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        cr_expect_eq(alb_rule_create(listener, 1, refused[i].conditions, refused[i].count, &fixed,
                                     NULL, NULL),
                     ALB_E_VALIDATION_ERROR, "%s", refused[i].name);
}
