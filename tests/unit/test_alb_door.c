#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/alb/alb.h"
#include "tests/support/client.h"

/*
 * A listener on a loop of its own thread, and targets that say what a row tells them. The model is
 * made before that thread begins, and freed after its end.
 */

enum { HEAD_BYTES = 40 * 1024 };

static struct loop loop;
static struct alb_model *model;
static struct alb_listener *listener;
static struct alb_group *group, *empty;
static struct alb *alb;
static unsigned port;
static pthread_t loop_thread, target_thread;
static int target_fd;
static struct bytes answer; /* of the target; ptr NULL: it says nothing and keeps the connection */
static struct alb_record last;
static char last_action[32];

static void on_record(void *context, const struct alb_record *record)
{
    (void)context;
    last = *record;
    (void)snprintf(last_action, sizeof last_action, "%s", record->action ? record->action : "");
}

static void *run_loop(void *argument)
{
    (void)argument;
    cr_expect_eq(loop_run(&loop), RC_OK);
    return NULL;
}

/* One connection after the other, until the socket is shut down. */
static void *run_target(void *argument)
{
    char bytes[4096];
    int fd;
    (void)argument;
    while ((fd = accept(target_fd, NULL, NULL)) >= 0) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n > 0 && answer.len)
            n = send(fd, answer.ptr, answer.len, MSG_NOSIGNAL);
        while (n > 0 && !answer.ptr)
            n = recv(fd, bytes, sizeof bytes, 0);
        (void)close(fd);
    }
    return NULL;
}

/* Of the target: its failures make it one that is starting. */
static struct alb_target_owner owner;

static void doubt(void *context)
{
    alb_target_set_state(context, ALB_INITIAL, NULL, NULL);
}

static void add_target(void)
{
    struct alb_target *target;
    char error[256];
    target_fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(target_fd, 0, "%s", error);
    int flags = fcntl(target_fd, F_GETFL);
    cr_assert_eq(fcntl(target_fd, F_SETFL, flags & ~O_NONBLOCK), 0);
    cr_assert_eq(alb_target_register(group, BYTES_LIT("127.0.0.1"), httpd_port(target_fd), NULL,
                                     &target, NULL),
                 ALB_OK);
    alb_target_set_state(target, ALB_HEALTHY, NULL, NULL);
    target->owner = owner;
    target->owner.context = target;
    cr_assert_eq(pthread_create(&target_thread, NULL, run_target, NULL), 0);
}

static void add_rule(unsigned priority, const char *path, const struct alb_action *action)
{
    struct alb_condition condition = {.field = ALB_PATH_PATTERN, .value_count = 1};
    (void)snprintf(condition.values[0].text, sizeof condition.values[0].text, "%s", path);
    cr_assert_eq(alb_rule_create(listener, priority, &condition, 1, action, NULL, NULL), ALB_OK);
}

static struct alb_group *make_group(const char *name)
{
    struct alb_group_options options = {.name = bytes_from_str(name), .port = 80};
    struct alb_group *made;
    cr_assert_eq(alb_group_create(model, &options, &made, NULL), ALB_OK);
    return made;
}

static void make_rules(void)
{
    struct alb_action redirect = {.type = ALB_REDIRECT,
                                  .redirect = {.protocol = "HTTPS",
                                               .host = "#{host}",
                                               .port = "443",
                                               .path = "/#{path}",
                                               .query = "#{query}",
                                               .status = 301}};
    struct alb_action to_group = {.type = ALB_FORWARD,
                                  .forward = {.shares = {{group, 1}}, .count = 1}},
                      to_empty = {.type = ALB_FORWARD,
                                  .forward = {.shares = {{empty, 1}, {group, 0}}, .count = 2}};
    add_rule(1, "/group*", &to_group);
    add_rule(2, "/empty", &to_empty);
    add_rule(3, "/redirect", &redirect);
}

static void start(const char *idle_timeout)
{
    static const struct alb_model_options options = {.name = "x", .dns_name = "localhost"};
    const struct alb_action none = {.type = ALB_FIXED_RESPONSE,
                                    .fixed = {.status = 404, .body = "nothing here\n"}};
    struct alb_pair_text pair = {BYTES_LIT("idle_timeout.timeout_seconds"),
                                 bytes_from_str(idle_timeout)};
    char error[256];
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(fd, 0, "%s", error);
    port = httpd_port(fd);
    model = alb_model_new(&options);
    cr_assert_not_null(model);
    cr_assert_eq(alb_model_set_attributes(model, &pair, 1, NULL), ALB_OK);
    group = make_group("group");
    empty = make_group("empty");
    cr_assert_eq(alb_listener_create(model, port, ALB_HTTP, &none, &listener, NULL), ALB_OK);
    make_rules();
    add_target();
    cr_assert_eq(loop_init(&loop), RC_OK);
    struct alb_options door = {
        .loop = &loop, .listen_fd = fd, .listener = listener, .on_record = on_record};
    alb = alb_new(&door);
    cr_assert_not_null(alb);
    cr_assert_eq(pthread_create(&loop_thread, NULL, run_loop, NULL), 0);
}

static void stop(void)
{
    loop_stop(&loop);
    (void)pthread_join(loop_thread, NULL);
    (void)shutdown(target_fd, SHUT_RDWR);
    (void)pthread_join(target_thread, NULL);
    (void)close(target_fd);
    alb_free(alb);
    alb_model_free(model);
    loop_release(&loop);
}

/* The status; `body` and `location` are copied. */
static int ask(struct bytes request, char *text, size_t text_len)
{
    struct client client;
    struct http1_response res = {0};
    cr_assert(client_ask(&client, port, request));
    enum rc rc = client_read(&client, HTTP_GET, &res);
    cr_expect_eq(rc, RC_OK, "%s", rc_name(rc));
    struct bytes shown = client_field(&res, "location");
    if (!shown.len)
        shown = res.body;
    (void)snprintf(text, text_len, "%.*s", BYTES_ARG(shown));
    client_close(&client);
    return res.status;
}

#define GET_TEXT(path) "GET " path " HTTP/1.1\r\nHost: Me.example:81\r\n\r\n"
#define GET(path) BYTES_LIT(GET_TEXT(path))

static const struct {
    const char *name;
    struct bytes answer;
    int wanted;
} answers[] = {
    {"a good one", BYTES_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), 200},
    {"one that ends with the connection", BYTES_INIT("HTTP/1.0 200 OK\r\n\r\nhi"), 200},
    {"half a body", BYTES_INIT("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), 502},
    {"half a head", BYTES_INIT("HTTP/1.1 200 OK\r\nConte"), 502},
    {"garbage", BYTES_INIT("\x16\x03\x01 garbage\r\n\r\n"), 502},
    {"a broken chunk", BYTES_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
     502},
    {"a protocol that nobody asked for",
     BYTES_INIT("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
     502},
    {"nothing", BYTES_INIT(""), 502},
};

/* After each of them the next is answered, so the load balancer lives. */
Test(alb_door, what_a_target_may_say)
{
    char text[256];
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        answer = answers[i].answer;
        start("60");
        cr_expect_eq(ask(GET("/group"), text, sizeof text), answers[i].wanted, "%s",
                     answers[i].name);
        cr_expect_eq(ask(GET("/none"), text, sizeof text), 404);
        stop();
    }
}

Test(alb_door, a_head_that_is_too_large_is_no_answer)
{
    static char large[HEAD_BYTES];
    char text[256];
    int n = snprintf(large, sizeof large, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (int i = 0; i < 12; i++)
        n += snprintf(large + n, sizeof large - (size_t)n, "X-%d: %03000d\r\n", i, 0);
    n += snprintf(large + n, sizeof large - (size_t)n, "\r\n");
    answer = bytes_make(large, (size_t)n);
    start("60");
    cr_expect_eq(ask(GET("/group"), text, sizeof text), 502);
    stop();
}

Test(alb_door, a_target_that_is_silent_is_given_up_after_the_idle_timeout)
{
    char text[256];
    answer = (struct bytes){NULL, 0};
    start("1");
    cr_expect_eq(ask(GET("/group"), text, sizeof text), 504);
    stop();
}

/* What of the body would come while no target has the request would be lost. */
Test(alb_door, a_request_whose_body_is_on_its_way_has_one_try)
{
    char text[256];
    answer = BYTES_LIT("");
    owner.on_failed = doubt;
    start("60");
    cr_expect_eq(
        ask(BYTES_LIT("PUT /group HTTP/1.1\r\nHost: Me.example:81\r\nContent-Length: 4\r\n\r\n"),
            text, sizeof text),
        502);
    stop();
}

static const struct {
    const char *name;
    struct bytes request;
    int wanted;
    const char *text, *action;
    int priority;
} rows[] = {
    {"a group keeps its share when it is empty", BYTES_INIT(GET_TEXT("/empty")), 503, NULL,
     "forward", 2},
    {"a redirect", BYTES_INIT(GET_TEXT("/redirect?a=b")), 301,
     "https://Me.example:443/redirect?a=b", "redirect", 3},
    {"no rule", BYTES_INIT(GET_TEXT("/none")), 404, "nothing here\n", "fixed-response", 0},
    {"a trace", BYTES_INIT("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n"), 405, NULL, "", ALB_NO_RULE},
    {"30 forwarders",
     BYTES_INIT("GET /none HTTP/1.1\r\nHost: x\r\n"
                "X-Forwarded-For: 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20\r\n"
                "X-Forwarded-For: 1,2,3,4,5,6,7,8,9,10\r\n\r\n"),
     404, NULL, "fixed-response", 0},
    {"31 forwarders",
     BYTES_INIT("GET /none HTTP/1.1\r\nHost: x\r\n"
                "X-Forwarded-For: 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20\r\n"
                "X-Forwarded-For: 1,2,3,4,5,6,7,8,9,10,11\r\n\r\n"),
     463, NULL, "", ALB_NO_RULE},
};

Test(alb_door, what_the_load_balancer_answers_by_itself)
{
    char text[256];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start("60");
        cr_expect_eq(ask(rows[i].request, text, sizeof text), rows[i].wanted, "%s", rows[i].name);
        if (rows[i].text)
            cr_expect_str_eq(text, rows[i].text);
        stop();
        cr_expect(last.is_own, "%s", rows[i].name);
        cr_expect_eq(last.rule_priority, rows[i].priority, "%s", rows[i].name);
        cr_expect_str_eq(last_action, rows[i].action);
    }
}

/* No task of the rig's: AWS does not try a second time either. */
Test(alb_door, a_target_that_refuses_is_502)
{
    char text[256];
    start("60");
    loop_stop(&loop);
    (void)pthread_join(loop_thread, NULL);
    (void)shutdown(target_fd, SHUT_RDWR);
    loop.is_stopping = false;
    cr_assert_eq(pthread_create(&loop_thread, NULL, run_loop, NULL), 0);
    cr_expect_eq(ask(GET("/group"), text, sizeof text), 502);
    stop();
}
