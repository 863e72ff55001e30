#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "runtime/alb/alb_page.h"
#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "runtime/functions/function_home.h"
#include "runtime/tool/invoke_args.h"
#include "runtime/tool/tool.h"

/*
 * One loop, one function, one call. After the result the loop goes on until the runtime asks for
 * its next event, because an invocation, and its log, is over only then.
 */

enum { ERROR_MAX = 1024 };

struct call {
    struct buf payload;
    enum function_outcome outcome;
    bool is_done;
};

static void on_done(void *context, const struct function_result *result)
{
    struct call *call = context;
    buf_append(&call->payload, result->payload);
    call->outcome = result->outcome;
    call->is_done = true;
}

static void on_line(void *context, struct bytes line)
{
    (void)context;
    (void)fprintf(stderr, "%.*s\n", BYTES_ARG(line));
}

static bool is_over(const struct call *call, const struct function *function)
{
    size_t total, busy;
    function_count(function, &total, &busy);
    return call->is_done && busy == 0;
}

/* false: the function cannot be started, or the system failed; `error` says why. */
static bool run_function(const struct invoke_args *args, struct bytes event, struct call *call,
                         char *error)
{
    struct loop loop;
    struct function_options options = {.loop = &loop,
                                       .name = "duet-invoke",
                                       .program = args->bootstrap,
                                       .env = args->env,
                                       .timeout_ms = args->timeout_s * 1000,
                                       .concurrency = 1,
                                       .on_line = on_line};
    bool is_well = true;
    if (loop_init(&loop) != RC_OK) {
        (void)snprintf(error, ERROR_MAX, "cannot make an event loop");
        return false;
    }
    struct function *function = function_new(&options, error, ERROR_MAX);
    if (function)
        function_invoke(function, event, on_done, call);
    while (function && is_well && !is_over(call, function))
        is_well = loop_step(&loop, -1) == RC_OK;
    function_free(function);
    loop_release(&loop);
    return function != NULL;
}

/* --- output --- */

static int print(struct bytes text)
{
    if ((text.len == 0 || fwrite(text.ptr, 1, text.len, stdout) == text.len) && fflush(stdout) == 0)
        return 0;
    perror("duet invoke: cannot write to stdout");
    return 1;
}

static int print_payload(const struct call *call)
{
    int status = print(buf_bytes(&call->payload));
    if (status == 0 && isatty(STDOUT_FILENO))
        status = print(BYTES_LIT("\n")); /* so that the prompt has its own line */
    return status || call->outcome != FUNCTION_OK;
}

static int print_response(const struct http_response *res, enum http_method method)
{
    char date[HTTP1_DATE_LEN + 1];
    struct http1_response_options how = {.method = method, .keep_alive = true};
    struct buf out;
    http1_date((int64_t)time(NULL), date);
    if (!http_response_header(res, "date"))
        how.date = bytes_from_str(date);
    buf_init(&out, 2 * LIMIT_INVOCATION_BYTES);
    http1_encode_response(&out, res, &how);
    int status = out.failed ? 1 : print(buf_bytes(&out));
    buf_release(&out);
    return status;
}

/* The page that the client gets, and the reason on stderr. */
static int print_refusal(const struct event_made *made, struct arena *arena,
                         enum alb_lambda_reason reason, const char *detail)
{
    struct http_response res;
    (void)fprintf(stderr, "duet invoke: the load balancer answers %d (%s)%s%s\n",
                  alb_lambda_reason_status(reason), alb_lambda_reason_name(reason),
                  detail ? ": " : "", detail ? detail : "");
    alb_page_set(&res, arena, alb_lambda_reason_status(reason));
    (void)print_response(&res, made->method);
    return 1;
}

static int print_apigw(const struct call *call, const struct event_made *made, struct arena *arena)
{
    struct http_response res;
    const char *detail = NULL;
    if (call->outcome == FUNCTION_OK && apigw_answer_parse(buf_bytes(&call->payload), made->apigw,
                                                           arena, &res, &detail) == ALB_LAMBDA_OK)
        return print_response(&res, made->method);
    if (detail)
        (void)fprintf(stderr, "duet invoke: the answer is refused: %s\n", detail);
    else
        (void)fprintf(stderr, "%.*s\n", BYTES_ARG(buf_bytes(&call->payload)));
    apigw_page_set(&res, arena, made->apigw);
    (void)print_response(&res, made->method);
    return 1;
}

static int print_http(const struct call *call, const struct event_made *made, struct arena *arena)
{
    struct http_response res;
    const char *detail = NULL;
    enum alb_lambda_reason reason = alb_lambda_outcome(function_home_outcome(call->outcome));
    if (reason != ALB_LAMBDA_OK)
        (void)fprintf(stderr, "%.*s\n", BYTES_ARG(buf_bytes(&call->payload)));
    else
        reason =
            alb_answer_parse(buf_bytes(&call->payload), made->is_multi_value, arena, &res, &detail);
    if (reason != ALB_LAMBDA_OK)
        return print_refusal(made, arena, reason, detail);
    if (!http_response_header(&res, "server"))
        http_response_add(&res, arena, BYTES_LIT("Server"), BYTES_LIT("awselb/2.0"));
    return print_response(&res, made->method);
}

/* --- the command --- */

static int invoke(const struct invoke_args *args, const struct event_made *made, char *error)
{
    struct call call = {.is_done = false};
    int status = 2;
    buf_init(&call.payload, LIMIT_INVOCATION_BYTES);
    if (!run_function(args, made->json, &call, error))
        (void)fprintf(stderr, "duet invoke: %s\n", error);
    else if (!call.is_done)
        status = 1;
    else if (args->is_http)
        status = made->is_apigw ? print_apigw(&call, made, args->event.arena)
                                : print_http(&call, made, args->event.arena);
    else
        status = print_payload(&call);
    buf_release(&call.payload);
    return status;
}

static int run(struct invoke_args *args, int argc, char **argv, struct buf *event)
{
    char error[ERROR_MAX] = "";
    struct event_made made;
    enum alb_lambda_reason reason;
    enum invoke_verdict verdict = invoke_args_take(args, argc, argv, error, sizeof error);
    if (verdict == INVOKE_SHOW_HELP) {
        (void)fputs(invoke_usage, stdout);
        return 0;
    }
    if (verdict == INVOKE_BAD_USAGE ||
        !event_args_make(&args->event, event, &made, &reason, error, sizeof error)) {
        (void)fprintf(stderr, "duet invoke: %s\n", error);
        return 2;
    }
    if (reason == ALB_LAMBDA_OK)
        return invoke(args, &made, error);
    if (args->is_http)
        return print_refusal(&made, args->event.arena, reason, NULL);
    (void)fprintf(stderr, "duet invoke: the load balancer answers %d (%s)\n",
                  alb_lambda_reason_status(reason), alb_lambda_reason_name(reason));
    return 1;
}

int tool_invoke(int argc, char **argv)
{
    struct invoke_args args;
    struct arena arena;
    struct buf event;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&event, LIMIT_INVOCATION_BYTES + 1);
    invoke_args_init(&args, &arena);
    int status = run(&args, argc, argv, &event);
    buf_release(&event);
    arena_release(&arena);
    return status;
}
