#include <criterion/criterion.h>

#include <stdio.h>

#include "runtime/core/limits.h"
#include "tests/support/fake_rapi.h"
#include "tests/support/program.h"

/* The real binary through thousands of invocations of every kind. */

#define NEXT "GET /2018-06-01/runtime/invocation/next"
#define GET_V2(domain)                                                                         \
    "{\"version\":\"2.0\",\"rawPath\":\"/hello\",\"requestContext\":{\"domainName\":\"" domain \
    "\",\"http\":{\"method\":\"GET\"}}}"
#define GET_HELLO "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\",\"path\":\"/hello\"}"

static struct program program = {.out_fd = -1};
static struct fake_rapi *fake;

static void teardown(void)
{
    program_release(&program);
    if (fake)
        fake_rapi_free(fake);
}

TestSuite(bootstrap_many, .fini = teardown);

enum { MANY = 10000, SETTLED = 2000, RSS_GROWTH_MAX_KB = 256, LARGE_BYTES = 900 * 1024 };

enum kind {
    KIND_HELLO,
    KIND_BAD,
    KIND_LARGE,
    KIND_OVER,
    KIND_UNKNOWN,
    KIND_CLOSING,
    KIND_REFUSED,
    KIND_REST,
    KIND_HTTP_API,
    KIND_STREAMED,
};

struct many {
    struct buf text;    /* the longest body */
    size_t wrong_count; /* answers that are not those of their event */
    size_t done;        /* invocations answered */
    long rss_settled_kb, rss_end_kb;
};

/* Large ones are rare, as in life. */
static enum kind kind_of(size_t i)
{
    if (i % 200 == 7)
        return KIND_LARGE;
    if (i % 200 == 107)
        return KIND_OVER;
    if (i % 50 == 11)
        return KIND_CLOSING;
    if (i % 10 == 3)
        return KIND_BAD;
    if (i % 10 == 4)
        return KIND_REFUSED;
    if (i % 10 == 6)
        return KIND_REST;
    if (i % 10 == 8)
        return KIND_HTTP_API;
    if (i % 10 == 9)
        return KIND_STREAMED;
    return i % 10 == 5 ? KIND_UNKNOWN : KIND_HELLO;
}

static void put_event(struct many *self, size_t i, struct buf *out)
{
    static const char before[] =
        "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"POST\",\"path\":"
        "\"/nowhere\",\"multiValueHeaders\":{},\"body\":\"";
    char fields[256];
    struct bytes event = BYTES_LIT(GET_HELLO);
    struct buf large;
    enum kind kind = kind_of(i);
    buf_init(&large, 8 << 20);
    if (kind == KIND_BAD)
        event = BYTES_LIT("{\"version\":\"2.0\"}");
    if (kind == KIND_REST)
        event = BYTES_LIT(
            "{\"httpMethod\":\"GET\",\"path\":\"/hello\",\"requestContext\":{\"stage\":\"a\"}}");
    if (kind == KIND_HTTP_API)
        event = BYTES_LIT(GET_V2("a.execute-api.b"));
    if (kind == KIND_STREAMED)
        event = BYTES_LIT(GET_V2("a.lambda-url.b"));
    if (kind == KIND_UNKNOWN)
        event = BYTES_LIT(
            "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\",\"path\":\"/nowhere\"}");
    if (kind == KIND_LARGE || kind == KIND_OVER) {
        buf_append(&large, bytes_from_str(before));
        buf_append(&large,
                   bytes_make(self->text.data, kind == KIND_OVER ? self->text.len : LARGE_BYTES));
        buf_append(&large, BYTES_LIT("\"}"));
        event = buf_bytes(&large);
    }
    (void)snprintf(fields, sizeof fields,
                   "Lambda-Runtime-Aws-Request-Id: id-%zu\r\n"
                   "Lambda-Runtime-Trace-Id: Root=1-67e2a1f0-%024zu;Sampled=0\r\n",
                   i, i * 7919);
    fake_rapi_put(out, 200, fields, event);
    buf_release(&large);
}

static bool is_right_answer(size_t i, const struct fake_request *req)
{
    char target[128];
    const char *wanted = "Hello world";
    enum kind kind = kind_of(i);
    (void)snprintf(target, sizeof target, "POST /2018-06-01/runtime/invocation/id-%zu/%s", i,
                   kind == KIND_BAD ? "error" : "response");
    if (kind == KIND_BAD)
        wanted = "Runtime.InvalidEvent";
    if (kind == KIND_UNKNOWN || kind == KIND_LARGE)
        wanted = "{\"statusCode\":404";
    if (kind == KIND_OVER)
        wanted = "{\"statusCode\":413";
    return strcmp(req->target, target) == 0 &&
           memmem(req->body.ptr, req->body.len, wanted, strlen(wanted)) &&
           (req->chunk_count > 0) == (kind == KIND_STREAMED);
}

static long rss_kb(void)
{
    char path[64], line[128];
    long kb = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)program.id);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    (void)fclose(file);
    return kb;
}

/* Requests alternate: next, answer, next, ... The memory is read while it waits for an event. */
static enum fake_end answer_many(void *context, size_t index, const struct fake_request *req,
                                 struct buf *out)
{
    struct many *self = context;
    size_t i = index / 2;
    if (index % 2) {
        self->wrong_count += !is_right_answer(i, req);
        self->done++;
        fake_rapi_put(out, kind_of(i) == KIND_REFUSED ? 410 : 202, NULL, BYTES_LIT("{}"));
        return kind_of(i) == KIND_CLOSING ? FAKE_CLOSE : FAKE_KEEP;
    }
    self->wrong_count += strcmp(req->target, NEXT) != 0;
    if (i == SETTLED)
        self->rss_settled_kb = rss_kb();
    if (i == MANY) {
        self->rss_end_kb = rss_kb();
        return FAKE_HOLD;
    }
    put_event(self, i, out);
    return FAKE_KEEP;
}

static void start(struct many *many)
{
    char variable[64];
    fake = fake_rapi_new(answer_many, many, false);
    (void)snprintf(variable, sizeof variable, "AWS_LAMBDA_RUNTIME_API=%s", fake_rapi_address(fake));
    program_start(&program, (const char *const[]){"bootstrap", NULL},
                  (const char *const[]){variable, "DUET_STORE=memory", "DUET_METRICS=off",
                                        "DUET_LAMBDA_STREAMING=on", NULL});
    fake_rapi_start(fake);
}

Test(bootstrap_many, ten_thousand_invocations_lose_none_and_keep_no_memory)
{
    static struct many many;
    char last[64];
    buf_init(&many.text, LIMIT_BODY_BYTES + 1);
    for (size_t i = 0; i <= LIMIT_BODY_BYTES; i++)
        buf_append_char(&many.text, (char)('a' + i % 26));
    start(&many);
    /* Its log is read meanwhile, or it would wait for the pipe; the last refused answer is there.
     */
    (void)snprintf(last, sizeof last, "\"requestId\":\"id-%d\"", MANY - 6);
    cr_assert(program_wait_for(&program, last), "only %zu", many.done);
    cr_assert(fake_rapi_wait(fake, 2 * MANY + 1));
    cr_expect_eq(program_stop(&program), 0);
    cr_expect_eq(many.done, (size_t)MANY);
    cr_expect_eq(many.wrong_count, 0u);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    /* A sanitizer keeps what is freed. */
    cr_expect_leq(many.rss_end_kb - many.rss_settled_kb, RSS_GROWTH_MAX_KB, "%ld to %ld KiB",
                  many.rss_settled_kb, many.rss_end_kb);
#endif
    buf_release(&many.text);
}
