#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "tests/support/aws_rig.h"

/* What one call sends and what it makes of the answer. When it tries again: test_aws_retry.c. */

TestSuite(aws_client, .init = aws_rig_init, .fini = aws_rig_release, .timeout = 60);

#define EXPECT_VIEW(view, text) \
    cr_expect(bytes_eq(view, bytes_from_str(text)), "'%.*s' instead of '%s'", BYTES_ARG(view), text)

Test(aws_client, signs_what_it_sends)
{
    char date[32];
    AWS_RIG_START({.text = "{\"a\":1}", .status = 200, .fields = "x-amzn-RequestId: R1\r\n"});
    cr_assert_eq(aws_rig_call(), RC_OK);
    EXPECT_VIEW(aws_rig.response.body, "{\"a\":1}");
    EXPECT_VIEW(aws_rig.response.request_id, "R1");
    cr_expect_eq(aws_rig.response.status, 200);
    cr_expect_eq(aws_rig.response.error.len, 0);
    cr_expect_str_eq(fake_rapi_request(aws_rig.fake, 0)->target, "POST /");
    cr_expect_str_eq(aws_rig_field(0, "Host"), fake_rapi_address(aws_rig.fake));
    cr_expect_str_eq(aws_rig_field(0, "X-Amz-Target"), "DynamoDB_20120810.Op");
    cr_expect_str_eq(aws_rig_field(0, "X-Amz-Security-Token"), "");
    EXPECT_VIEW(fake_rapi_request(aws_rig.fake, 0)->body, "{}");
    (void)snprintf(date, sizeof date, "%.8s", aws_rig_field(0, "X-Amz-Date"));
    const char *authorization = aws_rig_field(0, "Authorization");
    cr_expect_not_null(strstr(authorization, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    cr_expect_not_null(strstr(authorization, date));
    cr_expect_not_null(strstr(authorization, "/eu-west-1/dynamodb/aws4_request, SignedHeaders="
                                             "content-type;host;x-amz-date;x-amz-target, "));
}

Test(aws_client, keeps_its_connection)
{
    AWS_RIG_START(AWS_OK, AWS_ERROR(400, "ValidationException"), AWS_OK);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_eq(aws_rig_call(), RC_REFUSED);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_assert_eq(aws_rig_count(), 3);
    cr_expect_eq(fake_rapi_request(aws_rig.fake, 2)->connection, 1);
}

Test(aws_client, opens_another_connection_when_the_service_has_closed_it)
{
    AWS_RIG_START({.text = "{}", .status = 200, .end = FAKE_CLOSE}, AWS_OK);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_eq(aws_rig_count(), 2);
}

Test(aws_client, tells_what_the_service_refused)
{
    AWS_RIG_START(AWS_ERROR(400, "ConditionalCheckFailedException"));
    cr_expect_eq(aws_rig_call(), RC_REFUSED);
    EXPECT_VIEW(aws_rig.response.error, "ConditionalCheckFailedException");
    EXPECT_VIEW(aws_rig.response.message, "told so");
    cr_expect_eq(aws_rig.response.status, 400);
    cr_expect_eq(aws_rig_count(), 1);
}

Test(aws_client, tells_of_a_service_that_is_not_there)
{
    aws_env_set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    aws_rig.client = aws_env_client("dynamodb");
    cr_expect_eq(aws_rig_call(), RC_UNREACHABLE);
    cr_expect_eq(aws_rig.response.status, 0);
    cr_expect(bytes_starts_with(aws_rig.response.message, BYTES_LIT("http://127.0.0.1:1: ")));
}

Test(aws_client, tells_where_it_looked_for_credentials)
{
    AWS_RIG_START(AWS_OK);
    aws_env_set("AWS_ACCESS_KEY_ID", "");
    aws_env_set("AWS_SECRET_ACCESS_KEY", "");
    cr_expect_eq(aws_rig_call(), RC_REFUSED);
    EXPECT_VIEW(aws_rig.response.error, "NoCredentials");
    cr_expect_not_null(strstr(aws_rig.response.message.ptr, "AWS_ACCESS_KEY_ID"));
    cr_expect_eq(aws_rig_count(), 0);
}

Test(aws_client, refuses_a_field_that_would_be_two)
{
    static const struct aws_field fields[] = {{BYTES_INIT("X-A"), BYTES_INIT("1\r\nX-B: 2")}};
    AWS_RIG_START(AWS_OK);
    struct aws_request request = {
        .method = BYTES_LIT("GET"), .path = BYTES_LIT("/"), .fields = fields, .field_count = 1};
    cr_expect_eq(aws_call(aws_rig.client, &request, 0, &aws_rig.arena, &aws_rig.response),
                 RC_REFUSED);
    EXPECT_VIEW(aws_rig.response.error, "InvalidField");
    cr_expect_eq(aws_rig_count(), 0);
}

Test(aws_client, encodes_path_and_query)
{
    static const struct aws_field query[] = {{BYTES_INIT("b c"), BYTES_INIT("1&2")},
                                             {BYTES_INIT("a"), BYTES_INIT("\xc3\xa9/~")}};
    AWS_RIG_START(AWS_OK);
    struct aws_request request = {.method = BYTES_LIT("GET"),
                                  .path = BYTES_LIT("/2015-03-31/functions/a:b c"),
                                  .query = query,
                                  .query_count = 2};
    cr_expect_eq(aws_call(aws_rig.client, &request, 0, &aws_rig.arena, &aws_rig.response), RC_OK);
    cr_expect_str_eq(fake_rapi_request(aws_rig.fake, 0)->target,
                     "GET /2015-03-31/functions/a%3Ab%20c?b%20c=1%262&a=%C3%A9%2F~");
    cr_expect_str_eq(aws_rig_field(0, "Content-Type"), "");
}

Test(aws_client, refuses_an_answer_without_end)
{
    char *big = malloc(LIMIT_AWS_ANSWER_BYTES + 2);
    cr_assert_not_null(big);
    memset(big, 'x', LIMIT_AWS_ANSWER_BYTES + 1);
    big[LIMIT_AWS_ANSWER_BYTES + 1] = '\0';
    AWS_RIG_START({.text = big, .status = 200});
    cr_expect_eq(aws_rig_call(), RC_UNREACHABLE);
    cr_expect_not_null(strstr(aws_rig.response.message.ptr, "too large"));
    cr_expect_eq(aws_rig_count(), 1);
    aws_rig_release();
    free(big);
}

Test(aws_client, makes_nothing_of_garbage)
{
    AWS_RIG_START({.text = "SSH-2.0-x\r\n", .end = FAKE_CLOSE},
                  {.text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", .end = FAKE_CLOSE},
                  {.text = "\x16\x03\x01", .end = FAKE_CLOSE});
    cr_expect_eq(aws_rig_call(), RC_UNREACHABLE);
    cr_expect_eq(aws_rig_count(), LIMIT_AWS_ATTEMPTS);
}

/* Restarts the client with an endpoint of its own. */
static void point_to(const char *url)
{
    aws_client_free(aws_rig.client);
    aws_env_set("AWS_ENDPOINT_URL", url);
    aws_rig.client = aws_env_client("dynamodb");
}

Test(aws_client, asks_the_proxy_for_what_is_far_away_alone)
{
    char proxy[64];
    AWS_RIG_START({.text = "", .status = 403, .end = FAKE_CLOSE},
                  {.text = "", .status = 403, .end = FAKE_CLOSE},
                  {.text = "", .status = 403, .end = FAKE_CLOSE});
    (void)snprintf(proxy, sizeof proxy, "http://%s", fake_rapi_address(aws_rig.fake));
    aws_env_set("HTTPS_PROXY", proxy);
    point_to("https://far.invalid");
    cr_expect_eq(aws_rig_call(), RC_UNREACHABLE);
    cr_assert_geq(aws_rig_count(), 1);
    cr_expect_str_eq(fake_rapi_request(aws_rig.fake, 0)->target, "CONNECT far.invalid:443");
    cr_expect_str_eq(aws_rig_field(0, "Authorization"), "");
    size_t count = aws_rig_count();
    point_to("http://127.0.0.1:1");
    cr_expect_eq(aws_rig_call(), RC_UNREACHABLE);
    aws_env_set("NO_PROXY", "127.0.0.1");
    point_to("https://127.0.0.1:1");
    cr_expect_eq(aws_rig_call(), RC_UNREACHABLE);
    cr_expect_eq(aws_rig_count(), count);
}

enum { THREADS = 16, CALLS = 20 };

static enum fake_end answer_all(void *context, size_t index, const struct fake_request *req,
                                struct buf *out)
{
    (void)context;
    (void)index;
    fake_rapi_put(out, 200, NULL, req->body);
    return FAKE_KEEP;
}

struct caller {
    pthread_t thread;
    unsigned number, fine_count;
};

/* Each call gets its own answer back, and none of another thread's. */
static void *call_often(void *context)
{
    struct caller *caller = context;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (unsigned i = 0; i < CALLS; i++) {
        struct aws_request request = {.method = BYTES_LIT("POST"), .path = BYTES_LIT("/")};
        struct aws_response response;
        arena_reset(&arena);
        if (arena_printf(&arena, &request.body, "%u-%u", caller->number, i) != RC_OK ||
            aws_call(aws_rig.client, &request, 0, &arena, &response) != RC_OK)
            break;
        caller->fine_count += bytes_eq(response.body, request.body);
    }
    arena_release(&arena);
    return NULL;
}

Test(aws_client, serves_many_threads_on_connections_that_it_keeps)
{
    struct caller callers[THREADS];
    aws_rig.fake = fake_rapi_new(answer_all, NULL, true);
    fake_rapi_set_parallel(aws_rig.fake);
    fake_rapi_start(aws_rig.fake);
    aws_env_set_endpoint(fake_rapi_address(aws_rig.fake));
    aws_rig.client = aws_env_client("dynamodb");
    for (unsigned i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){.number = i};
        cr_assert_eq(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(callers[i].thread, NULL), 0);
        cr_expect_eq(callers[i].fine_count, CALLS);
    }
    cr_assert_eq(aws_rig_count(), THREADS * CALLS);
    for (size_t i = 0; i < THREADS * CALLS; i++)
        cr_expect_leq(fake_rapi_request(aws_rig.fake, i)->connection, THREADS);
}

Test(aws_client, names_what_is_wrong_with_its_settings)
{
    static const struct row {
        const char *name, *value, *error;
    } rows[] = {
        {"AWS_REGION", NULL, "no AWS region"},
        {"AWS_REGION", "evil.example/", "AWS_REGION is 'evil.example/'"},
        {"AWS_REGION", "-x", "AWS_REGION is '-x'"},
        {"AWS_ENDPOINT_URL", "ftp://x", "AWS_ENDPOINT_URL is 'ftp://x'"},
        {"AWS_ENDPOINT_URL", "http://", "AWS_ENDPOINT_URL is 'http://'"},
        {"AWS_ENDPOINT_URL", "http://a@b", "AWS_ENDPOINT_URL is 'http://a@b'"},
        {"AWS_ENDPOINT_URL_DYNAMODB", "x", "AWS_ENDPOINT_URL_DYNAMODB is 'x'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char error[256] = "";
        struct aws_client_options options = {"dynamodb", aws_env_lookup};
        aws_env_set_example();
        aws_env_set(rows[i].name, rows[i].value);
        cr_expect_null(aws_client_new(&options, error, sizeof error), "%s", rows[i].value);
        cr_expect(strncmp(error, rows[i].error, strlen(rows[i].error)) == 0, "%s", error);
    }
}

Test(aws_client, finds_its_endpoint)
{
    static const struct row {
        const char *service, *region, *name, *value, *endpoint;
    } rows[] = {
        {"dynamodb", "eu-west-1", "X", "", "https://dynamodb.eu-west-1.amazonaws.com"},
        {"ecs", "cn-north-1", "X", "", "https://ecs.cn-north-1.amazonaws.com.cn"},
        {"dynamodb", "x", "AWS_ENDPOINT_URL", "http://h:1/", "http://h:1"},
        {"dynamodb", "x", "AWS_ENDPOINT_URL_DYNAMODB", "http://h:1", "http://h:1"},
        {"elasticloadbalancing", "x", "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
         "https://h/base", "https://h/base"},
        {"monitoring", "x", "AWS_ENDPOINT_URL_CLOUDWATCH", "http://[::1]:9", "http://[::1]:9"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        aws_env_set_example();
        aws_env_set("AWS_REGION", rows[i].region);
        aws_env_set(rows[i].name, rows[i].value);
        struct aws_client *client = aws_env_client(rows[i].service);
        cr_expect_str_eq(aws_client_endpoint(client), rows[i].endpoint);
        aws_client_free(client);
    }
}

Test(aws_client, prefers_the_services_own_endpoint)
{
    aws_env_set("AWS_ENDPOINT_URL", "http://all");
    aws_env_set("AWS_ENDPOINT_URL_DYNAMODB", "http://one");
    aws_rig.client = aws_env_client("dynamodb");
    cr_expect_str_eq(aws_client_endpoint(aws_rig.client), "http://one");
    aws_client_free(aws_rig.client);
    aws_env_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    aws_rig.client = aws_env_client("dynamodb");
    cr_expect_str_eq(aws_client_endpoint(aws_rig.client),
                     "https://dynamodb.eu-west-1.amazonaws.com");
}
