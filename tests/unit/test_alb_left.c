#include <criterion/criterion.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/alb/alb.h"
#include "runtime/http2/h2.h"
#include "tests/support/by_hand_target.h"
#include "tests/support/client.h"
#include "tests/support/h2_client.h"
#include "tests/support/tls_files.h"

/*
 * Clients that leave while a target works on their request. The listener has a loop of its own
 * thread; the ip target is the test itself, and the function answers when the test has it so.
 */

enum { WAIT_S = 60, RECORDS_MAX = 8 };

#define FUNCTION "arn:aws:lambda:us-east-1:000000000000:function:f"

static struct loop loop;
static struct alb_model *model;
static struct alb_listener *listener;
static struct alb_group *group, *function_group;
static struct alb *alb;
static unsigned port;
static pthread_t loop_thread;
static int target_fd;
static bool has_target = true; /* from the start on; else it is expected */
static int64_t half_close_ms;
static struct tls_files files;
static struct tls_context *context;

/* Of each record: its status and what was counted, in the order in which they came. */
static struct seen {
    int status;
    bool is_own, has_call;
    size_t sent_bytes;
} records[RECORDS_MAX];
static size_t record_count, read_count;
static sem_t has_record, has_invocation;

static void on_record(void *unused, const struct alb_record *record)
{
    (void)unused;
    cr_assert_lt(record_count, (size_t)RECORDS_MAX);
    records[record_count++] = (struct seen){record->status, record->is_own, record->call != NULL,
                                            record->exchange->sent_bytes};
    (void)sem_post(&has_record);
}

static void wait_for(sem_t *what)
{
    struct timespec limit;
    (void)clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += WAIT_S;
    while (sem_timedwait(what, &limit) != 0)
        cr_assert_eq(errno, EINTR, "it does not come");
}

static void expect_record(int status)
{
    wait_for(&has_record);
    const struct seen *seen = &records[read_count++];
    cr_expect_eq(seen->status, status, "%d", seen->status);
    cr_expect_eq(seen->is_own, status == 460);
    cr_expect_eq(seen->sent_bytes == 0, status == 460);
}

/* --- the function --- */

/* Those that run; each answers once. */
static struct {
    alb_invoked_fn *fn;
    void *context;
} invoked[RECORDS_MAX];
static size_t invoked_count;
static struct loop_job answer_job;

static void invoke(void *home, struct bytes event, alb_invoked_fn *fn, void *of_it)
{
    (void)home;
    (void)event;
    cr_assert_lt(invoked_count, (size_t)RECORDS_MAX);
    invoked[invoked_count].fn = fn;
    invoked[invoked_count++].context = of_it;
    (void)sem_post(&has_invocation);
}

static void answer_all(void)
{
    while (invoked_count) {
        invoked_count--;
        invoked[invoked_count].fn(invoked[invoked_count].context, ALB_INVOKED_OK,
                                  BYTES_LIT("{\"statusCode\":200}"));
    }
}

static void answer_now(struct loop *on, struct loop_job *job)
{
    (void)on;
    (void)job;
    answer_all();
}

static bool find_function(void *unused, struct bytes arn, struct alb_function *function)
{
    (void)unused;
    (void)arn;
    *function = (struct alb_function){.invoke = invoke};
    return true;
}

/* --- the load balancer --- */

static void *run_loop(void *unused)
{
    (void)unused;
    cr_expect_eq(loop_run(&loop), RC_OK);
    return NULL;
}

static struct alb_group *make_group(const char *name, enum alb_target_type type)
{
    struct alb_group_options options = {.name = bytes_from_str(name), .type = type, .port = 80};
    struct alb_group *made;
    cr_assert_eq(alb_group_create(model, &options, &made, NULL), ALB_OK);
    return made;
}

static void register_target(void)
{
    struct alb_target *target;
    cr_assert_eq(alb_target_register(group, BYTES_LIT("127.0.0.1"), httpd_port(target_fd), NULL,
                                     &target, NULL),
                 ALB_OK);
    alb_target_set_state(target, ALB_HEALTHY, NULL, NULL);
}

static void add_targets(void)
{
    struct alb_target *function;
    cr_assert_eq(alb_target_register(function_group, BYTES_LIT(FUNCTION), 0, NULL, &function, NULL),
                 ALB_OK);
    target_fd = by_hand_target_open();
    if (has_target)
        register_target();
    else
        alb_group_expect(group, 1);
}

static void add_rule(unsigned priority, const char *path, struct alb_group *to)
{
    struct alb_condition condition = {.field = ALB_PATH_PATTERN, .value_count = 1};
    struct alb_action action = {.type = ALB_FORWARD, .forward = {.shares = {{to, 1}}, .count = 1}};
    (void)snprintf(condition.values[0].text, sizeof condition.values[0].text, "%s", path);
    cr_assert_eq(alb_rule_create(listener, priority, &condition, 1, &action, NULL, NULL), ALB_OK);
}

static void make_model(void)
{
    static const struct alb_model_options options = {
        .name = "x", .dns_name = "localhost", .find_function = find_function};
    const struct alb_action none = {.type = ALB_FIXED_RESPONSE, .fixed = {.status = 404}};
    model = alb_model_new(&options);
    cr_assert_not_null(model);
    group = make_group("group", ALB_TARGET_IP);
    function_group = make_group("function", ALB_TARGET_LAMBDA);
    cr_assert_eq(alb_listener_create(model, port, ALB_HTTP, &none, &listener, NULL), ALB_OK);
    add_rule(1, "/function", function_group);
    add_rule(2, "/target*", group);
    add_targets();
}

/* `tls` NULL: HTTP/1.1 alone. */
static void start(struct tls_context *tls)
{
    char error[256];
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(fd, 0, "%s", error);
    (void)signal(SIGPIPE, SIG_IGN);
    port = httpd_port(fd);
    make_model();
    cr_assert_eq(sem_init(&has_record, 0, 0), 0);
    cr_assert_eq(sem_init(&has_invocation, 0, 0), 0);
    cr_assert_eq(loop_init(&loop), RC_OK);
    struct alb_options door = {.loop = &loop,
                               .listen_fd = fd,
                               .listener = listener,
                               .tls = tls,
                               .second = tls ? &h2_protocol : NULL,
                               .half_close_ms = half_close_ms,
                               .on_record = on_record};
    alb = alb_new(&door);
    cr_assert_not_null(alb);
    cr_assert_eq(pthread_create(&loop_thread, NULL, run_loop, NULL), 0);
}

static void start_tls(void)
{
    char error[600] = "";
    tls_files_init(&files);
    context = tls_context_new(files.cert, files.key, error, sizeof error);
    cr_assert_not_null(context, "%s", error);
    start(context);
}

static void stop(void)
{
    loop_stop(&loop);
    (void)pthread_join(loop_thread, NULL);
    answer_all();
    alb_free(alb);
    alb_model_free(model);
    loop_release(&loop);
    (void)close(target_fd);
    (void)sem_destroy(&has_record);
    (void)sem_destroy(&has_invocation);
    if (context)
        tls_files_release(&files);
    tls_context_free(context);
}

/* --- requests --- */

static void ask(struct client *client, const char *path)
{
    char text[256];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    cr_assert(client_open(client, port));
    cr_assert(client_send(client, bytes_make(text, (size_t)n)));
}

static void ask_target(struct client *client, struct client *target)
{
    ask(client, "/target");
    by_hand_target_accept(target_fd, target, "/target");
}

static void client_reset(struct client *client)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(client);
}

static void expect_served(const char *path)
{
    struct client client, target;
    struct http1_response res;
    ask(&client, path);
    by_hand_target_accept(target_fd, &target, path);
    by_hand_target_answer(&target);
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 204);
    expect_record(204);
    client_close(&client);
    client_close(&target);
}

/* --- */

Test(alb_left, a_client_that_closes_has_its_request_cut_at_the_target)
{
    struct client client, target;
    start(NULL);
    ask_target(&client, &target);
    client_close(&client);
    cr_expect(client_is_closed(&target));
    expect_record(460);
    cr_expect(records[0].has_call);
    client_close(&target);
    expect_served("/target/next");
    stop();
}

Test(alb_left, so_has_one_that_resets_and_one_that_was_gone_when_its_request_was_read)
{
    struct client client, target;
    start(NULL);
    ask_target(&client, &target);
    client_reset(&client);
    cr_expect(client_is_closed(&target));
    expect_record(460);
    client_close(&target);
    for (int i = 0; i < 4; i++) { /* its end comes behind the request, or with it */
        ask(&client, "/function");
        client_close(&client);
        expect_record(460);
    }
    stop();
}

Test(alb_left, a_function_goes_on_and_its_answer_is_thrown_away)
{
    struct client client;
    start(NULL);
    ask(&client, "/function");
    wait_for(&has_invocation);
    client_close(&client);
    expect_record(460);
    answer_job.fn = answer_now;
    loop_post(&loop, &answer_job);
    expect_served("/target");
    stop();
}

static void add_target(struct loop *on, struct loop_job *job)
{
    (void)on;
    (void)job;
    register_target();
}

Test(alb_left, who_waits_for_a_target_may_leave_too)
{
    static struct loop_job add_job = {.fn = add_target};
    struct client clients[3], target;
    has_target = false;
    start(NULL);
    for (int i = 0; i < 3; i++)
        ask(&clients[i], i == 1 ? "/target/kept" : "/target/gone");
    client_close(&clients[0]);
    client_close(&clients[2]);
    expect_record(460);
    expect_record(460);
    loop_post(&loop, &add_job);
    by_hand_target_accept(target_fd, &target, "/target/kept");
    client_close(&clients[1]);
    expect_record(460);
    client_close(&target);
    expect_served("/target/next");
    stop();
}

Test(alb_left, one_of_many_requests_by_http2_is_taken_back_alone)
{
    struct client first, second, third;
    start_tls();
    struct h2_client *client = h2_client_open(port);
    size_t kept = h2_client_get(client, "/target/kept");
    h2_client_flush(client);
    by_hand_target_accept(target_fd, &first, "/target/kept");
    size_t taken_back = h2_client_get(client, "/target/back");
    h2_client_flush(client);
    by_hand_target_accept(target_fd, &second, "/target/back");
    h2_client_reset(client, taken_back);
    (void)h2_client_get(client, "/target/last");
    h2_client_flush(client);
    cr_expect(client_is_closed(&second));
    expect_record(460);
    by_hand_target_accept(target_fd, &third, "/target/last");
    by_hand_target_answer(&first);
    cr_expect_eq(h2_client_wait(client, kept)->status, 204);
    expect_record(204);
    h2_client_close(client); /* with one under way */
    cr_expect(client_is_closed(&third));
    expect_record(460);
    client_close(&first);
    client_close(&second);
    client_close(&third);
    stop();
}

Test(alb_left, one_that_ends_its_side_right_behind_its_request_waits_for_the_answer_or_resets)
{
    struct client client, target;
    struct http1_response res;
    half_close_ms = 1000 * 1000;
    start(NULL);
    ask_target(&client, &target);
    cr_assert_eq(shutdown(client.fd, SHUT_WR), 0);
    expect_served("/target/meanwhile"); /* by then its end has been seen */
    by_hand_target_answer(&target);
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 204);
    expect_record(204);
    cr_expect(client_is_closed(&client));
    client_close(&client);
    client_close(&target);
    ask_target(&client, &target);
    cr_assert_eq(shutdown(client.fd, SHUT_WR), 0);
    client_reset(&client);
    cr_expect(client_is_closed(&target));
    expect_record(460);
    client_close(&target);
    stop();
}
