#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/store/store.h"
#include "tests/support/call.h"

/* PUT, DELETE and GET of a candidate on conditions (RFC 9110 section 13). */

static struct call_home home;
static struct call call;

static void setup(void)
{
    call_home_init(&home, HOME_LAMBDA, "memory");
    call_init(&call);
}

static void teardown(void)
{
    call_release(&call);
    call_home_release(&home);
}

TestSuite(handlers_condition, .init = setup, .fini = teardown);

enum { CREATED_MS = 0x19aa };

/* Puts "ada" in version 2, made at CREATED_MS: its tag is "v2-19aa". */
static void put_ada(void)
{
    struct store_item item = {
        .name = BYTES_LIT("ada"), .value = BYTES_LIT("Whigs"), .created_ms = CREATED_MS};
    for (int i = 0; i < 2; i++)
        cr_assert_eq(
            store_put(home.store, &item, (struct store_condition){.when = STORE_ALWAYS}, 0), RC_OK);
}

static void forget_ada(void)
{
    struct store_condition present = {.when = STORE_IF_PRESENT};
    enum rc rc = store_delete(home.store, BYTES_LIT("ada"), present, 0);
    cr_assert(rc == RC_OK || rc == RC_NOT_FOUND);
}

static uint64_t version_of_ada(void)
{
    struct store_item item = {.version = 0};
    enum rc rc = store_get(home.store, BYTES_LIT("ada"), 0, &call.arena, &item);
    return rc == RC_OK ? item.version : 0;
}

/* Sends `method` for ada with the fields that are not NULL. */
static int send_with(const char *method, const char *if_match, const char *if_none_match)
{
    struct http_field fields[2];
    size_t count = 0;
    if (if_match)
        fields[count++] = (struct http_field){BYTES_LIT("If-Match"), bytes_from_str(if_match)};
    if (if_none_match)
        fields[count++] =
            (struct http_field){BYTES_LIT("If-None-Match"), bytes_from_str(if_none_match)};
    call_set_fields(&call, fields, count);
    int status =
        call_send(&call, &home, method, "/candidate/ada", BYTES_LIT("{\"party\":\"Tories\"}"));
    call_set_fields(&call, NULL, 0);
    return status;
}

struct condition_row {
    const char *if_match, *if_none_match;
    int put, put_new; /* ada is there in version 2; she is not */
    int delete, get;  /* she is there; when she is not, both are always 404 or 400 */
};

static const struct condition_row rows[] = {
    {NULL, NULL, 200, 201, 204, 200},
    {"*", NULL, 200, 412, 204, 200},
    {"\"v2-19aa\"", NULL, 200, 412, 204, 200},
    {"\"v2\"", NULL, 200, 412, 204, 200},
    {"\"v1-19aa\"", NULL, 412, 412, 412, 412},
    {"\"v2-19ab\"", NULL, 412, 412, 412, 412},
    {"\"v2-019aa\"", NULL, 412, 412, 412, 412},
    {"\"v2-19AA\"", NULL, 412, 412, 412, 412},
    {"\"v2-\"", NULL, 412, 412, 412, 412},
    {"\"v2-0\"", NULL, 412, 412, 412, 412},
    {"\"v02\"", NULL, 412, 412, 412, 412},
    {"\"2\"", NULL, 412, 412, 412, 412},
    {"\"v\"", NULL, 412, 412, 412, 412},
    {"\"\"", NULL, 412, 412, 412, 412},
    {"\"v18446744073709551618\"", NULL, 412, 412, 412, 412},
    {"\"v2-fffffffffffffffffffff\"", NULL, 412, 412, 412, 412},
    {"W/\"v2\"", NULL, 412, 412, 412, 412},
    {"", NULL, 412, 412, 412, 412},
    {"\"v1\", \"v2\"", NULL, 200, 412, 204, 200},
    {"\"v1\", \"v3\"", NULL, 412, 412, 412, 412},
    {NULL, "*", 412, 201, 412, 304},
    {NULL, "\"v2-19aa\"", 412, 201, 412, 304},
    {NULL, "W/\"v2-19aa\"", 412, 201, 412, 304},
    {NULL, "\"v1\", W/\"v2\"", 412, 201, 412, 304},
    {NULL, "\"v1\"", 200, 201, 204, 200},
    {NULL, "\"v2-19ab\"", 200, 201, 204, 200},
    {"*", "*", 412, 412, 412, 304},
    {"\"v2\"", "\"v1\"", 200, 412, 204, 200},
    {"\"v1\"", "\"v2\"", 412, 412, 412, 412},
    {"v2", NULL, 400, 400, 400, 400},
    {NULL, "v2", 400, 400, 400, 400},
    {"\"v2\"", "*, *", 400, 400, 400, 400},
};

enum { ROW_COUNT = sizeof rows / sizeof *rows };

static void expect_type(int status)
{
    if (status == 412)
        cr_expect(call_body_has(&call, "/problems/precondition-failed"));
    if (status == 400)
        cr_expect(call_body_has(&call, "/problems/bad-condition"));
}

Test(handlers_condition, a_put_replaces_what_it_means_alone)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct condition_row *row = &rows[i];
        put_ada();
        cr_expect_eq(send_with("PUT", row->if_match, row->if_none_match), row->put, "row %zu", i);
        expect_type(row->put);
        cr_expect_eq(version_of_ada(), row->put == 200 ? 3u : 2u, "row %zu", i);
        forget_ada();
    }
}

Test(handlers_condition, a_put_of_a_new_one_keeps_to_them_too)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct condition_row *row = &rows[i];
        int status = send_with("PUT", row->if_match, row->if_none_match);
        cr_expect_eq(status, row->put_new, "row %zu: %d", i, status);
        expect_type(row->put_new);
        cr_expect_str_eq(call_field(&call, "Location"), status == 201 ? "/candidate/ada" : "");
        cr_expect_eq(version_of_ada(), row->put_new == 201 ? 1u : 0u, "row %zu", i);
        forget_ada();
    }
}

/* A list that would let a PUT replace her does not let a POST: 409. */
Test(handlers_condition, a_post_keeps_to_them_and_replaces_nobody)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct condition_row *row = &rows[i];
        int there = row->put == 200 ? 409 : row->put;
        int status = send_with("POST", row->if_match, row->if_none_match);
        cr_expect_eq(status, row->put_new, "row %zu: %d", i, status);
        cr_expect_eq(version_of_ada(), row->put_new == 201 ? 1u : 0u, "row %zu", i);
        forget_ada();
        put_ada();
        status = send_with("POST", row->if_match, row->if_none_match);
        cr_expect_eq(status, there, "row %zu: %d", i, status);
        expect_type(there);
        cr_expect_eq(version_of_ada(), 2u, "row %zu", i);
        forget_ada();
    }
}

Test(handlers_condition, a_deletion_takes_what_it_means_alone)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct condition_row *row = &rows[i];
        put_ada();
        cr_expect_eq(send_with("DELETE", row->if_match, row->if_none_match), row->delete, "row %zu",
                     i);
        expect_type(row->delete);
        cr_expect_eq(version_of_ada(), row->delete == 204 ? 0u : 2u, "row %zu", i);
        forget_ada();
        cr_expect_eq(send_with("DELETE", row->if_match, row->if_none_match),
                     row->delete == 400 ? 400 : 404, "row %zu: nothing there", i);
    }
}

Test(handlers_condition, a_get_says_what_is_known_already)
{
    put_ada();
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct condition_row *row = &rows[i];
        cr_expect_eq(send_with("GET", row->if_match, row->if_none_match), row->get, "row %zu", i);
        expect_type(row->get);
        if (row->get == 200 || row->get == 304)
            cr_expect_str_eq(call_field(&call, "ETag"), "\"v2-19aa\"", "row %zu", i);
        if (row->get == 304)
            cr_expect_eq(call.res.body.len, 0u);
    }
    forget_ada();
    cr_expect_eq(send_with("GET", "\"v2\"", NULL), 404);
    cr_expect_eq(send_with("GET", NULL, "*"), 404);
}

/* What a client does: each answer's tag is good for the next write, and for that alone. */
Test(handlers_condition, the_tag_of_an_answer_is_good_for_the_next_write)
{
    char tag[64], old[64] = "\"v9\"";
    cr_assert_eq(send_with("PUT", NULL, "*"), 201);
    for (int i = 0; i < 3; i++) {
        (void)snprintf(tag, sizeof tag, "%s", call_field(&call, "ETag"));
        cr_expect_eq(send_with("PUT", old, NULL), 412);
        cr_assert_eq(send_with("PUT", tag, NULL), 200, "%s", tag);
        cr_expect_str_neq(call_field(&call, "ETag"), tag);
        cr_expect(call_body_has(&call, "\"party\":\"Tories\""));
        memcpy(old, tag, sizeof old);
    }
    cr_expect_eq(version_of_ada(), 4u);
}
