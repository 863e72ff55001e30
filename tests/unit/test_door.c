#include <criterion/criterion.h>

#include "runtime/control/door.h"

/* The door with one small service behind it. */

#define SCOPE(service) \
    "AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1/" service "/aws4_request"
#define SIGNED(service)                          \
    SCOPE(service)                               \
    ", SignedHeaders=host;x-amz-date, "          \
    "Signature=0123456789abcdef0123456789abcdef" \
    "0123456789abcdef0123456789abcdef"

static struct arena arena;
static struct http_response res;

static void init(void)
{
    arena_init(&arena, 1 << 20);
}

static void release(void)
{
    arena_release(&arena);
}

TestSuite(door, .init = init, .fini = release);

static void run_echo(void *context, struct control_call *call)
{
    struct datum *result = control_result(call);
    (void)context;
    datum_text(&call->maker, result, "Said", datum_get_text(call->input, "Say"));
    datum_text(&call->maker, result, "Region", call->region);
    control_answer(call, result);
}

static void run_refuse(void *context, struct control_call *call)
{
    (void)context;
    control_fail(call, 400, "RuleNotFound", "no <rule> '%s'", "x");
}

static const struct control_action actions[] = {{"Echo", run_echo}, {"Refuse", run_refuse}};
static const struct control_service echo = {.name = "echo",
                                            .version = "2015-12-01",
                                            .xml_namespace = "urn:echo",
                                            .target = "EchoV1",
                                            .shape_prefix = "com.x#",
                                            .actions = actions,
                                            .action_count = 2};
static const struct control_service *const services[] = {&echo};

struct row {
    const char *name;
    const char *path, *host, *origin, *authorization, *target, *type, *smithy;
    struct bytes body;
    int status;
    const char *answer; /* part of it */
};

#define LOCAL .path = "/", .host = "127.0.0.1:4566"
#define QUERY .type = "application/x-www-form-urlencoded; charset=utf-8"
#define FORM(text) .body = BYTES_INIT(text), QUERY

static const struct row rows[] = {
    {.name = "query",
     LOCAL,
     .authorization = SIGNED("echo"),
     FORM("Action=Echo&Version=2015-12-01&Say=%3Chi%3E"),
     .status = 200,
     .answer = "<EchoResponse xmlns=\"urn:echo\"><EchoResult><Said>&lt;hi&gt;</Said>"
               "<Region>eu-west-1</Region></EchoResult><ResponseMetadata><RequestId>"},
    {.name = "query by name",
     .path = "/",
     .host = "LocalHost",
     .authorization = SIGNED("echo"),
     FORM("Action=Echo"),
     .status = 200,
     .answer = "<Said></Said>"},
    {.name = "a local origin",
     LOCAL,
     .origin = "http://localhost:4566",
     .authorization = SIGNED("echo"),
     FORM("Action=Echo"),
     .status = 200,
     .answer = "Said"},
    {.name = "an error of query",
     LOCAL,
     .authorization = SIGNED("echo"),
     FORM("Action=Refuse"),
     .status = 400,
     .answer =
         "<ErrorResponse xmlns=\"urn:echo\"><Error><Type>Sender</Type>"
         "<Code>RuleNotFound</Code><Message>no &lt;rule&gt; 'x'</Message></Error><RequestId>"},
    {.name = "json",
     LOCAL,
     .authorization = SIGNED("echo"),
     .target = "EchoV1.Echo",
     .type = "application/x-amz-json-1.1",
     .body = BYTES_INIT("{\"Say\":\"hi\"}"),
     .status = 200,
     .answer = "{\"Said\":\"hi\",\"Region\":\"eu-west-1\"}"},
    {.name = "an error of json",
     LOCAL,
     .authorization = SIGNED("echo"),
     .target = "EchoV1.Refuse",
     .type = "application/x-amz-json-1.1",
     .body = BYTES_INIT("{}"),
     .status = 400,
     .answer = "{\"__type\":\"com.x#RuleNotFound\",\"message\":\"no <rule> 'x'\"}"},
    {.name = "cbor",
     .path = "/service/EchoV1/operation/Echo",
     .host = "[::1]:1",
     .authorization = SIGNED("echo"),
     .smithy = "rpc-v2-cbor",
     .type = "application/cbor",
     .body = BYTES_INIT("\xbf\x63Say\x62hi\xff"),
     .status = 200,
     .answer = "\xa2\x64Said\x62hi\x66Region\x69"
               "eu-west-1"},
    {.name = "an error of cbor",
     .path = "/service/EchoV1/operation/Refuse",
     .host = "localhost:1",
     .authorization = SIGNED("echo"),
     .smithy = "rpc-v2-cbor",
     .status = 400,
     .answer = "\xa2\x66__type\x72"
               "com.x#RuleNotFound\x67message"},

    {.name = "unsigned",
     LOCAL,
     FORM("Action=Echo"),
     .status = 403,
     .answer = "<Code>MissingAuthenticationToken</Code>"},
    {.name = "unsigned json",
     LOCAL,
     .target = "EchoV1.Echo",
     .status = 403,
     .answer = "{\"__type\":\"MissingAuthenticationToken\""},
    {.name = "signed in another way",
     LOCAL,
     .authorization = "Basic eDp5",
     FORM("Action=Echo"),
     .status = 403,
     .answer = "<Code>IncompleteSignature</Code>"},
    {.name = "a scope alone",
     LOCAL,
     .authorization = SCOPE("echo"),
     FORM("Action=Echo"),
     .status = 403,
     .answer = "<Code>IncompleteSignature</Code>"},
    {.name = "a scope of too many parts",
     LOCAL,
     .authorization = SIGNED("echo/echo"),
     FORM("Action=Echo"),
     .status = 403,
     .answer = "IncompleteSignature"},
    {.name = "a scope of an empty part",
     LOCAL,
     .authorization = SIGNED(""),
     FORM("Action=Echo"),
     .status = 403,
     .answer = "IncompleteSignature"},
    {.name = "a foreign origin",
     LOCAL,
     .origin = "https://evil.example",
     .authorization = SIGNED("echo"),
     FORM("Action=Echo"),
     .status = 403,
     .answer = "AccessDenied"},
    {.name = "an origin that looks local",
     LOCAL,
     .origin = "http://localhost.evil.example",
     .authorization = SIGNED("echo"),
     FORM("Action=Echo"),
     .status = 403,
     .answer = "AccessDenied"},
    {.name = "no origin at all",
     LOCAL,
     .origin = "null",
     .authorization = SIGNED("echo"),
     FORM("Action=Echo"),
     .status = 403,
     .answer = "AccessDenied"},
    {.name = "a foreign host",
     .path = "/",
     .host = "evil.example",
     .authorization = SIGNED("echo"),
     FORM("Action=Echo"),
     .status = 403,
     .answer = "AccessDenied"},
    {.name = "no host",
     .path = "/",
     .authorization = SIGNED("echo"),
     FORM("Action=Echo"),
     .status = 403,
     .answer = "AccessDenied"},

    {.name = "another service",
     LOCAL,
     .authorization = SIGNED("s3"),
     FORM("Action=Echo"),
     .status = 400,
     .answer = "<Code>InvalidAction</Code><Message>There is no service 's3' here: start duet local "
               "with --forward s3=URL"},
    {.name = "another service of JSON",
     LOCAL,
     .authorization = SIGNED("kms"),
     .target = "TrentService.ListKeys",
     .type = "application/x-amz-json-1.1",
     .status = 400,
     .answer = "There is no service 'kms' here: start duet local with --forward kms=URL"},
    {.name = "S3, which speaks XML on any path",
     .path = "/bucket/key",
     .host = "localhost",
     .authorization = SIGNED("s3"),
     .status = 400,
     .answer = "<Code>InvalidAction</Code>"},
    {.name = "another action",
     LOCAL,
     .authorization = SIGNED("echo"),
     FORM("Action=No%3C&Version=1"),
     .status = 400,
     .answer = "<Message>Could not find operation No&lt; for version 1</Message>"},
    {.name = "another version",
     LOCAL,
     .authorization = SIGNED("echo"),
     FORM("Action=Echo&Version=2012-06-01"),
     .status = 400,
     .answer = "InvalidAction"},
    {.name = "no action",
     LOCAL,
     .authorization = SIGNED("echo"),
     .status = 400,
     .answer = "<Code>MissingAction</Code>"},
    {.name = "another target",
     LOCAL,
     .authorization = SIGNED("echo"),
     .target = "EchoV2.Echo",
     .status = 400,
     .answer = "{\"__type\":\"com.x#UnknownOperationException\""},
    {.name = "a path of REST",
     .path = "/2015-03-31/functions",
     .host = "localhost",
     .authorization = SIGNED("lambda"),
     .status = 400,
     .answer = "UnknownOperationException"},
    {.name = "a path of CBOR with more behind",
     .path = "/service/EchoV1/operation/Echo/x",
     .host = "localhost",
     .authorization = SIGNED("echo"),
     .smithy = "rpc-v2-cbor",
     .status = 404,
     .answer = "UnknownOperationException"},
    {.name = "broken query",
     LOCAL,
     .authorization = SIGNED("echo"),
     FORM("Action=Echo&A=1&A=2"),
     .status = 400,
     .answer = "<Code>MalformedQueryString</Code><Message>The parameter 'A'"},
    {.name = "broken json",
     LOCAL,
     .authorization = SIGNED("echo"),
     .target = "EchoV1.Echo",
     .body = BYTES_INIT("{"),
     .status = 400,
     .answer = "SerializationException"},
    {.name = "json that is no map",
     LOCAL,
     .authorization = SIGNED("echo"),
     .target = "EchoV1.Echo",
     .body = BYTES_INIT("[1]"),
     .status = 400,
     .answer = "SerializationException"},
    {.name = "broken cbor",
     .path = "/service/EchoV1/operation/Echo",
     .host = "localhost",
     .authorization = SIGNED("echo"),
     .smithy = "rpc-v2-cbor",
     .body = BYTES_INIT("\xa1"),
     .status = 400,
     .answer = "SerializationException"},
};

static void add(struct http_field *fields, size_t *count, const char *name, const char *value)
{
    if (value)
        fields[(*count)++] = (struct http_field){bytes_from_str(name), bytes_from_str(value)};
}

static void call_row(const struct row *row)
{
    struct http_field fields[6];
    struct control_call call = {.arena = &arena, .res = &res, .request_id = "id-1"};
    struct http_request req = {.method = HTTP_POST,
                               .path = bytes_from_str(row->path),
                               .body = row->body,
                               .fields = fields,
                               .arena = &arena};
    add(fields, &req.field_count, "Host", row->host);
    add(fields, &req.field_count, "origin", row->origin);
    add(fields, &req.field_count, "Authorization", row->authorization);
    add(fields, &req.field_count, "X-Amz-Target", row->target);
    add(fields, &req.field_count, "Content-Type", row->type);
    add(fields, &req.field_count, "smithy-protocol", row->smithy);
    http_response_init(&res);
    door_call(&req, services, 1, &call);
}

static bool has(struct bytes text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

Test(door, lets_signed_local_calls_in_and_answers_in_their_protocol)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call_row(&rows[i]);
        cr_expect_eq(res.status, rows[i].status, "%s: %d %.*s", rows[i].name, res.status,
                     BYTES_ARG(res.body));
        cr_expect(has(res.body, rows[i].answer), "%s: %.*s", rows[i].name, BYTES_ARG(res.body));
        const struct bytes *id = http_response_header(&res, "x-amzn-requestid");
        cr_assert_not_null(id);
        cr_expect(bytes_eq(*id, BYTES_LIT("id-1")));
        cr_expect_not(res.is_out_of_memory);
    }
}

Test(door, errors_of_json_and_cbor_say_the_old_code_in_a_field)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, "an error of json") != 0 &&
            strcmp(rows[i].name, "an error of cbor") != 0)
            continue;
        call_row(&rows[i]);
        const struct bytes *code = http_response_header(&res, "x-amzn-query-error");
        cr_assert_not_null(code, "%s", rows[i].name);
        cr_expect(bytes_eq(*code, BYTES_LIT("RuleNotFound;Sender")), "%s", rows[i].name);
    }
}
