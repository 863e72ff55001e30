#include <criterion/criterion.h>

#include "runtime/control/door.h"

/* A service of AWS's REST-JSON protocol behind the door. */

#define SIGNED                                                                 \
    "AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1/thing/aws4_request, " \
    "SignedHeaders=host, Signature=0123456789abcdef0123456789abcdef"           \
    "0123456789abcdef0123456789abcdef"

static struct arena arena;
static struct http_response res;
static struct control_call *later;
static int later_answers;

static void init(void)
{
    arena_init(&arena, 1 << 20);
    later = NULL;
    later_answers = 0;
}

static void release(void)
{
    arena_release(&arena);
}

TestSuite(rest, .init = init, .fini = release);

static void run_make(void *context, struct control_call *call)
{
    struct datum *result = control_result(call);
    (void)context;
    datum_text(&call->maker, result, "Name", datum_get_text(call->input, "Name"));
    datum_text(&call->maker, result, "Color", datum_get_text(call->input, "Color"));
    datum_text(&call->maker, result, "Part", datum_get_text(call->input, "Part"));
    call->status = 201;
    control_answer(call, result);
}

static void run_raw(void *context, struct control_call *call)
{
    (void)context;
    http_response_add(call->res, call->arena, BYTES_LIT("X-Part"),
                      datum_get_text(call->input, "Part"));
    control_answer_raw(call, 202, BYTES_LIT("text/plain"), call->req->body);
}

static void run_refuse(void *context, struct control_call *call)
{
    (void)context;
    control_fail(call, 404, "ResourceNotFoundException", "no thing '%s'", "x");
}

static void run_later(void *context, struct control_call *call)
{
    (void)context;
    later = call;
}

static const struct control_route routes[] = {
    {.method = "POST", .path = "/v1/things/{Name}", .name = "Make", .run = run_make},
    {.method = "POST",
     .path = "/v1/things/{Name}/raw",
     .name = "Raw",
     .run = run_raw,
     .is_raw = true},
    {.method = "DELETE", .path = "/v1/things/{Name}", .name = "Refuse", .run = run_refuse},
    {.method = "GET", .path = "/v1/later", .name = "Later", .run = run_later},
};
static const struct control_service thing = {
    .name = "thing", .routes = routes, .route_count = sizeof routes / sizeof *routes};
static const struct control_service *const services[] = {&thing};

struct row {
    const char *name, *method, *path, *query, *body;
    int status;
    const char *answer; /* part of it */
};

static const struct row rows[] = {
    {"path, query and body", "POST", "/v1/things/a%3Ab", "Part=p+q", "{\"Color\":\"red\"}", 201,
     "{\"Name\":\"a:b\",\"Color\":\"red\",\"Part\":\"p q\"}"},
    {"a slash at the end", "POST", "/v1/things/a/", "", "", 201, "\"Name\":\"a\""},
    {"a body that is no JSON", "POST", "/v1/things/a/raw", "Part=1", "{oops", 202, "{oops"},
    {"broken JSON", "POST", "/v1/things/a", "", "{oops", 400, "Could not parse request body"},
    {"a list", "POST", "/v1/things/a", "", "[]", 400, "Could not parse request body"},
    {"a name twice", "POST", "/v1/things/a", "", "{\"Name\":\"b\"}", 400, "'Name'"},
    {"a name twice in the query", "POST", "/v1/things/a", "Name=b", "", 400, "'Name'"},
    {"a broken percent-encoding", "POST", "/v1/things/a%zz", "", "", 400, "'Name'"},
    {"one in the query", "POST", "/v1/things/a", "Color=x&Part=%zz", "", 400, "'Part'"},
    {"a name twice in body and query", "POST", "/v1/things/a", "Color=b", "{\"Color\":\"red\"}",
     400, "'Color'"},
    {"a value without a name", "POST", "/v1/things/a", "=b", "", 400, "''"},
    {"an empty name", "POST", "/v1/things//raw", "", "", 404, "POST /v1/things//raw"},
    {"a path too long", "POST", "/v1/things/a/raw/b", "", "", 404, "no operation"},
    {"a path too short", "POST", "/v1/things", "", "", 404, "no operation"},
    {"another method", "PUT", "/v1/things/a", "", "", 405, "no operation 'PUT"},
    {"no path", "POST", "*", "", "", 404, "no operation"},
    {"an error", "DELETE", "/v1/things/a", "", "", 404,
     "{\"Type\":\"User\",\"Message\":\"no thing 'x'\",\"message\":\"no thing 'x'\"}"},
};

static void on_answer(struct control_call *call)
{
    later_answers += call->owner == &later_answers;
}

static void send(const struct row *row, struct control_call *call)
{
    static struct http_field fields[2];
    static struct http_request req;
    fields[0] = (struct http_field){BYTES_LIT("Host"), BYTES_LIT("localhost")};
    fields[1] = (struct http_field){BYTES_LIT("Authorization"), BYTES_LIT(SIGNED)};
    req = (struct http_request){.method_text = bytes_from_str(row->method),
                                .path = bytes_from_str(row->path),
                                .query = bytes_from_str(row->query),
                                .body = bytes_from_str(row->body),
                                .fields = fields,
                                .field_count = 2,
                                .arena = &arena};
    *call = (struct control_call){.arena = &arena,
                                  .res = &res,
                                  .request_id = "id-1",
                                  .on_answer = on_answer,
                                  .owner = &later_answers};
    http_response_init(&res);
    door_call(&req, services, 1, call);
}

static bool has(struct bytes text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

Test(rest, method_and_path_name_the_action_and_all_parameters_are_one_map)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct control_call call;
        send(&rows[i], &call);
        cr_expect(call.is_answered, "%s", rows[i].name);
        cr_expect_eq(res.status, rows[i].status, "%s: %d", rows[i].name, res.status);
        cr_expect(has(res.body, rows[i].answer), "%s: %.*s", rows[i].name, BYTES_ARG(res.body));
    }
    cr_expect_eq(later_answers, 0);
}

Test(rest, the_error_code_and_raw_fields_are_in_the_head)
{
    struct control_call call;
    send(&(struct row){"", "DELETE", "/v1/things/a", "", "", 0, ""}, &call);
    const struct bytes *code = http_response_header(&res, "x-amzn-errortype");
    cr_assert_not_null(code);
    cr_expect(bytes_eq(*code, BYTES_LIT("ResourceNotFoundException")));
    send(&(struct row){"", "POST", "/v1/things/a/raw", "Part=7", "x", 0, ""}, &call);
    const struct bytes *part = http_response_header(&res, "x-part");
    cr_assert_not_null(part);
    cr_expect(bytes_eq(*part, BYTES_LIT("7")));
}

Test(rest, an_action_may_answer_after_it_has_returned)
{
    struct control_call call;
    send(&(struct row){"", "GET", "/v1/later", "", "", 0, ""}, &call);
    cr_assert_eq(later, &call);
    cr_expect_not(call.is_answered);
    control_answer(&call, NULL);
    cr_expect(call.is_answered);
    cr_expect_eq(later_answers, 1);
    cr_expect_eq(res.status, 200);
}
