#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "runtime/core/router.h"

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

TestSuite(router, .init = setup, .fini = teardown);

static void handle(const struct http_request *req, struct http_response *res)
{
    (void)req;
    res->status = 200;
}

static const struct route routes[] = {
    /* 0 */ {HTTP_GET, "/", handle, 0},
    /* 1 */ {HTTP_GET, "/hello", handle, 0},
    /* 2 */ {HTTP_GET, "/candidate/best", handle, 0},
    /* 3 */ {HTTP_GET, "/candidate/{name}", handle, 0},
    /* 4 */ {HTTP_POST, "/candidate/{name}", handle, 0},
    /* 5 */ {HTTP_GET, "/a/{x}/b/{y}", handle, 0},
    /* 6 */ {HTTP_GET, "/own-head", handle, 0},
    /* 7 */ {HTTP_HEAD, "/own-head", handle, 0},
    /* 8 */ {HTTP_OPTIONS, "/own-options", handle, 0},
    /* 9 */ {HTTP_DELETE, "/own-options", handle, 0},
    /* 10 */ {HTTP_GET, "/slash/", handle, 0},
    /* 11 */ {HTTP_PUT, "/put", handle, 0},
    ROUTES_END,
};

enum { NONE = -1 };

struct find_row {
    enum http_method method;
    const char *path;
    enum router_match match;
    int route;      /* index, or NONE */
    struct bytes x; /* the first parameter's value */
};

static const struct find_row find_rows[] = {
    {HTTP_GET, "/", ROUTER_HANDLER, 0, B("")},
    {HTTP_GET, "/hello", ROUTER_HANDLER, 1, B("")},
    {HTTP_GET, "/hell%6f", ROUTER_HANDLER, 1, B("")},
    {HTTP_GET, "/Hello", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "/hello/", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "//hello", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "/hello%2F", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "hello", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "/slash/", ROUTER_HANDLER, 10, B("")},
    {HTTP_GET, "/slash", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "/candidate/best", ROUTER_HANDLER, 2, B("")},
    {HTTP_GET, "/candidate/ada", ROUTER_HANDLER, 3, B("ada")},
    {HTTP_GET, "/candidate/a%2Fb+c%20%C3%A9", ROUTER_HANDLER, 3, B("a/b+c \xC3\xA9")},
    {HTTP_GET, "/candidate/a%00b", ROUTER_HANDLER, 3, B("a\0b")},
    {HTTP_GET, "/candidate/{name}", ROUTER_HANDLER, 3, B("{name}")},
    {HTTP_GET, "/candidate/%62est", ROUTER_HANDLER, 2, B("")},
    {HTTP_GET, "/%63andidate/ada", ROUTER_HANDLER, 3, B("ada")},
    {HTTP_GET, "/candidatesh/%61", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "/hello%00", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "/candidate/", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "/candidate", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_GET, "/candidate/a/b", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_POST, "/candidate/best", ROUTER_HANDLER, 4, B("best")},
    {HTTP_GET, "/a/1/b/2", ROUTER_HANDLER, 5, B("1")},
    {HTTP_GET, "/a/1/c/2", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_HEAD, "/hello", ROUTER_HANDLER, 1, B("")},
    {HTTP_HEAD, "/own-head", ROUTER_HANDLER, 7, B("")},
    {HTTP_GET, "/own-head", ROUTER_HANDLER, 6, B("")},
    {HTTP_HEAD, "/put", ROUTER_BAD_METHOD, NONE, B("")},
    {HTTP_HEAD, "/nothing", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_OPTIONS, "/hello", ROUTER_OPTIONS, NONE, B("")},
    {HTTP_OPTIONS, "*", ROUTER_OPTIONS, NONE, B("")},
    {HTTP_GET, "*", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_OPTIONS, "/own-options", ROUTER_HANDLER, 8, B("")},
    {HTTP_OPTIONS, "/nothing", ROUTER_NOT_FOUND, NONE, B("")},
    {HTTP_POST, "/hello", ROUTER_BAD_METHOD, NONE, B("")},
    {HTTP_DELETE, "/candidate/ada", ROUTER_BAD_METHOD, NONE, B("")},
    {HTTP_METHOD_OTHER, "/hello", ROUTER_UNKNOWN_METHOD, NONE, B("")},
    {HTTP_METHOD_OTHER, "/nothing", ROUTER_UNKNOWN_METHOD, NONE, B("")},
    {HTTP_GET, "/%zz", ROUTER_BAD_PATH, NONE, B("")},
    {HTTP_GET, "/candidate/%4", ROUTER_BAD_PATH, NONE, B("")},
    {HTTP_GET, "/nothing/%zz", ROUTER_BAD_PATH, NONE, B("")},
    {HTTP_GET, "/no/such/way/as/this/%", ROUTER_BAD_PATH, NONE, B("")},
};

Test(router, finds_routes)
{
    for (size_t i = 0; i < ROWS(find_rows); i++) {
        const struct find_row *row = &find_rows[i];
        struct http_request req = {
            .method = row->method, .path = bytes_from_str(row->path), .arena = &arena};
        const char *name = http_method_name(row->method).ptr;
        cr_expect_eq(router_find(routes, &req), row->match, "%s %s", name, row->path);
        cr_expect_eq(req.route, row->route == NONE ? NULL : &routes[row->route], "%s %s", name,
                     row->path);
        cr_expect(row->x.len == 0 || (req.param_count && bytes_eq(req.params[0].value, row->x)),
                  "%s %s", name, row->path);
    }
}

/* An event of Lambda may have such a path; nothing behind the pattern's own end is looked at. */
Test(router, a_nul_ends_no_path)
{
    static const struct route exact[] = {{HTTP_GET, "/hello", handle, 0}, ROUTES_END};
    struct http_request req = {
        .method = HTTP_GET, .path = BYTES_LIT("/hello\0{name}"), .arena = &arena};
    cr_expect_eq(router_find(exact, &req), ROUTER_NOT_FOUND);
}

Test(router, gives_all_parameters_by_name)
{
    struct http_request req = {
        .method = HTTP_GET, .path = BYTES_LIT("/a/1/b/%32"), .arena = &arena};
    cr_assert_eq(router_find(routes, &req), ROUTER_HANDLER);
    cr_assert_eq(req.param_count, 2u);
    cr_expect(bytes_eq(*http_request_param(&req, "x"), BYTES_LIT("1")));
    cr_expect(bytes_eq(*http_request_param(&req, "y"), BYTES_LIT("2")));
    cr_expect_null(http_request_param(&req, "z"));
}

struct allow_row {
    const char *path, *allow;
};

static const struct allow_row allow_rows[] = {
    {"*", "GET, HEAD, POST, PUT, DELETE, OPTIONS"},
    {"/hello", "GET, HEAD, OPTIONS"},
    {"/put", "PUT, OPTIONS"},
    {"/candidate/ada", "GET, HEAD, POST, OPTIONS"},
    {"/own-options", "DELETE, OPTIONS"},
    {"/own-head", "GET, HEAD, OPTIONS"},
};

Test(router, allow_names_the_methods_of_the_path)
{
    for (size_t i = 0; i < ROWS(allow_rows); i++) {
        struct http_request req = {
            .method = HTTP_OPTIONS, .path = bytes_from_str(allow_rows[i].path), .arena = &arena};
        struct bytes out;
        cr_assert_eq(router_allow(routes, &req, &out), RC_OK);
        cr_expect_str_eq(out.ptr, allow_rows[i].allow);
    }
}

Test(router, allow_has_room_for_all_methods)
{
    static const struct route all[] = {
        {HTTP_PATCH, "/", handle, 0},   {HTTP_DELETE, "/", handle, 0},
        {HTTP_GET, "/", handle, 0},     {HTTP_POST, "/", handle, 0},
        {HTTP_PUT, "/", handle, 0},     {HTTP_HEAD, "/", handle, 0},
        {HTTP_OPTIONS, "/", handle, 0}, ROUTES_END,
    };
    struct http_request req = {.path = BYTES_LIT("/"), .arena = &arena};
    struct bytes out;
    cr_assert_eq(router_allow(all, &req, &out), RC_OK);
    cr_expect_str_eq(out.ptr, "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
}

Test(router, no_memory_is_said)
{
    struct arena none;
    struct bytes out;
    arena_init(&none, 0);
    struct http_request req = {
        .method = HTTP_GET, .path = BYTES_LIT("/candidate/ada"), .arena = &none};
    cr_expect_eq(router_find(routes, &req), ROUTER_NOMEM);
    cr_expect_null(req.route);
    req.path = BYTES_LIT("/hell%6f");
    cr_expect_eq(router_find(routes, &req), ROUTER_NOMEM);
    cr_expect_eq(router_allow(routes, &req, &out), RC_NOMEM);
}

Test(router, an_empty_table_has_nothing)
{
    static const struct route empty[] = {ROUTES_END};
    char error[100];
    struct http_request req = {.method = HTTP_GET, .path = BYTES_LIT("/"), .arena = &arena};
    cr_expect_eq(router_find(empty, &req), ROUTER_NOT_FOUND);
    cr_expect(router_check(empty, error, sizeof error));
}

/* --- checks at start --- */

struct check_row {
    struct route route;
    const char *fault; /* NULL: it is fine */
};

static const struct check_row check_rows[] = {
    {{HTTP_GET, "/", handle, 0}, NULL},
    {{HTTP_GET, "/a/{b}/", handle, 0}, NULL},
    {{HTTP_GET, "/{1}/{2}/{3}/{4}/{5}/{6}/{7}/{8}", handle, 0}, NULL},
    {{HTTP_GET, "/{1}/{2}/{3}/{4}/{5}/{6}/{7}/{8}/{9}", handle, 0}, "too many {names}"},
    {{HTTP_GET, "", handle, 0}, "slash"},
    {{HTTP_GET, "a", handle, 0}, "slash"},
    {{HTTP_GET, "/{}", handle, 0}, "brace"},
    {{HTTP_GET, "/{a", handle, 0}, "brace"},
    {{HTTP_GET, "/a}", handle, 0}, "brace"},
    {{HTTP_GET, "/a{b}", handle, 0}, "brace"},
    {{HTTP_GET, "/{a}b", handle, 0}, "brace"},
    {{HTTP_GET, "/{a}{b}", handle, 0}, "brace"},
    {{HTTP_GET, "/{{a}}", handle, 0}, "brace"},
    {{HTTP_GET, "/a", NULL, 0}, "no handler"},
    {{HTTP_METHOD_OTHER, "/a", handle, 0}, "no method"},
};

Test(router, checks_a_table_and_names_the_pattern)
{
    for (size_t i = 0; i < ROWS(check_rows); i++) {
        const struct check_row *row = &check_rows[i];
        const struct route table[] = {routes[0], row->route, ROUTES_END};
        char error[200] = "";
        cr_expect_eq(router_check(table, error, sizeof error), row->fault == NULL, "%s",
                     row->route.pattern);
        if (!row->fault)
            continue;
        cr_expect_not_null(strstr(error, row->fault), "%s: %s", row->route.pattern, error);
        cr_expect_not_null(strstr(error, row->route.pattern), "%s", error);
    }
    char error[200];
    cr_expect(router_check(routes, error, sizeof error));
}
