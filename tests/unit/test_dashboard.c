#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/control/control_port.h"
#include "runtime/control/parameter.h"
#include "runtime/core/limits.h"
#include "runtime/dashboard/dashboard.h"
#include "tests/support/client.h"
#include "tests/support/elb_call.h"

/* The dashboard on a control port, as browsers see it: real connections on loopback. */

static struct loop loop;
static struct control_port *control;
static struct dashboard *dashboard;
static struct alb_metrics *metrics;
static struct series_store store;
static struct parameters parameters; /* empty, where a test does not fill it */
static pthread_t thread;
static unsigned port;

static void *run(void *unused)
{
    (void)unused;
    cr_assert_eq(loop_run(&loop), RC_OK);
    return NULL;
}

static bool take(void *context, struct httpd_exchange *exchange)
{
    return dashboard_take(context, exchange);
}

static void done(void *context, struct httpd_exchange *exchange)
{
    dashboard_done(context, exchange);
}

static void list_sandboxes(void *context, dashboard_sandbox_fn *each, void *each_context)
{
    struct dashboard_sandbox sandbox = {.name = "app:3",
                                        .group = "a",
                                        .state = "frozen",
                                        .number = 1,
                                        .process_id = 7,
                                        .age_ms = 60000,
                                        .init_us = 4500,
                                        .call_count = 3,
                                        .peak_memory_mb = 12};
    (void)context;
    each(each_context, &sandbox);
    sandbox.number = 2;
    sandbox.process_id = 8;
    sandbox.init_us = 0;
    each(each_context, &sandbox);
    sandbox.number = 3;
    sandbox.init_us = 9000;
    each(each_context, &sandbox);
}

static void start(bool has_controls)
{
    char error[256];
    struct dashboard_options options = {.loop = &loop,
                                        .model = elb_case.model,
                                        .metrics = metrics,
                                        .store = &store,
                                        .source = {.sandboxes = list_sandboxes},
                                        .has_controls = has_controls};
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(fd, 0, "%s", error);
    port = httpd_port(fd);
    dashboard = dashboard_new(&options);
    cr_assert_not_null(dashboard);
    dashboard_set_parameters(dashboard, &parameters);
    dashboard_event(dashboard, "test", "the rig \"%s\"", "begins");
    struct control_port_options control_options = {
        .loop = &loop, .listen_fd = fd, .model = elb_case.model, .pages = {take, done, dashboard}};
    control = control_port_new(&control_options);
    cr_assert_not_null(control);
    cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void init(void)
{
    elb_case_init();
    cr_assert_eq(loop_init(&loop), RC_OK);
    metrics = alb_metrics_new(&store, alb_arn_tail(elb_case.model->arn), BYTES_LIT("z"));
    cr_assert_not_null(metrics);
}

static void release(void)
{
    loop_stop(&loop);
    (void)pthread_join(thread, NULL);
    control_port_free(control);
    dashboard_free(dashboard);
    alb_metrics_free(metrics);
    series_store_release(&store);
    parameters_release(&parameters);
    loop_release(&loop);
    elb_case_release();
}

TestSuite(dashboard, .init = init, .fini = release);

/* Sends a request and gives the status; `wanted` must be part of the answer. */
static int ask(const char *request, const char *wanted)
{
    struct client client;
    struct http1_response res;
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, bytes_from_str(request)));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect(memmem(client.in.data, client.in.len, wanted, strlen(wanted)) != NULL, "%.*s",
              (int)client.in.len, client.in.data);
    int status = res.status;
    client_close(&client);
    return status;
}

/* A listener's connection, and what it has read. */
struct listener {
    struct client client;
    char text[256 * 1024];
    size_t len;
};

static struct listener listener;

/* Reads until `wanted` is among what came after the first `from` bytes; gives where it is. */
static size_t read_until(struct listener *to, size_t from, const char *wanted)
{
    for (;;) {
        const char *found = strstr(to->text + from, wanted);
        if (found)
            return (size_t)(found - to->text);
        ssize_t n = recv(to->client.fd, to->text + to->len, sizeof to->text - 1 - to->len, 0);
        cr_assert_gt(n, 0, "'%s' did not come: %s", wanted, to->text + from);
        to->len += (size_t)n;
        to->text[to->len] = '\0';
    }
}

static void listen_to_events(struct listener *to)
{
    to->len = 0;
    to->text[0] = '\0';
    cr_assert(client_open(&to->client, port));
    cr_assert(
        client_send(&to->client, BYTES_LIT("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")));
}

#define LOCAL "Host: localhost\r\n"

Test(dashboard, sends_the_page_to_local_names_alone)
{
    start(false);
    cr_expect_eq(ask("GET / HTTP/1.1\r\n" LOCAL "\r\n", "<title>Duet</title>"), 200);
    cr_expect_eq(ask("GET / HTTP/1.1\r\n" LOCAL "\r\n", "default-src 'none'; script-src 'self'"),
                 200);
    cr_expect_eq(ask("GET /dashboard/chart.js HTTP/1.1\r\n" LOCAL "\r\n", "Chart.js"), 200);
    cr_expect_eq(ask("GET /dashboard/nothing HTTP/1.1\r\n" LOCAL "\r\n", "not-found"), 404);
    cr_expect_eq(ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "AccessDenied"), 403);
    cr_expect_eq(ask("GET /events?X-Amz-Signature=0 HTTP/1.1\r\n" LOCAL "\r\n", "MissingAuth"),
                 403);
    cr_expect_eq(ask("GET /events HTTP/1.1\r\nHost: evil.example\r\n\r\n", "AccessDenied"), 403);
    cr_expect_eq(
        ask("GET /events HTTP/1.1\r\n" LOCAL "Origin: http://evil.example\r\n\r\n", "AccessDenied"),
        403);
}

Test(dashboard, tells_all_that_is_known_and_then_what_is_new)
{
    start(false);
    listen_to_events(&listener);
    size_t first = read_until(&listener, 0, "data: {");
    size_t end = read_until(&listener, first, "\n\n");
    read_until(&listener, 0, "text/event-stream");
    read_until(&listener, first, "\"token\":null}");
    read_until(&listener, first, "\"production\":true,\"shares\":[[\"a\",50],[\"b\",50]]}");
    read_until(&listener, first,
               "\"sandboxes\":[[7,\"a\",\"frozen\",60000,4.500,3,12,\"app:3\"],[8,");
    read_until(&listener, first, "\"tasks\":[]");
    read_until(&listener, first, "\"test\",\"the rig \\\"begins\\\"\"]");
    size_t second = read_until(&listener, end, "data: {\"now\":");
    read_until(&listener, second, "\n\n");
    cr_expect_null(strstr(listener.text + second, "\"rig\":{"));
    cr_expect_null(strstr(listener.text + second, "begins"));
    read_until(&listener, second, "\"points\":[{\"t\":");
    read_until(&listener, 0, "app:3: 2 sandboxes more, their inits took 4.5 to 9.0 ms");
    read_until(&listener, second, "\"points\":[{\"t\":");
    cr_expect_null(strstr(listener.text, "3 sandboxes more"));
    client_close(&listener.client);
}

/* Each is told at once, so all of them are there; those that leave make room. */
Test(dashboard, so_many_may_listen_and_one_more_when_one_has_left)
{
    static struct client clients[LIMIT_DASHBOARD_CLIENTS];
    char first;
    start(false);
    for (size_t i = 0; i < LIMIT_DASHBOARD_CLIENTS; i++) {
        cr_assert(client_open(&clients[i], port));
        cr_assert(
            client_send(&clients[i], BYTES_LIT("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")));
        cr_assert_eq(recv(clients[i].fd, &first, 1, 0), 1);
    }
    cr_expect_eq(ask("GET /events HTTP/1.1\r\n" LOCAL "\r\n", "too-many-listeners"), 503);
    client_close(&clients[0]);
    char status[16] = "";
    for (int i = 0; i < 3000 && !strstr(status, " 200"); i++) {
        cr_assert(client_open(&clients[0], port));
        cr_assert(
            client_send(&clients[0], BYTES_LIT("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")));
        cr_assert_eq(recv(clients[0].fd, status, sizeof status - 1, MSG_WAITALL),
                     (ssize_t)sizeof status - 1);
        if (!strstr(status, " 200")) {
            client_close(&clients[0]);
            (void)usleep(10000);
        }
    }
    cr_expect_not_null(strstr(status, " 200"), "%s", status);
    for (size_t i = 0; i < LIMIT_DASHBOARD_CLIENTS; i++)
        client_close(&clients[i]);
}

/* --- controls --- */

static char token[64];

/* By the stream, as the page does. */
static void learn_token(void)
{
    listen_to_events(&listener);
    size_t at = read_until(&listener, 0, "\"token\":\"") + strlen("\"token\":\"");
    (void)read_until(&listener, at, "\"");
    (void)snprintf(token, sizeof token, "%.32s", listener.text + at);
    client_close(&listener.client);
}

#define OWN_TOKEN "X-Duet-Token: $TOKEN\r\n"
#define OWN_ORIGIN "Origin: http://127.0.0.1:$PORT\r\n"
#define OWN_HOST "Host: 127.0.0.1:$PORT\r\n"
#define TYPE "Content-Type: application/json\r\n"
#define WEIGHTS "{\"rule\":\"$RULE\",\"weights\":{\"a\":10,\"b\":990}}"

/* Writes `text` with $TOKEN, $PORT and $RULE as they are. */
static void expand(struct buf *out, const char *text)
{
    while (*text) {
        if (strncmp(text, "$TOKEN", 6) == 0)
            buf_printf(out, "%s", token);
        else if (strncmp(text, "$PORT", 5) == 0)
            buf_printf(out, "%u", port);
        else if (strncmp(text, "$RULE", 5) == 0)
            buf_printf(out, "%s", elb_case.listener->rules->arn);
        else {
            buf_append_char(out, *text++);
            continue;
        }
        text += 1 + strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    }
}

static int post(const char *fields, const char *body, const char *wanted)
{
    struct buf text, whole;
    buf_init(&text, 1 << 16);
    buf_init(&whole, 1 << 16);
    expand(&text, body);
    expand(&whole, "POST /dashboard/weights HTTP/1.1\r\n");
    expand(&whole, fields);
    buf_printf(&whole, "Content-Length: %zu\r\n\r\n", text.len);
    buf_append(&whole, buf_bytes(&text));
    buf_append_char(&whole, '\0');
    cr_assert_not(whole.failed || text.failed);
    int status = ask(whole.data, wanted);
    buf_release(&text);
    buf_release(&whole);
    return status;
}

struct call_row {
    const char *name, *fields, *body;
    int status;
    const char *wanted;
};

static const struct call_row calls[] = {
    {"a form of another page",
     OWN_HOST "Origin: http://evil.example\r\n"
              "Content-Type: text/plain\r\n",
     WEIGHTS, 403, "AccessDenied"},
    {"a name that was made to point here", "Host: evil.example\r\n" OWN_TOKEN TYPE OWN_ORIGIN,
     WEIGHTS, 403, "AccessDenied"},
    {"a page of another port of this machine",
     OWN_HOST OWN_TOKEN TYPE "Origin: http://127.0.0.1:1\r\n", WEIGHTS, 403, "not-the-page"},
    {"another name of this machine", OWN_HOST OWN_TOKEN TYPE "Origin: http://localhost:$PORT\r\n",
     WEIGHTS, 403, "not-the-page"},
    {"no Origin", OWN_HOST OWN_TOKEN TYPE, WEIGHTS, 403, "not-the-page"},
    {"no Origin but null", OWN_HOST OWN_TOKEN TYPE "Origin: null\r\n", WEIGHTS, 403, ""},
    {"no token", OWN_HOST TYPE OWN_ORIGIN, WEIGHTS, 403, "not-the-page"},
    {"a wrong token", OWN_HOST OWN_ORIGIN TYPE "X-Duet-Token: 00000000000000000000000000000000\r\n",
     WEIGHTS, 403, "not-the-page"},
    {"a fetch of another site", OWN_HOST OWN_TOKEN TYPE OWN_ORIGIN "Sec-Fetch-Site: cross-site\r\n",
     WEIGHTS, 403, "not-the-page"},
    {"a type that a form may send", OWN_HOST OWN_TOKEN OWN_ORIGIN "Content-Type: text/plain\r\n",
     WEIGHTS, 403, "not-the-page"},
    {"no JSON", OWN_HOST OWN_TOKEN TYPE OWN_ORIGIN, "{", 400, "no JSON object"},
    {"no rule", OWN_HOST OWN_TOKEN TYPE OWN_ORIGIN, "{\"weights\":{\"a\":1}}", 400, "'rule'"},
    {"no weights", OWN_HOST OWN_TOKEN TYPE OWN_ORIGIN, "{\"rule\":\"$RULE\"}", 400, "'weights'"},
    {"a weight over the limit", OWN_HOST OWN_TOKEN TYPE OWN_ORIGIN,
     "{\"rule\":\"$RULE\",\"weights\":{\"a\":1,\"b\":1000}}", 400, "0 to 999"},
    {"a group that the rule does not have", OWN_HOST OWN_TOKEN TYPE OWN_ORIGIN,
     "{\"rule\":\"$RULE\",\"weights\":{\"a\":1,\"c\":1}}", 400, "does not forward"},
};

Test(dashboard, no_other_page_can_set_weights_and_a_bad_call_changes_nothing)
{
    start(true);
    learn_token();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int status = post(calls[i].fields, calls[i].body, calls[i].wanted);
        cr_expect_eq(status, calls[i].status, "%s: %d", calls[i].name, status);
    }
    cr_expect_eq(ask("GET /dashboard/weights HTTP/1.1\r\n" LOCAL "\r\n", "Allow: POST"), 405);
    cr_expect_eq(ask("GET /state HTTP/1.1\r\n" LOCAL "\r\n",
                     "{\"name\":\"a\",\"weight\":50},{\"name\":\"b\",\"weight\":50}"),
                 200);
}

Test(dashboard, its_own_page_sets_weights)
{
    start(true);
    learn_token();
    cr_expect_eq(
        post(OWN_HOST OWN_TOKEN TYPE OWN_ORIGIN "Sec-Fetch-Site: same-origin\r\n", WEIGHTS, "204"),
        204);
    cr_expect_eq(ask("GET /state HTTP/1.1\r\n" LOCAL "\r\n",
                     "{\"name\":\"a\",\"weight\":10},{\"name\":\"b\",\"weight\":990}"),
                 200);
    listen_to_events(&listener);
    read_until(&listener, 0, "rule default, weight of a: 50 -> 10");
    client_close(&listener.client);
}

Test(dashboard, without_controls_nobody_sets_weights)
{
    start(false);
    cr_expect_eq(post(OWN_HOST TYPE OWN_ORIGIN, WEIGHTS, "MissingAuthenticationToken"), 403);
}

Test(dashboard, shows_what_a_guard_did_and_why)
{
    const struct parameter *made;
    const struct parameter_put put = {
        .name = BYTES_LIT("/duet/guard/history/000000000000100"),
        .value = BYTES_LIT("{\"act\":\"move\",\"why\":\"fargate fails: no answer\"}"),
        .now_ms = 1};
    cr_assert_eq(parameters_put(&parameters, &put, &made), RC_OK);
    start(false);
    listen_to_events(&listener);
    read_until(&listener, 0, ",100,\"guard\",\"move: fargate fails: no answer\"]");
    client_close(&listener.client);
}
