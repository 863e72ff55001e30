#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/alb/check.h"
#include "runtime/core/clock.h"
#include "runtime/net/httpd.h"

static struct loop loop;
static struct alb_group group;
static struct alb_target target;
static int listener = -1, peer = -1;
static size_t result_count;
static struct health_result last;
static char seen[4096];
static size_t seen_len;

static void setup(void)
{
    char error[256];
    cr_assert_eq(loop_init(&loop), RC_OK);
    listener = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(listener, 0, "%s", error);
    group = (struct alb_group){
        .check = {.path = "/", .matcher = "200", .timeout_s = 120},
        .arn = "arn:aws:elasticloadbalancing:targetgroup/x/1",
    };
    target = (struct alb_target){.group = &group, .id = "127.0.0.1", .port = httpd_port(listener)};
    target.address.sin_family = AF_INET;
    target.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static void teardown(void)
{
    (void)close(listener);
    if (peer >= 0)
        (void)close(peer);
    loop_release(&loop);
}

TestSuite(check, .init = setup, .fini = teardown);

static void on_done(void *context, const struct health_result *result)
{
    (void)context;
    result_count++;
    last = *result;
}

/* Serves the check until it has sent a whole request, or has a result. */
static void take_request(void)
{
    while (!result_count && !(seen_len >= 4 && strcmp(seen + seen_len - 4, "\r\n\r\n") == 0)) {
        cr_assert_eq(loop_step(&loop, 1), RC_OK);
        if (peer < 0)
            peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        ssize_t n = peer < 0 ? 0 : read(peer, seen + seen_len, sizeof seen - 1 - seen_len);
        seen_len += n > 0 ? (size_t)n : 0;
    }
}

static void finish(void)
{
    while (!result_count)
        cr_assert_eq(loop_step(&loop, 1), RC_OK);
    cr_expect_eq(result_count, 1);
}

static void answer(const char *text)
{
    cr_assert_eq(send(peer, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    finish();
}

static void start(void)
{
    cr_assert_not_null(check_start(&loop, &target, on_done, NULL));
    take_request();
}

Test(check, an_ip_target_is_asked_as_aws_asks_on_a_connection_of_its_own)
{
    char wanted[512], byte;
    (void)snprintf(wanted, sizeof wanted,
                   "GET /gtg?a=b HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n"
                   "User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n",
                   target.port);
    (void)snprintf(group.check.path, sizeof group.check.path, "/gtg?a=b");
    start();
    cr_expect_str_eq(seen, wanted);
    answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    cr_expect(last.is_pass);
    while (recv(peer, &byte, 1, 0) < 0) /* the end, which the kernel may bring late */
        cr_assert_eq(errno, EAGAIN);
}

Test(check, another_code_fails_and_is_told)
{
    start();
    answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    cr_expect_not(last.is_pass);
    cr_expect_eq(last.reason, HEALTH_CODE_MISMATCH);
    cr_expect_eq(last.code, 503);
}

Test(check, the_matcher_says_which_codes_pass)
{
    (void)snprintf(group.check.matcher, sizeof group.check.matcher, "200,404");
    start();
    answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    cr_expect(last.is_pass);
}

Test(check, garbage_and_half_an_answer_fail)
{
    start();
    answer("SSH-2.0-OpenSSH\r\n\r\n");
    cr_expect_eq(last.reason, HEALTH_FAILED_CHECKS);
    (void)close(peer);
    peer = -1;
    result_count = seen_len = 0;
    memset(seen, 0, sizeof seen);
    start();
    cr_assert_eq(send(peer, "HTTP/1.1 200 OK\r\nContent-Le", 27, MSG_NOSIGNAL), 27);
    cr_assert_eq(shutdown(peer, SHUT_WR), 0);
    finish();
    cr_expect_eq(last.reason, HEALTH_FAILED_CHECKS);
}

Test(check, a_refused_connection_fails)
{
    (void)close(listener);
    listener = -1;
    cr_assert_not_null(check_start(&loop, &target, on_done, NULL));
    cr_expect_eq(result_count, 0, "never inside check_start");
    finish();
    cr_expect_eq(last.reason, HEALTH_FAILED_CHECKS);
}

Test(check, silence_is_a_timeout)
{
    group.check.timeout_s = 0; /* over at once */
    cr_assert_not_null(check_start(&loop, &target, on_done, NULL));
    finish();
    cr_expect_eq(last.reason, HEALTH_TIMEOUT);
}

Test(check, a_cancelled_check_has_no_result)
{
    struct check *check = check_start(&loop, &target, on_done, NULL);
    cr_assert_not_null(check);
    take_request();
    check_cancel(check);
    check_cancel(NULL);
    cr_assert_eq(loop_step(&loop, 0), RC_OK);
    cr_expect_eq(result_count, 0);
}

/* --- functions --- */

static char event[2048];
static alb_invoked_fn *late_fn;
static void *late_context;
static const char *payload = "{\"statusCode\":200}";
static enum alb_invoked outcome = ALB_INVOKED_OK;
static bool is_late;

static void invoke(void *home, struct bytes text, alb_invoked_fn *on_invoked, void *context)
{
    (void)home;
    (void)snprintf(event, sizeof event, "%.*s", BYTES_ARG(text));
    late_fn = on_invoked;
    late_context = context;
    if (!is_late)
        on_invoked(context, outcome, bytes_from_str(payload));
}

static void make_lambda(bool is_multi_value)
{
    group.type = ALB_TARGET_LAMBDA;
    group.attributes.is_multi_value = is_multi_value;
    (void)snprintf(group.check.path, sizeof group.check.path, "/gtg");
    target.function = (struct alb_function){.invoke = invoke};
}

static void run_lambda(void)
{
    result_count = 0;
    cr_assert_not_null(check_start(&loop, &target, on_done, NULL));
    cr_expect_eq(result_count, 0, "never inside check_start");
    finish();
}

Test(check, a_function_gets_the_health_check_event)
{
    make_lambda(false);
    run_lambda();
    cr_expect(last.is_pass);
    cr_expect_str_eq(event,
                     "{\"requestContext\":{\"elb\":{\"targetGroupArn\":"
                     "\"arn:aws:elasticloadbalancing:targetgroup/x/1\"}},\"httpMethod\":\"GET\","
                     "\"path\":\"/gtg\",\"queryStringParameters\":{},"
                     "\"headers\":{\"user-agent\":\"ELB-HealthChecker/2.0\"},"
                     "\"body\":\"\",\"isBase64Encoded\":false}");
    make_lambda(true);
    run_lambda();
    cr_expect(last.is_pass);
    cr_expect_not_null(strstr(event, "\"multiValueHeaders\":{\"user-agent\":[\"ELB-HealthChecker"
                                     "/2.0\"]}"));
}

Test(check, a_function_that_fails_fails_the_check)
{
    make_lambda(false);
    payload = "{\"statusCode\":503}";
    run_lambda();
    cr_expect_eq(last.reason, HEALTH_CODE_MISMATCH);
    cr_expect_eq(last.code, 503);
    payload = "\"no object\"";
    run_lambda();
    cr_expect_eq(last.reason, HEALTH_FAILED_CHECKS);
    outcome = ALB_INVOKED_ERROR;
    run_lambda();
    cr_expect_eq(last.reason, HEALTH_FAILED_CHECKS);
}

Test(check, a_functions_answer_may_come_late_or_when_nobody_waits)
{
    make_lambda(false);
    is_late = true;
    cr_assert_not_null(check_start(&loop, &target, on_done, NULL));
    late_fn(late_context, ALB_INVOKED_OK, bytes_from_str(payload));
    finish();
    cr_expect(last.is_pass);
    struct check *check = check_start(&loop, &target, on_done, NULL);
    check_cancel(check);
    late_fn(late_context, ALB_INVOKED_OK, bytes_from_str(payload));
    group.check.timeout_s = 0;
    result_count = 0;
    cr_assert_not_null(check_start(&loop, &target, on_done, NULL));
    finish();
    cr_expect_eq(last.reason, HEALTH_TIMEOUT);
    late_fn(late_context, ALB_INVOKED_OK, bytes_from_str(payload));
    cr_expect_eq(result_count, 1);
}
