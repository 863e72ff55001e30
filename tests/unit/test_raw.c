#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "runtime/core/lambda_context.h"
#include "tests/support/invoke_rig.h"

/* Events that carry no HTTP request, through the whole Lambda home. */

static const struct route routes[] = {ROUTES_END};

#define SCHEDULE "{\"source\":\"aws.events\",\"detail-type\":\"Scheduled Event\",\"detail\":{}}"
#define EVENT(json)                                                       \
    {                                                                     \
        .text = (json), .status = 200,                                    \
        .fields = FAKE_ID("id-1") "Lambda-Runtime-Trace-Id: Root=1-a\r\n" \
    }
#define TAKEN                                        \
    {                                                \
        .text = "{\"status\":\"OK\"}", .status = 202 \
    }

static struct invoke_rig rig;

static enum rc run(app_raw_handler_fn *handler, const char *json)
{
    const struct app_definition definition = {
        .name = "t", .version = "1", .routes = routes, .raw_handler = handler};
    const struct fake_step steps[] = {EVENT(json), TAKEN};
    invoke_rig_init(&rig, &definition, NULL, steps, 2);
    enum rc rc = invoke_rig_run(&rig);
    (void)invoke_rig_request(&rig, 1);
    return rc;
}

static enum rc echo(const struct app_raw_event *event, struct bytes *answer)
{
    return arena_printf(event->arena, answer, "{\"id\":\"%.*s\",\"trace\":\"%.*s\",\"got\":%.*s}",
                        BYTES_ARG(event->lambda->request_id), BYTES_ARG(event->lambda->trace_id),
                        BYTES_ARG(event->json));
}

static enum rc give_back(const struct app_raw_event *event, struct bytes *answer)
{
    *answer = event->json;
    return RC_OK;
}

static enum rc stay_silent(const struct app_raw_event *event, struct bytes *answer)
{
    (void)event;
    (void)answer;
    return RC_OK;
}

static enum rc fail(const struct app_raw_event *event, struct bytes *answer)
{
    (void)event;
    *answer = BYTES_LIT("never sent");
    return RC_TIMEOUT;
}

static enum rc say_latin(const struct app_raw_event *event, struct bytes *answer)
{
    (void)event;
    *answer = BYTES_LIT("\"\xE9\"");
    return RC_OK;
}

static enum rc say_too_much(const struct app_raw_event *event, struct bytes *answer)
{
    char *text = arena_alloc(event->arena, LIMIT_INVOCATION_BYTES + 1);
    if (!text)
        return RC_NOMEM;
    memset(text, '1', LIMIT_INVOCATION_BYTES + 1);
    *answer = bytes_make(text, LIMIT_INVOCATION_BYTES + 1);
    return RC_OK;
}

struct row {
    const char *name;
    app_raw_handler_fn *handler;
    const char *event, *posted, *text;
};

static const struct row rows[] = {
    {"sees all of it", echo, SCHEDULE, "response",
     "{\"id\":\"id-1\",\"trace\":\"Root=1-a\",\"got\":" SCHEDULE "}"},
    {"may answer with the event", give_back, "[1, 2]", "response", "[1, 2]"},
    {"takes any JSON value", give_back, "\"a\\u0000b\"", "response", "\"a\\u0000b\""},
    {"no answer is null", stay_silent, SCHEDULE, "response", "null"},
    {"a failure is a function error", fail, SCHEDULE, "error",
     "{\"errorMessage\":\"the raw handler failed: timeout\",\"errorType\":"
     "\"Function.RawHandlerFailed\""},
    {"an answer that is not UTF-8 is one", say_latin, SCHEDULE, "error",
     "the raw handler failed: unsupported"},
    {"an answer that is too large is one", say_too_much, SCHEDULE, "error",
     "\"errorType\":\"Function.ResponseSizeTooLarge\""},
    {"what is no JSON is none of its", give_back, "{", "error",
     "the event is no HTTP event: it is no JSON at line 1"},
    {"a broken HTTP event is none of its", give_back,
     "{\"requestContext\":{\"elb\":{}},\"path\":\"/\"}", "error", "'httpMethod' is missing"},
    {"without a raw handler it is an error that says so", NULL, SCHEDULE, "error",
     "the event is no HTTP event: the 'requestContext' of a load balancer ('elb'), of API Gateway "
     "or of a function URL is missing, and the service has no raw handler"},
};

Test(raw, an_event_without_a_request_is_the_raw_handlers)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        cr_expect_eq(run(row->handler, row->event), RC_OK, "%s", row->name);
        const struct fake_request *req = fake_rapi_request(rig.fake, 1);
        cr_expect(invoke_rig_posted(&rig, 1, row->posted, row->text), "%s: %s %.*s", row->name,
                  req->target, BYTES_ARG(req->body));
        invoke_rig_release(&rig);
    }
}

static int64_t seen_left_ms;

static enum rc see_deadline(const struct app_raw_event *event, struct bytes *answer)
{
    (void)answer;
    seen_left_ms = event->deadline_ms - event->app->start_ms;
    return RC_OK;
}

/* A request has half a minute; an alarm's handler has all that the function has. */
Test(raw, its_deadline_is_the_functions)
{
    cr_expect_eq(run(see_deadline, SCHEDULE), RC_OK);
    cr_expect_geq(seen_left_ms, 15 * 60 * 1000);
    invoke_rig_release(&rig);
}
