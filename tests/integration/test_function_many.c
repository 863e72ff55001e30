#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/function_rig.h"

/* Ten thousand mixed events through the local Runtime API and the real bootstrap: each call gets
 * its own answer, once. */

static struct function_rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_release(&rig);
}

TestSuite(function_many, .init = setup, .fini = teardown);

enum { CALLS = 10000, AT_ONCE = 4, TEXT_MAX = 512 };

#define ALB "{\"requestContext\":{\"elb\":{\"targetGroupArn\":\"arn\"}},"

struct kind {
    const char *event; /* with one %zu for the number of the call, twice at most */
    enum function_outcome outcome;
    const char *wanted; /* in the payload, with one %zu at most */
};

static const struct kind kinds[] = {
    {ALB "\"httpMethod\":\"GET\",\"path\":\"/hello\",\"headers\":{\"x-call\":\"%zu\"}}",
     FUNCTION_OK, "Hello world"},
    {ALB "\"httpMethod\":\"POST\",\"path\":\"/candidate/c%zu\",\"multiValueHeaders\":"
         "{\"content-type\":[\"application/json\"]},\"body\":\"{\\\"party\\\":\\\"p\\\"}\"}",
     FUNCTION_OK, "\"statusCode\":201"},
    {ALB "\"httpMethod\":\"POST\",\"path\":\"/candidate/b%zu\",\"headers\":"
         "{\"content-type\":\"application/json\"},\"body\":\"eyJwYXJ0eSI6InAifQ==\","
         "\"isBase64Encoded\":true}",
     FUNCTION_OK, "\"statusCode\":201"},
    {ALB "\"httpMethod\":\"GET\",\"path\":\"/nowhere/%zu\",\"multiValueHeaders\":{}}", FUNCTION_OK,
     "/nowhere/%zu"},
    {ALB "\"httpMethod\":\"DELETE\",\"path\":\"/hello\",\"headers\":{\"x\":\"%zu\"}}", FUNCTION_OK,
     "\"statusCode\":405"},
    {ALB
     "\"httpMethod\":\"GET\",\"path\":\"/gtg\",\"queryStringParameters\":{\"details\":\"%zu\"}}",
     FUNCTION_OK, "\"statusCode\":200"},
    {"{\"version\":\"2.0\",\"call\":%zu}", FUNCTION_ERROR, "Runtime.InvalidEvent"},
    {"no JSON, %zu", FUNCTION_ERROR, "it is no JSON at line 1"},
    {ALB "\"httpMethod\":\"POST\",\"path\":\"/hello\",\"body\":\"%zu!\",\"isBase64Encoded\":true}",
     FUNCTION_ERROR, "base64"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

struct many {
    size_t started, done, wrong, kind_counts[KINDS];
    char first_wrong[TEXT_MAX];
};

struct call {
    struct many *many;
    size_t number;
};

static void start_next(struct many *many);

/* The formats are the table's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void fill(char text[TEXT_MAX], const char *format, size_t number)
{
    (void)snprintf(text, TEXT_MAX, format, number);
}
#pragma GCC diagnostic pop

static void on_result(void *context, const struct function_result *result)
{
    struct call *call = context;
    struct many *many = call->many;
    const struct kind *kind = &kinds[call->number % KINDS];
    char wanted[TEXT_MAX];
    fill(wanted, kind->wanted, call->number);
    if (result->outcome != kind->outcome ||
        !memmem(result->payload.ptr, result->payload.len, wanted, strlen(wanted))) {
        if (many->wrong++ == 0)
            (void)snprintf(many->first_wrong, TEXT_MAX, "%zu: %.*s", call->number,
                           BYTES_ARG(result->payload));
    }
    many->kind_counts[call->number % KINDS]++;
    many->done++;
    free(call);
    start_next(many);
}

static void start_next(struct many *many)
{
    char event[TEXT_MAX];
    if (many->started == CALLS)
        return;
    struct call *call = malloc(sizeof *call);
    cr_assert_not_null(call);
    *call = (struct call){many, many->started++};
    fill(event, kinds[call->number % KINDS].event, call->number);
    function_invoke(rig.function, bytes_from_str(event), on_result, call);
}

Test(function_many, ten_thousand_mixed_events_have_each_their_answer)
{
    static struct many many;
    const char *build = getenv("DUET_BUILD");
    const char *env[] = {"DUET_STORE=memory", "AWS_LAMBDA_LOG_LEVEL=FATAL", NULL};
    (void)snprintf(rig.program, sizeof rig.program, "%s/bootstrap", build ? build : "build");
    rig.options.env = env;
    rig.options.on_line = NULL;
    rig_start(&rig, NULL);
    for (int i = 0; i < AT_ONCE; i++)
        start_next(&many);
    while (many.done < CALLS)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
    cr_expect_eq(many.wrong, 0u, "%zu wrong, the first %s", many.wrong, many.first_wrong);
    for (size_t i = 0; i < KINDS; i++)
        cr_expect_geq(many.kind_counts[i], (size_t)CALLS / KINDS);
    cr_expect_leq(rig_sandboxes(&rig), (size_t)AT_ONCE);
}
