#include <criterion/criterion.h>

#include <stdio.h>

#include "runtime/core/limits.h"
#include "runtime/core/response_check.h"
#include "runtime/json/json.h"
#include "runtime/lambda/alb_codec.h"

static struct arena arena;
static struct http_response res;
static struct buf out;

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&out, LIMIT_INVOCATION_BYTES);
    http_response_init(&res);
}

static void teardown(void)
{
    arena_release(&arena);
    buf_release(&out);
}

TestSuite(alb_encode, .init = setup, .fini = teardown);

struct row {
    const char *name;
    int status;
    struct http_field fields[6];
    struct bytes body;
    const char *multi, *single; /* behind statusCode and statusDescription */
};

#define TEXT                                                 \
    {                                                        \
        BYTES_INIT("Content-Type"), BYTES_INIT("text/plain") \
    }

static const struct row rows[] = {
    {"text",
     200,
     {TEXT},
     BYTES_INIT("Hello world"),
     "\"multiValueHeaders\":{\"Content-Type\":[\"text/plain\"]},\"body\":\"Hello world\","
     "\"isBase64Encoded\":false}",
     "\"headers\":{\"Content-Type\":\"text/plain\"},\"body\":\"Hello world\","
     "\"isBase64Encoded\":false}"},
    {"nothing",
     404,
     {{{NULL, 0}, {NULL, 0}}},
     {NULL, 0},
     "\"multiValueHeaders\":{},\"body\":\"\",\"isBase64Encoded\":false}",
     "\"headers\":{},\"body\":\"\",\"isBase64Encoded\":false}"},
    {"several of a name",
     201,
     {{BYTES_INIT("Set-Cookie"), BYTES_INIT("a=1")},
      TEXT,
      {BYTES_INIT("set-cookie"), BYTES_INIT("b=2")},
      {BYTES_INIT("SET-COOKIE"), BYTES_INIT("c=3")}},
     {NULL, 0},
     "\"multiValueHeaders\":{\"Set-Cookie\":[\"a=1\",\"b=2\",\"c=3\"],"
     "\"Content-Type\":[\"text/plain\"]},\"body\":\"\",\"isBase64Encoded\":false}",
     "\"headers\":{\"Content-Type\":\"text/plain\",\"SET-COOKIE\":\"c=3\"},\"body\":\"\","
     "\"isBase64Encoded\":false}"},
    {"the front end's fields",
     200,
     {{BYTES_INIT("content-length"), BYTES_INIT("5")},
      {BYTES_INIT("Connection"), BYTES_INIT("close")},
      TEXT,
      {BYTES_INIT("Transfer-Encoding"), BYTES_INIT("chunked")}},
     {NULL, 0},
     "\"multiValueHeaders\":{\"Content-Type\":[\"text/plain\"]},\"body\":\"\","
     "\"isBase64Encoded\":false}",
     "\"headers\":{\"Content-Type\":\"text/plain\"},\"body\":\"\",\"isBase64Encoded\":false}"},
    {"UTF-8 and escapes",
     200,
     {{BYTES_INIT("X-A"), BYTES_INIT("\"q\"\t\\")}},
     BYTES_INIT("\"größe\"\n\x01"),
     "\"multiValueHeaders\":{\"X-A\":[\"\\\"q\\\"\\t\\\\\"]},"
     "\"body\":\"\\\"größe\\\"\\n\\u0001\",\"isBase64Encoded\":false}",
     "\"headers\":{\"X-A\":\"\\\"q\\\"\\t\\\\\"},\"body\":\"\\\"größe\\\"\\n\\u0001\","
     "\"isBase64Encoded\":false}"},
    {"bytes",
     200,
     {{{NULL, 0}, {NULL, 0}}},
     BYTES_INIT("\xFF\xFE"),
     "\"multiValueHeaders\":{},\"body\":\"//4=\",\"isBase64Encoded\":true}",
     "\"headers\":{},\"body\":\"//4=\",\"isBase64Encoded\":true}"},
    {"a NUL in text",
     200,
     {{{NULL, 0}, {NULL, 0}}},
     BYTES_INIT("a\0b"),
     "\"multiValueHeaders\":{},\"body\":\"YQBi\",\"isBase64Encoded\":true}",
     "\"headers\":{},\"body\":\"YQBi\",\"isBase64Encoded\":true}"},
    {"content encoding",
     200,
     {{BYTES_INIT("content-encoding"), BYTES_INIT("gzip")}},
     BYTES_INIT("foo"),
     "\"multiValueHeaders\":{\"content-encoding\":[\"gzip\"]},\"body\":\"Zm9v\","
     "\"isBase64Encoded\":true}",
     "\"headers\":{\"content-encoding\":\"gzip\"},\"body\":\"Zm9v\",\"isBase64Encoded\":true}"},
    {"a body where none may be",
     204,
     {TEXT},
     BYTES_INIT("\xFF"),
     "\"multiValueHeaders\":{\"Content-Type\":[\"text/plain\"]},\"body\":\"\","
     "\"isBase64Encoded\":false}",
     "\"headers\":{\"Content-Type\":\"text/plain\"},\"body\":\"\",\"isBase64Encoded\":false}"},
    {"a value that is not UTF-8",
     200,
     {{BYTES_INIT("X-A"), BYTES_INIT("caf\xE9")}},
     {NULL, 0},
     "\"multiValueHeaders\":{\"X-A\":[\"caf\xEF\xBF\xBD\"]},\"body\":\"\",\"isBase64Encoded\":"
     "false}",
     "\"headers\":{\"X-A\":\"caf\xEF\xBF\xBD\"},\"body\":\"\",\"isBase64Encoded\":false}"},
    {"an unnamed status",
     299,
     {TEXT},
     {NULL, 0},
     "\"multiValueHeaders\":{\"Content-Type\":[\"text/plain\"]},\"body\":\"\","
     "\"isBase64Encoded\":false}",
     "\"headers\":{\"Content-Type\":\"text/plain\"},\"body\":\"\",\"isBase64Encoded\":false}"},
};

static void fill(const struct row *row)
{
    http_response_init(&res);
    res.status = row->status;
    res.body = row->body;
    for (size_t i = 0; i < 6 && row->fields[i].name.len; i++)
        http_response_add(&res, &arena, row->fields[i].name, row->fields[i].value);
    cr_assert(!res.is_out_of_memory, "%s", row->name);
}

static void expect_json(const struct row *row, bool is_multi_value, const char *rest)
{
    char wanted[1024];
    struct alb_context context = {is_multi_value};
    cJSON *root;
    buf_reset(&out);
    cr_assert_eq(alb_encode(&res, &context, &out), RC_OK, "%s", row->name);
    (void)snprintf(wanted, sizeof wanted, "{\"statusCode\":%d,\"statusDescription\":\"%d %s\",%s",
                   row->status, row->status, http_status_reason(row->status).ptr, rest);
    cr_expect(bytes_eq(buf_bytes(&out), bytes_from_str(wanted)), "%s: %.*s\n%s", row->name,
              BYTES_ARG(buf_bytes(&out)), wanted);
    cr_expect_eq(json_parse(&arena, buf_bytes(&out), &root, NULL), RC_OK, "%s", row->name);
}

Test(alb_encode, writes_either_family)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fill(&rows[i]);
        expect_json(&rows[i], true, rows[i].multi);
        cr_expect_eq(response_alb_json_len(&res), out.len, "%s", rows[i].name);
        expect_json(&rows[i], false, rows[i].single);
        cr_expect_geq(response_alb_json_len(&res), out.len, "%s", rows[i].name);
    }
}

Test(alb_encode, a_full_buffer_is_told)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fill(&rows[i]);
        size_t len = response_alb_json_len(&res);
        for (size_t max = 0; max <= len + 1; max++) {
            struct alb_context context = {true};
            struct buf small;
            buf_init(&small, max);
            enum rc rc = alb_encode(&res, &context, &small);
            cr_expect(rc == RC_NOMEM || max >= len, "%s in %zu", rows[i].name, max);
            cr_expect(rc == RC_OK || max <= len, "%s in %zu", rows[i].name, max);
            buf_release(&small);
        }
    }
}
