#include <criterion/criterion.h>
#include <stdio.h>

#include "handlers/answer.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/json/json.h"
#include "runtime/store/store.h"
#include "tests/support/call.h"
#include "tests/support/store_file.h"

static struct call_home home;
static struct call call;

static void setup(void)
{
    call_home_init(&home, HOME_FARGATE, "memory");
    call_init(&call);
}

static void teardown(void)
{
    call_release(&call);
    call_home_release(&home);
}

TestSuite(handlers_candidate, .init = setup, .fini = teardown);

#define PARTY BYTES_LIT("{\"party\":\"Whigs\"}")

static int post(const char *target, struct bytes body)
{
    return call_send(&call, &home, "POST", target, body);
}

static const char *text_of(const char *name)
{
    cJSON *root;
    cr_assert_eq(json_parse(&call.arena, call.res.body, &root, NULL), RC_OK, "%s",
                 call_body(&call));
    const char *text = json_bytes(cJSON_GetObjectItemCaseSensitive(root, name)).ptr;
    return text ? text : "(none)";
}

Test(handlers_candidate, is_made_once_and_read_back)
{
    char created[32], before[CLOCK_RFC3339_LEN + 1], after[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(clock_ms_epoch(), before);
    cr_assert_eq(post("/candidate/ada", PARTY), 201);
    clock_rfc3339(clock_ms_epoch(), after);
    cr_expect_str_eq(call_field(&call, "Content-Type"), "application/json");
    cr_expect_str_eq(call_field(&call, "Location"), "/candidate/ada");
    cr_expect_str_eq(text_of("name"), "ada");
    cr_expect_str_eq(text_of("party"), "Whigs");
    (void)snprintf(created, sizeof created, "%s", text_of("created"));
    cr_expect_geq(strcmp(created, before), 0);
    cr_expect_leq(strcmp(created, after), 0);

    cr_expect_eq(call_get(&call, &home, "/candidate/ada"), 200);
    cr_expect_str_eq(call_field(&call, "Content-Type"), "application/json");
    cr_expect_str_eq(call_field(&call, "Location"), "");
    cr_expect_str_eq(text_of("party"), "Whigs");
    cr_expect_str_eq(text_of("created"), created);

    cr_expect_eq(post("/candidate/ada", BYTES_LIT("{\"party\":\"Tories\"}")), 409);
    cr_expect_str_eq(call_field(&call, "Content-Type"), "application/problem+json");
    cr_expect_str_eq(text_of("type"), "/problems/exists");
    cr_expect_str_eq(text_of("detail"), "there is a candidate 'ada' already");
    cr_expect_eq(call_get(&call, &home, "/candidate/ada"), 200);
    cr_expect_str_eq(text_of("party"), "Whigs", "the first one stays");
}

Test(handlers_candidate, unknown_is_404)
{
    cr_expect_eq(call_get(&call, &home, "/candidate/nobody"), 404);
    cr_expect_str_eq(text_of("type"), "/problems/not-found");
    cr_expect_str_eq(text_of("detail"), "there is no candidate 'nobody'");
}

struct name_row {
    const char *path; /* behind /candidate/ */
    const char *name;
    const char *location; /* NULL: the path itself */
};

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255 A64 A64 A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct name_row good_names[] = {
    {"ada%20lovelace", "ada lovelace", NULL},
    {"a%2Fb", "a/b", NULL},
    {"100%25", "100%", NULL},
    {"%22quotes%22%5C", "\"quotes\"\\", NULL},
    {"%27%3B--", "';--", NULL},
    {"a+b", "a+b", "a%2Bb"},
    {"a%2bb", "a+b", "a%2Bb"},
    {"%C3%A9", "\xC3\xA9", NULL},
    {"\xC3\xA9t\xC3\xA9", "\xC3\xA9t\xC3\xA9", "%C3%A9t%C3%A9"},
    {"%F0%9F%90%98", "\xF0\x9F\x90\x98", NULL},
    {"%2E%2E", "..", ".."},
    {"%3Fx%3D1%23y", "?x=1#y", NULL},
    {"{name}", "{name}", "%7Bname%7D"},
    {"%C2%85", "\xC2\x85", NULL},
    {"%01%09%0D%0A%7F", "\x01\t\r\n\x7F", NULL},
    {"%EF%BF%BF%F4%8F%BF%BF", "\xEF\xBF\xBF\xF4\x8F\xBF\xBF", NULL},
    {A255, A255, NULL},
};

Test(handlers_candidate, odd_names_round_trip)
{
    for (size_t i = 0; i < sizeof good_names / sizeof *good_names; i++) {
        const struct name_row *row = &good_names[i];
        char path[1024], location[1024];
        (void)snprintf(path, sizeof path, "/candidate/%s", row->path);
        (void)snprintf(location, sizeof location, "/candidate/%s",
                       row->location ? row->location : row->path);
        int status = post(path, PARTY);
        if (strcmp(row->path, "a%2bb") == 0) {
            cr_expect_eq(status, 409, "the same name in another spelling");
            continue;
        }
        cr_assert_eq(status, 201, "%s: %s", row->path, call_body(&call));
        cr_expect_str_eq(text_of("name"), row->name);
        cr_expect_str_eq(call_field(&call, "Location"), location);
        cr_expect_eq(call_get(&call, &home, location), 200, "%s", location);
        cr_expect_str_eq(text_of("name"), row->name);
    }
}

Test(handlers_candidate, a_nul_is_a_character_like_any_other)
{
    cr_expect_eq(post("/candidate/a%00b", PARTY), 201);
    cr_expect(call_body_has(&call, "\"name\":\"a\\u0000b\""));
    cr_expect_str_eq(call_field(&call, "Location"), "/candidate/a%00b");
    cr_expect_eq(call_get(&call, &home, "/candidate/a%00b"), 200);
    cr_expect_eq(call_get(&call, &home, "/candidate/a"), 404);
    cr_expect_eq(call_get(&call, &home, "/candidates"), 200);
    cr_expect(call_body_has(&call, "\"name\":\"a\\u0000b\""));
}

struct fault_row {
    const char *path;
    const char *detail;
};

static const struct fault_row bad_names[] = {
    {"/candidate/" A255 "a", "the name has 256 bytes; it may have 255"},
    {"/candidate/" A255 "%20", "the name has 256 bytes; it may have 255"},
    {"/candidate/%FF", "the name is not UTF-8"},
    {"/candidate/%C3", "the name is not UTF-8"},
    {"/candidate/%C0%80", "the name is not UTF-8"},
    {"/candidate/%ED%A0%80", "the name is not UTF-8"},
};

Test(handlers_candidate, a_bad_name_is_refused_by_every_method)
{
    for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++) {
        const struct fault_row *row = &bad_names[i];
        cr_expect_eq(call_get(&call, &home, row->path), 400, "%s", row->path);
        cr_expect_str_eq(text_of("detail"), row->detail);
        cr_expect_eq(post(row->path, PARTY), 400, "%s", row->path);
        cr_expect_str_eq(text_of("detail"), row->detail);
        cr_expect_str_eq(text_of("type"), "/problems/bad-name");
        cr_expect_eq(call_send(&call, &home, "PUT", row->path, PARTY), 400, "%s", row->path);
        cr_expect_eq(call_send(&call, &home, "DELETE", row->path, PARTY), 400, "%s", row->path);
    }
    cr_expect_eq(call_get(&call, &home, "/candidate/%4"), 400);
    cr_expect_str_eq(text_of("type"), "/problems/bad-path");
    cr_expect_eq(call_get(&call, &home, "/candidate/"), 404, "no name at all");
    cr_expect_eq(call_get(&call, &home, "/candidate"), 404);
}

struct body_row {
    struct bytes body;
    const char *detail;
};

static const struct body_row bad_bodies[] = {
    {BYTES_INIT(""), "the body is empty; it must be JSON such as {\"party\":\"...\"}"},
    {BYTES_INIT(" "), "the body is not JSON: line 1, column 1"},
    {BYTES_INIT("party=Whigs"), "the body is not JSON: line 1, column 1"},
    {BYTES_INIT("{\"party\":\"Whigs\""), "the body is not JSON: line 1, column 16"},
    {BYTES_INIT("{\n  \"party\": Whigs\n}"), "the body is not JSON: line 2, column 12"},
    {BYTES_INIT("{\"party\":\"a\\u0000b\"}"), "the body is not JSON: line 1, column 12"},
    {BYTES_INIT("{\"party\":\"\xFF\"}"), "the body is not JSON: line 1, column 11"},
    {BYTES_INIT("{\"party\":\"a\"} x"), "the body is not JSON: line 1, column 15"},
    {BYTES_INIT("[]"), "the body must be a JSON object, and it is an array"},
    {BYTES_INIT("\"party\""), "the body must be a JSON object, and it is a string"},
    {BYTES_INIT("null"), "the body must be a JSON object, and it is null"},
    {BYTES_INIT("1"), "the body must be a JSON object, and it is a number"},
    {BYTES_INIT("true"), "the body must be a JSON object, and it is a boolean"},
    {BYTES_INIT("{}"), "the member 'party' is missing"},
    {BYTES_INIT("{\"Party\":\"a\"}"), "the member 'Party' is unknown; a caller sets 'party' alone"},
    {BYTES_INIT("{\"party\":\"a\",\"age\":1}"),
     "the member 'age' is unknown; a caller sets 'party' alone"},
    {BYTES_INIT("{\"party\":\"a\",\"version\":1}"),
     "the member 'version' cannot be set; a caller sets 'party' alone"},
    {BYTES_INIT("{\"name\":\"ada\",\"party\":\"a\"}"),
     "the member 'name' cannot be set; a caller sets 'party' alone"},
    {BYTES_INIT("{\"created\":null,\"party\":\"a\"}"),
     "the member 'created' cannot be set; a caller sets 'party' alone"},
    {BYTES_INIT("{\"\":1}"), "the member '' is unknown; a caller sets 'party' alone"},
    {BYTES_INIT("{\"party\":\"a\",\"party\":\"a\"}"), "the member 'party' is there twice"},
    {BYTES_INIT("{\"party\":\"a\",\"p\\u0061rty\":1}"), "the member 'party' is there twice"},
    {BYTES_INIT("{\"party\":1}"), "'party' must be a string, and it is a number"},
    {BYTES_INIT("{\"party\":null}"), "'party' must be a string, and it is null"},
    {BYTES_INIT("{\"party\":true}"), "'party' must be a string, and it is a boolean"},
    {BYTES_INIT("{\"party\":[\"a\"]}"), "'party' must be a string, and it is an array"},
    {BYTES_INIT("{\"party\":{}}"), "'party' must be a string, and it is an object"},
    {BYTES_INIT("{\"party\":\"\"}"), "'party' must have 1 to 255 bytes, and it has 0"},
    {BYTES_INIT("{\"party\":\"" A255 "\xC3\xA9\"}"),
     "'party' must have 1 to 255 bytes, and it has 257"},
    {BYTES_INIT("{\"" A64 "a\":1}"),
     "the member '" A64 "' is unknown; a caller sets 'party' alone"},
    {BYTES_INIT("{\"a" A64 "\":1}"),
     "the member '" A64 "' is unknown; a caller sets 'party' alone"},
};

Test(handlers_candidate, a_bad_body_is_refused_and_says_what_is_wrong)
{
    for (size_t i = 0; i < sizeof bad_bodies / sizeof *bad_bodies; i++) {
        const struct body_row *row = &bad_bodies[i];
        cr_expect_eq(post("/candidate/ada", row->body), 400, "%s", row->detail);
        cr_expect_str_eq(call_field(&call, "Content-Type"), "application/problem+json");
        cr_expect_str_eq(text_of("detail"), row->detail);
        cr_expect_eq(call_send(&call, &home, "PUT", "/candidate/ada", row->body), 400);
        cr_expect_str_eq(text_of("detail"), row->detail);
    }
    cr_expect_eq(call_get(&call, &home, "/candidate/ada"), 404, "nothing was put");
}

Test(handlers_candidate, a_body_over_64_kb_is_413)
{
    static char large[LIMIT_CANDIDATE_BYTES + 1];
    struct bytes whole = PARTY;
    memset(large, ' ', sizeof large);
    memcpy(large, whole.ptr, whole.len);
    cr_expect_eq(post("/candidate/ada", bytes_make(large, sizeof large)), 413);
    cr_expect_str_eq(text_of("type"), "/problems/body-limit");
    cr_expect_str_eq(text_of("detail"),
                     "the body has 65537 bytes; that of a candidate may have 65536");
    cr_expect_eq(call_send(&call, &home, "PUT", "/candidate/ada", bytes_make(large, sizeof large)),
                 413);
    cr_expect_eq(call_get(&call, &home, "/candidate/ada"), 404, "nothing was put");
    cr_expect_eq(post("/candidate/ada", bytes_make(large, sizeof large - 1)), 201);
}

Test(handlers_candidate, a_long_members_name_is_not_cut_inside_a_character)
{
    struct bytes body = BYTES_LIT("{\"aaa\xE2\x82\xAC" A64 "\":1}");
    cr_expect_eq(post("/candidate/ada", body), 400);
    cr_expect(call_body_has(&call, "'aaa\xE2\x82\xAC"
                                   "aaaa"));
    struct bytes split = BYTES_LIT("{\""
                                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                   "\xE2\x82\xAC"
                                   "aaaaaaaa\":1}");
    cr_expect_eq(post("/candidate/ada", split), 400);
    cr_expect_not(call_body_has(&call, "\xEF\xBF\xBD"));
    cr_expect(call_body_has(&call, "aaaaa' is unknown"));
}

Test(handlers_candidate, a_party_is_any_text)
{
    cr_assert_eq(
        post("/candidate/a", BYTES_LIT("{\"party\":\"\\\"q\\\" \\n \\u00e9 \\uD83D\\uDC18\"}")),
        201);
    cr_expect_eq(call_get(&call, &home, "/candidate/a"), 200);
    cr_expect_str_eq(text_of("party"), "\"q\" \n \xC3\xA9 \xF0\x9F\x90\x98");
    cr_assert_eq(post("/candidate/b", BYTES_LIT(" \n{ \"party\" : \"" A255 "\" } ")), 201);
    cr_expect_str_eq(text_of("party"), A255);
}

Test(handlers_candidate, other_methods_are_not_allowed)
{
    cr_expect_eq(call_send(&call, &home, "PATCH", "/candidate/ada", PARTY), 405);
    cr_expect_str_eq(call_field(&call, "Allow"), "GET, HEAD, POST, PUT, DELETE, OPTIONS");
    cr_expect_eq(post("/candidates", PARTY), 405);
    cr_expect_str_eq(call_field(&call, "Allow"), "GET, HEAD, OPTIONS");
    cr_expect_eq(call_send(&call, &home, "OPTIONS", "/candidate/ada", PARTY), 204);
    cr_expect_eq(call_send(&call, &home, "HEAD", "/candidate/ada", PARTY), 404);
}

/* --- the store's faults --- */

struct call_row {
    const char *method, *target;
};

static const struct call_row store_calls[] = {
    {"POST", "/candidate/bob"},   {"GET", "/candidate/ada"}, {"PUT", "/candidate/ada"},
    {"DELETE", "/candidate/ada"}, {"GET", "/candidates"},
};

static void expect_fault(struct call_home *app, int status, const char *type, const char *retry)
{
    for (size_t i = 0; i < sizeof store_calls / sizeof *store_calls; i++) {
        const struct call_row *row = &store_calls[i];
        cr_expect_eq(call_send(&call, app, row->method, row->target, PARTY), status, "%s %s",
                     row->method, row->target);
        cr_expect_str_eq(text_of("type"), type);
        cr_expect_str_eq(call_field(&call, "Retry-After"), retry);
    }
}

Test(handlers_candidate, a_passed_deadline_is_504)
{
    call_set_deadline(&call, clock_ms_monotonic() - 1);
    expect_fault(&home, 504, "/problems/store-timeout", "");
    call_set_deadline(&call, clock_ms_monotonic() + 60000);
    cr_expect_eq(call_get(&call, &home, "/candidates"), 200);
}

Test(handlers_candidate, a_store_that_fails_is_503)
{
    struct call_home disk;
    store_file_setup();
    call_home_init(&disk, HOME_FARGATE, store_file.url);
    cr_assert_eq(call_send(&call, &disk, "POST", "/candidate/ada", PARTY), 201);
    cr_assert_eq(remove(store_file.path), 0);
    expect_fault(&disk, 503, "/problems/store-unavailable", "1");
    call_home_release(&disk);
    store_file_teardown();
}

struct rc_row {
    enum rc rc;
    int status;
    const char *type, *retry;
};

static const struct rc_row store_faults[] = {
    {RC_TIMEOUT, 504, "/problems/store-timeout", ""},
    {RC_THROTTLED, 429, "/problems/store-throttled", "1"},
    {RC_REFUSED, 503, "/problems/store-refused", "1"},
    {RC_UNREACHABLE, 503, "/problems/store-unreachable", "1"},
    {RC_IO, 503, "/problems/store-unavailable", "1"},
    {RC_NOMEM, 503, "/problems/store-full", "1"},
    {RC_SYNTAX, 503, "/problems/store-unavailable", "1"},
};

Test(handlers_candidate, each_fault_of_a_store_has_a_type_of_its_own)
{
    cr_assert_eq(call_get(&call, &home, "/candidates"), 200);
    for (size_t i = 0; i < sizeof store_faults / sizeof *store_faults; i++) {
        const struct rc_row *row = &store_faults[i];
        answer_store_fault(&call.req, &call.res, row->rc);
        cr_expect_eq(call.res.status, row->status, "%s", rc_name(row->rc));
        cr_expect_str_eq(text_of("type"), row->type);
        cr_expect_str_eq(call_field(&call, "Retry-After"), row->retry, "%s", row->type);
    }
}

static const struct call_row all_calls[] = {
    {"GET", "/hello"},
    {"GET", "/healthcheck"},
    {"GET", "/gtg"},
    {"GET", "/gtg?details"},
    {"GET", "/stats"},
    {"POST", "/candidate/new"},
    {"POST", "/candidate/ada"},
    {"GET", "/candidate/ada"},
    {"GET", "/candidate/none"},
    {"GET", "/candidates"},
    {"GET", "/candidate/%FF"},
    {"GET", "/candidates?limit=%31"},
    {"PUT", "/candidate/put"},
    {"DELETE", "/candidate/gone"},
    {"PUT", "/candidates"},
    {"OPTIONS", "/candidate/a"},
    {"GET", "/nowhere"},
};

/* The arena's maximum grows until every call has been answered as ever. */
Test(handlers_candidate, a_small_arena_is_an_error_and_never_a_crash)
{
    cr_assert_eq(post("/candidate/ada", PARTY), 201);
    for (size_t i = 0; i < sizeof all_calls / sizeof *all_calls; i++) {
        const struct call_row *row = &all_calls[i];
        int status = 500;
        for (size_t max = 0; status >= 500; max += 16) {
            cr_assert_lt(max, 1u << 17, "%s", row->target);
            arena_release(&call.arena);
            arena_init(&call.arena, max);
            status = call_send(&call, &home, row->method, row->target, PARTY);
            cr_assert(status < 504 && status != 501, "%s: %d", row->target, status);
        }
        cr_expect(status < 500);
    }
}
