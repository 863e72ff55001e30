#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>

#include "runtime/alb/alb.h"
#include "tests/support/client.h"

/* Cookies on their way through a listener, with two targets in two groups, all on one thread. */

static struct loop loop;
static struct httpd *servers[2];
static struct alb_model *model;
static struct alb_group *groups[2];
static struct alb_listener *listener;
static struct alb *alb;
static unsigned port, target_ports[2];
static struct client client;
static struct http1_response res;
static char cookies[4096], group_name[64], reason[64];
static unsigned asked_port;
static bool sets_cookie; /* the targets set one of their own */

static void on_request(struct httpd_exchange *exchange)
{
    http_response_borrow(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"),
                         BYTES_LIT("hello"));
    if (sets_cookie)
        http_response_add(&exchange->res, &exchange->arena, BYTES_LIT("Set-Cookie"),
                          BYTES_LIT("session=1; Path=/"));
    httpd_respond(exchange);
}

static void on_record(void *context, const struct alb_record *record)
{
    (void)context;
    (void)snprintf(group_name, sizeof group_name, "%s", record->group->name);
    (void)snprintf(reason, sizeof reason, "%s", record->reason ? record->reason : "");
    asked_port = ntohs(record->call->tries[0].address.sin_port);
}

static int listen_somewhere(unsigned *its_port)
{
    char error[256];
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(fd, 0, "%s", error);
    *its_port = httpd_port(fd);
    return fd;
}

static void add_target(struct alb_group *group, unsigned target_port)
{
    struct alb_target *target;
    cr_assert_eq(
        alb_target_register(group, BYTES_LIT("127.0.0.1"), target_port, NULL, &target, NULL),
        ALB_OK);
    alb_target_set_state(target, ALB_HEALTHY, NULL, NULL);
}

static void setup(void)
{
    struct alb_model_options options = {.name = "test", .dns_name = "localhost", .seed = 1};
    cr_assert_eq(loop_init(&loop), RC_OK);
    model = alb_model_new(&options);
    cr_assert_not_null(model);
    for (size_t i = 0; i < 2; i++) {
        struct alb_group_options made = {.name = i ? BYTES_LIT("b") : BYTES_LIT("a"), .port = 80};
        struct httpd_options http = {.loop = &loop,
                                     .listen_fd = listen_somewhere(&target_ports[i]),
                                     .on_request = on_request,
                                     .idle_timeout_s = 60,
                                     .read_timeout_s = 60};
        servers[i] = httpd_new(&http);
        cr_assert_eq(alb_group_create(model, &made, &groups[i], NULL), ALB_OK);
    }
    struct alb_action action = {.type = ALB_FORWARD,
                                .forward = {.shares = {{groups[0], 1}, {groups[1], 0}},
                                            .count = 2,
                                            .is_sticky = true,
                                            .sticky_s = 60}};
    struct alb_options path = {
        .loop = &loop, .listen_fd = listen_somewhere(&port), .on_record = on_record};
    cr_assert_eq(alb_listener_create(model, port, ALB_HTTP, &action, &listener, NULL), ALB_OK);
    path.listener = listener;
    alb = alb_new(&path);
    cr_assert(alb && servers[0] && servers[1]);
    add_target(groups[0], target_ports[0]);
    add_target(groups[0], target_ports[1]);
    add_target(groups[1], target_ports[1]);
    cr_assert(client_open(&client, port));
}

static void teardown(void)
{
    client_close(&client);
    alb_free(alb);
    alb_model_free(model);
    httpd_free(servers[0]);
    httpd_free(servers[1]);
    loop_release(&loop);
}

TestSuite(alb_sticky, .init = setup, .fini = teardown);

/* Asks with the cookies that the last answer set, and keeps those of this one. */
static void ask(void)
{
    char request[8192];
    int n = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n",
                     cookies[0] ? cookies : "none=1");
    char byte;
    group_name[0] = '\0';
    cr_assert(client_send(&client, bytes_make(request, (size_t)n)));
    while (!group_name[0] || recv(client.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 1)
        cr_assert_eq(loop_step(&loop, 10), RC_OK);
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 200);
    size_t len = 0;
    cookies[0] = '\0';
    for (size_t i = 0; i < res.field_count; i++)
        if (bytes_ieq(res.fields[i].name, BYTES_LIT("set-cookie")))
            len += (size_t)snprintf(cookies + len, sizeof cookies - len, "%.*s; ",
                                    (int)bytes_find(res.fields[i].value, ';'),
                                    res.fields[i].value.ptr);
}

static void set_weights(unsigned a, unsigned b)
{
    struct alb_action action = alb_listener_default(listener)->action;
    action.forward.shares[0].weight = a;
    action.forward.shares[1].weight = b;
    cr_assert_eq(alb_listener_set_action(listener, &action, NULL), ALB_OK);
}

static void bind_targets(void)
{
    struct alb_pair_text pair = {BYTES_LIT("stickiness.enabled"), BYTES_LIT("true")};
    cr_assert_eq(alb_group_set_attributes(groups[0], &pair, 1, NULL), ALB_OK);
}

Test(alb_sticky, a_client_stays_with_its_group_when_the_weights_move)
{
    ask();
    cr_expect_str_eq(group_name, "a");
    cr_expect_not_null(strstr(cookies, "AWSALBTG="));
    cr_expect_not_null(strstr(cookies, "AWSALBTGCORS="));
    cr_expect_null(strstr(cookies, "AWSALB="));
    set_weights(0, 1);
    for (int i = 0; i < 3; i++) {
        ask();
        cr_expect_str_eq(group_name, "a");
    }
    cookies[0] = '\0';
    ask();
    cr_expect_str_eq(group_name, "b");
}

Test(alb_sticky, a_cookie_that_is_not_ours_is_told_and_replaced)
{
    (void)snprintf(cookies, sizeof cookies, "AWSALBTG=forged");
    ask();
    cr_expect_str_eq(reason, "AWSALBTGCookieInvalid");
    ask();
    cr_expect_str_eq(reason, "");
}

Test(alb_sticky, a_client_stays_with_its_target_until_that_is_sick)
{
    bind_targets();
    ask();
    unsigned first = asked_port;
    cr_expect_not_null(strstr(cookies, "AWSALB="));
    cr_expect_not_null(strstr(cookies, "AWSALBCORS="));
    for (int i = 0; i < 5; i++) {
        ask();
        cr_expect_eq(asked_port, first, "request %d", i);
    }
    struct alb_target *target = alb_target_find(groups[0], BYTES_LIT("127.0.0.1"), first);
    alb_target_set_state(target, ALB_UNHEALTHY, "Target.Timeout", NULL);
    ask();
    unsigned second = asked_port;
    cr_expect_neq(second, first);
    alb_target_set_state(target, ALB_HEALTHY, NULL, NULL);
    for (int i = 0; i < 5; i++) {
        ask();
        cr_expect_eq(asked_port, second, "request %d", i);
    }
}

Test(alb_sticky, without_cookies_targets_take_turns)
{
    unsigned counts[2] = {0, 0};
    bind_targets();
    for (int i = 0; i < 6; i++) {
        cookies[0] = '\0';
        ask();
        counts[asked_port == target_ports[1]]++;
    }
    cr_expect_eq(counts[0], 3);
    cr_expect_eq(counts[1], 3);
}

/* An action with one group, which is bound by the application's cookie. */
static void bind_by_app(size_t group_count)
{
    struct alb_pair_text pairs[] = {
        {BYTES_LIT("stickiness.enabled"), BYTES_LIT("true")},
        {BYTES_LIT("stickiness.type"), BYTES_LIT("app_cookie")},
        {BYTES_LIT("stickiness.app_cookie.cookie_name"), BYTES_LIT("session")}};
    struct alb_action action = alb_listener_default(listener)->action;
    action.forward.is_sticky = false;
    action.forward.count = group_count;
    cr_assert_eq(alb_listener_set_action(listener, &action, NULL), ALB_OK);
    cr_assert_eq(alb_group_set_attributes(groups[0], pairs, 3, NULL), ALB_OK);
}

Test(alb_sticky, a_client_stays_with_the_target_that_has_set_its_own_cookie)
{
    bind_by_app(1);
    ask();
    cr_expect_null(strstr(cookies, "AWSALBAPP"), "the target has set none");
    sets_cookie = true;
    ask();
    unsigned first = asked_port;
    cr_expect_not_null(strstr(cookies, "session=1; AWSALBAPP-0="));
    for (int i = 0; i < 5; i++) {
        ask();
        cr_expect_eq(asked_port, first, "request %d", i);
    }
    bind_by_app(2);
    ask();
    cr_expect_null(strstr(cookies, "AWSALBAPP"), "several groups cannot be bound by it");
}
