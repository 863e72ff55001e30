#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "runtime/core/limits.h"
#include "runtime/core/uri.h"
#include "runtime/http1/http1.h"
#include "runtime/lambda/event.h"
#include "runtime/alb/alb_request.h"
#include "runtime/local/apigw_lambda.h"
#include "tests/support/call.h"
#include "tests/support/parity_table.h"

/*
 * One table of requests through both codecs and the same handlers, here in one process: as
 * HTTP/1.1 bytes, as the server has them, and as a load balancer's event in both of its forms, as
 * the bootstrap has them. A client must not be able to tell the answers apart.
 */

enum way { WAY_HTTP1, WAY_ALB_MULTI, WAY_ALB_SINGLE, WAY_REST, WAY_URL, WAY_COUNT };

static const char *const way_names[] = {"HTTP/1.1", "multi-value event", "single-value event",
                                        "REST API's event", "function URL's event"};

/* A home with its own store, and what one request through it leaves behind. */
struct end {
    enum way way;
    struct call_home home;
    struct arena arena;
    struct buf bytes;         /* the request, as the client sent it */
    struct buf forwarded;     /* the same, as the load balancer passes it on */
    struct buf event;         /* or as its event */
    struct buf payload;       /* the answer as ALB JSON */
    struct buf answer_bytes;  /* the answer as the client gets it */
    struct http_request seen; /* as the handler saw it */
    struct parity_answer answer;
};

static void end_init(struct end *end, enum way way)
{
    enum { MAX = 4 * LIMIT_BODY_BYTES };
    *end = (struct end){.way = way};
    call_home_init(&end->home, way == WAY_HTTP1 ? HOME_FARGATE : HOME_LAMBDA, "memory");
    arena_init(&end->arena, 2 * LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&end->bytes, MAX);
    buf_init(&end->forwarded, MAX);
    buf_init(&end->event, MAX);
    buf_init(&end->payload, MAX);
    buf_init(&end->answer_bytes, MAX);
}

static void end_release(struct end *end)
{
    buf_release(&end->bytes);
    buf_release(&end->forwarded);
    buf_release(&end->event);
    buf_release(&end->payload);
    buf_release(&end->answer_bytes);
    arena_release(&end->arena);
    call_home_release(&end->home);
}

static void end_reset(struct end *end)
{
    buf_reset(&end->bytes);
    buf_reset(&end->forwarded);
    buf_reset(&end->event);
    buf_reset(&end->payload);
    buf_reset(&end->answer_bytes);
    arena_reset(&end->arena);
}

static void decode_request(struct end *end, struct bytes in, struct http_request *req)
{
    struct http1_decoder decoder;
    bool keep_alive;
    size_t consumed;
    *req = (struct http_request){.arena = &end->arena};
    http1_decoder_init(&decoder);
    enum rc rc = http1_decode_request(&decoder, in, &end->arena, req, &keep_alive, &consumed);
    cr_assert_eq(rc, RC_OK, "%s", rc_name(rc));
    cr_assert_eq(consumed, in.len);
}

/* The request as the load balancer has it once it has put its own fields in; every end gets the
 * same trace id. */
static void take_request(struct end *end, const struct parity_row *row, struct http_request *req)
{
    struct alb_client client = {.address = "203.0.113.9",
                                .listener_port = 443,
                                .dns_name = "duet.example",
                                .epoch_ms = 1795253400250};
    struct random_state random;
    random_init(&random, 1);
    parity_request(row, &end->bytes);
    decode_request(end, buf_bytes(&end->bytes), req);
    cr_assert_eq(alb_request_prepare(req, &client, &random), RC_OK);
}

static void handle(struct end *end, struct http_response *res)
{
    cr_assert_eq(app_handle(&end->home.app, &end->seen, res, APP_MAY_WAIT), RC_OK);
}

/* The last part of every way: what the client reads. */
static void give_answer(struct end *end, const struct parity_row *row,
                        const struct http_response *res)
{
    struct http1_decoder decoder;
    struct http1_response got;
    size_t consumed;
    enum http_method method = http_method_parse(bytes_from_str(row->method));
    struct http1_response_options options = {.method = method, .keep_alive = true};
    http1_encode_response(&end->answer_bytes, res, &options);
    cr_assert_not(end->answer_bytes.failed);
    http1_decoder_init(&decoder);
    enum rc rc = http1_decode_response(&decoder, buf_bytes(&end->answer_bytes), false, method,
                                       LIMIT_TARGET_BODY_BYTES, &end->arena, &got, &consumed);
    cr_assert_eq(rc, RC_OK, "%s: %s", row->name, rc_name(rc));
    cr_assert_eq(consumed, end->answer_bytes.len, "%s", row->name);
    end->answer = (struct parity_answer){got.status, got.fields, got.field_count, got.body};
}

static void ask_http1(struct end *end, const struct parity_row *row)
{
    struct http_request req;
    struct http_response res;
    struct bytes target;
    take_request(end, row, &req);
    target = req.query.len ? bytes_make(req.path.ptr, req.path.len + 1 + req.query.len) : req.path;
    http1_encode_request(&end->forwarded, req.method_text, target, req.fields, req.field_count,
                         req.body);
    cr_assert_not(end->forwarded.failed);
    decode_request(end, buf_bytes(&end->forwarded), &end->seen);
    handle(end, &res);
    give_answer(end, row, &res);
}

static void ask_apigw(struct end *end, const struct parity_row *row)
{
    enum apigw_type type = end->way == WAY_REST ? APIGW_REST : APIGW_URL;
    struct http_request req;
    struct http_response res;
    struct event_context context;
    const char *text = NULL;
    take_request(end, row, &req);
    cr_assert_eq(apigw_event_build(&req, type, &end->event), ALB_LAMBDA_OK, "%s", row->name);
    enum rc rc = event_decode(buf_bytes(&end->event), &end->arena, &end->seen, &context, &text);
    cr_assert_eq(rc, RC_OK, "%s: %s", row->name, text ? text : rc_name(rc));
    cr_assert_eq(context.kind, type == APIGW_REST ? EVENT_APIGW_V1 : EVENT_APIGW_V2);
    handle(end, &res);
    cr_assert_eq(event_encode(&res, &context, &end->payload), RC_OK);
    enum alb_lambda_reason reason =
        apigw_answer_parse(buf_bytes(&end->payload), type, &end->arena, &res, &text);
    cr_assert_eq(reason, ALB_LAMBDA_OK, "%s: %s", row->name, text);
    give_answer(end, row, &res);
}

static void ask_alb(struct end *end, const struct parity_row *row)
{
    bool is_multi = end->way == WAY_ALB_MULTI;
    struct http_request req;
    struct http_response res;
    struct alb_context context;
    const char *text = NULL;
    take_request(end, row, &req);
    enum alb_lambda_reason reason =
        alb_event_build(&req, BYTES_LIT("arn:aws:tg"), is_multi, &end->event);
    cr_assert_eq(reason, ALB_LAMBDA_OK, "%s: %s", row->name, alb_lambda_reason_name(reason));
    enum rc rc = alb_decode(buf_bytes(&end->event), &end->arena, &end->seen, &context, &text);
    cr_assert_eq(rc, RC_OK, "%s: %s", row->name, text ? text : rc_name(rc));
    cr_assert_eq(context.is_multi_value, is_multi);
    handle(end, &res);
    cr_assert_eq(alb_encode(&res, &context, &end->payload), RC_OK);
    reason = alb_answer_parse(buf_bytes(&end->payload), is_multi, &end->arena, &res, &text);
    cr_assert_eq(reason, ALB_LAMBDA_OK, "%s: %s", row->name, text);
    give_answer(end, row, &res);
}

static void ask(struct end *end, const struct parity_row *row)
{
    end_reset(end);
    if (end->way == WAY_HTTP1)
        ask_http1(end, row);
    else if (end->way == WAY_REST || end->way == WAY_URL)
        ask_apigw(end, row);
    else
        ask_alb(end, row);
}

static size_t event_ways[] = {WAY_ALB_MULTI, WAY_ALB_SINGLE, WAY_REST, WAY_URL};

/* The ways that keep the fields of one name apart: function URLs join them by commas. */
static bool keeps_all(enum way way)
{
    return way == WAY_ALB_MULTI || way == WAY_REST;
}

static bool can_carry(enum way way, const struct parity_row *row)
{
    return way != WAY_REST || !row->needs_raw_query;
}

#define OVER_EVENT_WAYS(name)                              \
    ParameterizedTestParameters(codecs, name)              \
    {                                                      \
        return cr_make_param_array(size_t, event_ways, 4); \
    }                                                      \
    ParameterizedTest(size_t *way, codecs, name)

OVER_EVENT_WAYS(every_row_has_one_answer)
{
    struct end server, lambda;
    char why[512] = "";
    end_init(&server, WAY_HTTP1);
    end_init(&lambda, (enum way) * way);
    for (size_t i = 0; i < parity_row_count; i++) {
        const struct parity_row *row = &parity_rows[i];
        if ((row->needs_multi_value && !keeps_all((enum way) * way)) ||
            !can_carry((enum way) * way, row))
            continue;
        ask(&server, row);
        ask(&lambda, row);
        cr_expect_eq(server.answer.status, row->status, "%s: status %d", row->name,
                     server.answer.status);
        cr_expect(parity_equal(row, &server.answer, &lambda.answer, why, sizeof why),
                  "%s, as %s: %s", row->name, way_names[*way], why);
    }
    end_release(&server);
    end_release(&lambda);
}

/* --- what a handler sees --- */

/* Behind the load balancer a container gets Content-Length, a function's event has none to go by.
 */
static bool is_compared(struct bytes name)
{
    return !bytes_ieq(name, BYTES_LIT("Content-Length"));
}

static size_t count_fields(const struct http_request *req, struct bytes name)
{
    size_t count = 0;
    for (size_t i = 0; i < req->field_count; i++)
        count += bytes_ieq(req->fields[i].name, name);
    return count;
}

static struct bytes nth_field(const struct http_request *req, struct bytes name, size_t n)
{
    for (size_t i = 0; i < req->field_count; i++)
        if (bytes_ieq(req->fields[i].name, name) && n-- == 0)
            return req->fields[i].value;
    return BYTES_LIT("(none)");
}

/* Each field of `full` is in `other`; a single-value event has the last of a name alone. */
static void expect_fields(const struct parity_row *row, const struct http_request *full,
                          const struct http_request *other, bool is_multi)
{
    for (size_t i = 0; i < full->field_count; i++) {
        struct bytes name = full->fields[i].name;
        size_t count = count_fields(full, name), n = 0;
        for (size_t k = 0; k < i; k++)
            n += bytes_ieq(full->fields[k].name, name);
        if (!is_compared(name) || (!is_multi && n + 1 < count))
            continue;
        struct bytes value = nth_field(other, name, is_multi ? n : 0);
        cr_expect(bytes_eq(full->fields[i].value, value), "%s: field %.*s: '%.*s' and '%.*s'",
                  row->name, BYTES_ARG(name), BYTES_ARG(full->fields[i].value), BYTES_ARG(value));
        cr_expect_eq(count_fields(other, name), is_multi ? count : 1, "%s: field %.*s", row->name,
                     BYTES_ARG(name));
    }
}

static const char *const query_keys[] = {"next", "limit", "details", "x",
                                         "name", "",      "pad",     "nobody"};

static void expect_query(const struct parity_row *row, const struct http_request *a,
                         const struct http_request *b)
{
    for (size_t i = 0; i < sizeof query_keys / sizeof *query_keys; i++) {
        struct bytes one = {NULL, 0}, other = {NULL, 0};
        enum rc rc = http_query_get(a, query_keys[i], &one);
        cr_expect_eq(http_query_get(b, query_keys[i], &other), rc, "%s: key '%s'", row->name,
                     query_keys[i]);
        cr_expect(bytes_eq(one, other), "%s: key '%s': '%.*s' and '%.*s'", row->name, query_keys[i],
                  BYTES_ARG(one), BYTES_ARG(other));
    }
}

/* The keys that come twice are those of which a single-value event keeps the last. */
static bool has_key_twice(const struct http_request *req)
{
    struct bytes rest = req->query, key, value, other;
    while (uri_query_next(&rest, &key, &value)) {
        struct bytes behind = rest;
        while (uri_query_next(&behind, &other, &value))
            if (bytes_eq(key, other))
                return true;
    }
    return false;
}

OVER_EVENT_WAYS(a_handler_sees_one_request)
{
    struct end server, lambda;
    end_init(&server, WAY_HTTP1);
    end_init(&lambda, (enum way) * way);
    for (size_t i = 0; i < parity_row_count; i++) {
        const struct parity_row *row = &parity_rows[i];
        bool is_multi = keeps_all((enum way) * way);
        if (!can_carry((enum way) * way, row))
            continue;
        ask(&server, row);
        ask(&lambda, row);
        const struct http_request *a = &server.seen, *b = &lambda.seen;
        cr_expect_eq(a->method, b->method, "%s", row->name);
        cr_expect(bytes_eq(a->method_text, b->method_text), "%s", row->name);
        cr_expect(bytes_eq(a->path, b->path), "%s", row->name);
        cr_expect(bytes_eq(a->body, b->body), "%s: bodies of %zu and %zu bytes", row->name,
                  a->body.len, b->body.len);
        cr_expect_eq(a->param_count, b->param_count, "%s", row->name);
        if (a->param_count && b->param_count)
            cr_expect(bytes_eq(a->params[0].value, b->params[0].value), "%s", row->name);
        if (*way != WAY_ALB_SINGLE || !has_key_twice(a))
            expect_query(row, a, b);
        if (*way != WAY_URL)
            expect_fields(row, a, b, is_multi);
        cr_expect_not_null(http_request_header(b, "x-forwarded-for"), "%s", row->name);
    }
    end_release(&server);
    end_release(&lambda);
}

/* --- the comparison itself --- */

struct differ_row {
    const char *why; /* NULL: they are equal */
    enum parity_kind kind;
    struct parity_answer a, b;
};

#define ANSWER(status_, body_, ...)                                                      \
    {                                                                                    \
        .status = (status_), .body = BYTES_INIT(body_),                                  \
        .fields = (const struct http_field[]){__VA_ARGS__},                              \
        .field_count =                                                                   \
            sizeof((const struct http_field[]){__VA_ARGS__}) / sizeof(struct http_field) \
    }
#define F(name_, value_)                      \
    {                                         \
        BYTES_INIT(name_), BYTES_INIT(value_) \
    }
#define AT_NOON "{\"created\":\"2026-11-21T12:00:00.000Z\"}"
#define AT_FIVE "{\"created\":\"2026-11-21T17:00:00.000Z\"}"

static const struct differ_row differ_rows[] = {
    {NULL, PARITY_EXACT, ANSWER(200, "x", F("A", "1"), F("B", "2"), F("A", "3")),
     ANSWER(200, "x", F("b", "2"), F("a", "1"), F("A", "3"))},
    {NULL, PARITY_EXACT, ANSWER(200, "x", F("Date", "1"), F("Server", "2")),
     ANSWER(200, "x", F("Connection", "close"), F("Transfer-Encoding", "chunked"))},
    {"status 200 and 201", PARITY_LOOSE, ANSWER(200, "x", F("A", "1")),
     ANSWER(201, "x", F("A", "1"))},
    {"field A: '1' and '3'", PARITY_EXACT, ANSWER(200, "x", F("A", "1"), F("A", "3")),
     ANSWER(200, "x", F("A", "3"), F("A", "1"))},
    {"field B: '2' and '(none)'", PARITY_EXACT, ANSWER(200, "x", F("B", "2")),
     ANSWER(200, "x", F("Date", "1"))},
    {"field B: '2' and '(none)' (the second and the first)", PARITY_EXACT,
     ANSWER(200, "x", F("Date", "1")), ANSWER(200, "x", F("B", "2"))},
    {"bodies of 3 and 4 bytes differ at byte 3: 'abc' and 'abcd'", PARITY_EXACT,
     ANSWER(200, "abc", F("A", "1")), ANSWER(200, "abcd", F("A", "1"))},
    {NULL, PARITY_CREATED, ANSWER(200, AT_NOON, F("A", "1")), ANSWER(200, AT_FIVE, F("A", "1"))},
    {"bodies of 38 and 38 bytes differ at byte 24: 'eated\":\"2026-11-21T12:00:00.000Z\"}' and "
     "'eated\":\"2026-11-21T17:00:00.000Z\"}'",
     PARITY_EXACT, ANSWER(200, AT_NOON, F("A", "1")), ANSWER(200, AT_FIVE, F("A", "1"))},
    {"bodies of 38 and 2 bytes differ at byte 1: '{\"created\":\"2026-11-21T12:00:00.000Z\"}' and "
     "'{}'",
     PARITY_CREATED, ANSWER(200, AT_NOON, F("A", "1")), ANSWER(200, "{}", F("A", "1"))},
    {NULL, PARITY_LOOSE, ANSWER(200, "abc", F("Content-Type", "t"), F("A", "1")),
     ANSWER(200, "x", F("content-type", "t"))},
    {"field Content-Type: 't' and '(none)'", PARITY_LOOSE, ANSWER(200, "x", F("Content-Type", "t")),
     ANSWER(200, "x", F("A", "1"))},
};

Test(codecs, a_difference_is_found_and_told)
{
    for (size_t i = 0; i < sizeof differ_rows / sizeof *differ_rows; i++) {
        const struct differ_row *row = &differ_rows[i];
        struct parity_row request = {.kind = row->kind};
        char why[256] = "";
        bool is_equal = parity_equal(&request, &row->a, &row->b, why, sizeof why);
        cr_expect_eq(is_equal, row->why == NULL, "row %zu: %s", i, why);
        cr_expect_str_eq(why, row->why ? row->why : "");
    }
}
