#include <criterion/criterion.h>

#include <stdio.h>

#include "runtime/dashboard/canaries.h"
#include "runtime/dashboard/controls.h"

/* What the page learns of canaries, and the words that it may leave them. */

#define TOKEN "0123456789abcdef0123456789abcdef"
#define STATE(run, phase, expiry)                                                      \
    "{\"run\":\"" run "\",\n\"phase\":\"" phase "\",\"expiry\":" expiry ",\"groups\":" \
    "[\"a\",\"b\"]}"

static struct parameters parameters;
static struct arena arena;
static struct buf text;

static void put(const char *name, const char *value, int64_t now_ms)
{
    const struct parameter *made;
    const struct parameter_put put = {
        .name = bytes_from_str(name), .value = bytes_from_str(value), .now_ms = now_ms};
    cr_assert_eq(parameters_put(&parameters, &put, &made), RC_OK);
}

static void setup(void)
{
    char error[256], name[64];
    arena_init(&arena, 1 << 20);
    buf_init(&text, 1 << 20);
    cr_assert(parameters_init(&parameters, NULL, error, sizeof error));
    put("/duet/canary", STATE("r1", "bake", "9e12"), 100);
    put("/duet/held", STATE("r2", "hold", "9e12"), 200);
    put("/duet/silent", STATE("r3", "bake", "1"), 50);
    put("/duet/canary/word", "{\"run\":\"r0\",\"word\":\"pause\"}", 60);
    put("/duet/broken", STATE("r4", "bake", "9e12") "]", 70);
    put("/elsewhere", STATE("r5", "bake", "9e12"), 80);
    for (int i = 0; i < CANARIES_PAST_MAX + 2; i++) {
        int age = i * 5 % 7;
        (void)snprintf(name, sizeof name, "/duet/canary/history/%d", age);
        put(name, STATE("old", "end", "1"), age);
    }
}

static void teardown(void)
{
    parameters_release(&parameters);
    buf_release(&text);
    arena_release(&arena);
}

TestSuite(dashboard_canaries, .init = setup, .fini = teardown);

Test(dashboard_canaries, those_that_are_there_and_the_last_that_ended_are_shown)
{
    static const char *const order[] = {
        "[{\"lock\":\"/duet/held\",\"state\":{\"run\":\"r2\", \"phase\":\"hold\",",
        "/duet/canary\"",
        "/duet/silent",
        "history/6",
        "history/5",
        "history/4",
        "history/3",
        "history/2"};
    static const char *const absent[] = {"r4", "r5", "/word", "history/1", "history/0", "\n"};
    canaries_print(&parameters, &text);
    buf_append_char(&text, '\0');
    const char *at = text.data;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        at = strstr(at, order[i]);
        cr_assert_not_null(at, "%s: %s", order[i], text.data);
    }
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        cr_expect_null(strstr(text.data, absent[i]), "%s: %s", absent[i], text.data);
}

Test(dashboard_canaries, a_rig_without_parameters_has_none)
{
    canaries_print(NULL, &text);
    cr_expect(bytes_eq(buf_bytes(&text), BYTES_LIT("[]")));
}

/* The status of a call by this page, or by one without its token. */
static int say(enum http_method method, const char *token, const char *body,
               struct http_response *res)
{
    const struct http_field fields[] = {{BYTES_LIT("Host"), BYTES_LIT("127.0.0.1:1")},
                                        {BYTES_LIT("Origin"), BYTES_LIT("http://127.0.0.1:1")},
                                        {BYTES_LIT("Content-Type"), BYTES_LIT("application/json")},
                                        {BYTES_LIT("X-Duet-Token"), bytes_from_str(token)}};
    const struct http_request req = {.method = method,
                                     .fields = fields,
                                     .field_count = sizeof fields / sizeof *fields,
                                     .body = bytes_from_str(body),
                                     .arena = &arena};
    *res = (struct http_response){.status = 500};
    canaries_answer(&parameters, TOKEN, &req, res);
    return res->status;
}

#define WORD(lock, run, word) "{\"lock\":\"" lock "\",\"run\":\"" run "\",\"word\":\"" word "\"}"

static const struct {
    const char *body;
    int status;
    const char *wanted;
} refusals[] = {
    {"[]", 400, "no JSON object"},
    {"{\"lock\":\"/duet/canary\",\"run\":\"r1\"}", 400, "'word' must be"},
    {WORD("/duet/canary", "r1", "panic"), 400, "'word' must be"},
    {WORD("/nowhere", "r1", "pause"), 400, "'lock' is no"},
    {WORD("/elsewhere", "r5", "pause"), 400, "'lock' is no"},
    {WORD("/duet/canary/history/0", "old", "pause"), 400, "'lock' is no"},
    {WORD("/duet/canary", "r0", "pause"), 409, "another run"},
    {WORD("/duet/held", "r2", "promote"), 409, "it is held"},
    {WORD("/duet/silent", "r3", "rollback"), 409, "is silent"},
};

Test(dashboard_canaries, a_word_that_nobody_would_obey_is_not_left)
{
    struct http_response res;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        int status = say(HTTP_POST, TOKEN, refusals[i].body, &res);
        cr_expect_eq(status, refusals[i].status, "%s: %d", refusals[i].body, status);
        cr_expect_not_null(
            memmem(res.body.ptr, res.body.len, refusals[i].wanted, strlen(refusals[i].wanted)),
            "%s: %.*s", refusals[i].body, BYTES_ARG(res.body));
    }
    cr_expect_eq(say(HTTP_POST, "x", WORD("/duet/canary", "r1", "pause"), &res), 403);
    cr_expect_eq(say(HTTP_GET, TOKEN, WORD("/duet/canary", "r1", "pause"), &res), 405);
    const struct parameter *word = parameters_find(&parameters, BYTES_LIT("/duet/canary/word"));
    cr_expect_eq(word->newest->number, 1);
    cr_expect_null(parameters_find(&parameters, BYTES_LIT("/duet/held/word")));
    cr_expect_null(parameters_find(&parameters, BYTES_LIT("/duet/silent/word")));
}

Test(dashboard_canaries, its_own_page_leaves_a_word)
{
    struct http_response res;
    cr_expect_eq(say(HTTP_POST, TOKEN, WORD("/duet/canary", "r1", "rollback"), &res), 204);
    const struct parameter *word = parameters_find(&parameters, BYTES_LIT("/duet/canary/word"));
    cr_expect(bytes_eq(word->newest->value, BYTES_LIT("{\"run\":\"r1\",\"word\":\"rollback\"}")));
}
