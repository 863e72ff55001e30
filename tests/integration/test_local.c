#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "tests/support/client.h"
#include "tests/support/rig_program.h"

/* The whole rig as a user runs it: `duet local`, with the real homes behind it. */

static struct rig_program rig;

static void start(const char *weights)
{
    rig_program_start(&rig, weights);
}

static void stop(void)
{
    rig_program_stop(&rig);
}

/* One request on a connection of its own; the answer lives in `client`, which the caller closes. */
static void ask(struct client *client, unsigned to_port, struct bytes request,
                struct http1_response *res)
{
    cr_assert(client_open(client, to_port));
    cr_assert(client_send(client, request));
    enum rc rc = client_read(client, HTTP_GET, res);
    cr_assert_eq(rc, RC_OK, "%s", rc_name(rc));
}

static int status_of(struct bytes request)
{
    struct client client;
    struct http1_response res;
    ask(&client, rig.port, request, &res);
    client_close(&client);
    return res.status;
}

#define GET(path) BYTES_LIT("GET " path " HTTP/1.1\r\nHost: x\r\n\r\n")

/* Which home answers /stats now. */
static bool is_lambda(void)
{
    struct client client;
    struct http1_response res;
    ask(&client, rig.port, GET("/stats"), &res);
    cr_assert_eq(res.status, 200);
    bool found = memmem(res.body.ptr, res.body.len, "\"home\":\"lambda\"", 15) != NULL;
    client_close(&client);
    return found;
}

Test(local, both_homes_answer_with_the_same_bytes)
{
    int lambda = 0;
    start("lambda=50,fargate=50");
    for (int i = 0; i < 60; i++)
        lambda += is_lambda();
    cr_expect(lambda > 5 && lambda < 55, "%d of 60 were answered by lambda", lambda);
    for (int i = 0; i < 40; i++) {
        struct client client;
        struct http1_response res;
        ask(&client, rig.port, GET("/hello"), &res);
        cr_expect_eq(res.status, 200);
        cr_expect(bytes_eq(res.body, BYTES_LIT("Hello world")));
        cr_expect(bytes_eq(client_field(&res, "content-type"), BYTES_LIT("text/plain")));
        client_close(&client);
    }
    stop();
}

Test(local, weights_of_nothing_and_all_are_kept)
{
    start("lambda=7,fargate=0");
    for (int i = 0; i < 20; i++)
        cr_expect(is_lambda());
    stop();
    start("lambda=0,fargate=7");
    for (int i = 0; i < 20; i++)
        cr_expect_not(is_lambda());
    stop();
}

Test(local, an_upgrade_is_refused_where_a_function_would_get_it)
{
    start("lambda=1,fargate=0");
    cr_expect_eq(status_of(BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n"
                                     "Upgrade: websocket\r\n\r\n")),
                 400);
    cr_expect_not_null(program_wait_for(&rig.duet, "LambdaWebsocketNotSupported"));
    stop();
}

Test(local, a_trace_is_refused_for_either_home)
{
    for (int i = 0; i < 2; i++) {
        start(i ? "lambda=1,fargate=0" : "lambda=0,fargate=1");
        cr_expect_eq(status_of(BYTES_LIT("TRACE /hello HTTP/1.1\r\nHost: x\r\n\r\n")), 405);
        stop();
    }
}

Test(local, a_quiet_rig_says_nothing_of_requests_that_are_answered)
{
    static const char *const argv[] = {"duet",    "local",     "--port",   "0",
                                       "--quiet", "--store",   "memory",   "--control-port",
                                       "0",       "--weights", "lambda=1", NULL};
    program_start(&rig.duet, argv, NULL);
    rig.port = program_number(&rig.duet, "http://127.0.0.1:");
    for (int i = 0; i < 3; i++)
        cr_expect_eq(status_of(GET("/hello")), 200);
    (void)program_stop(&rig.duet);
    cr_expect_null(strstr(rig.duet.out.data, "/hello"), "%s", rig.duet.out.data);
    cr_expect_null(strstr(rig.duet.out.data, "RequestId"), "%s", rig.duet.out.data);
    cr_expect_not_null(strstr(rig.duet.out.data, "stopping"), "%s", rig.duet.out.data);
    program_release(&rig.duet);
}

Test(local, a_quiet_rig_tells_of_calls_that_fail)
{
    static const char *const argv[] = {
        "duet",    "local",  "--port",         "0", "--quiet",   "--bootstrap", "/bin/false",
        "--store", "memory", "--control-port", "0", "--weights", "lambda=1",    NULL};
    program_start(&rig.duet, argv, NULL);
    rig.port = program_number(&rig.duet, "http://127.0.0.1:");
    cr_expect_eq(status_of(GET("/hello")), 502);
    cr_expect_not_null(program_wait_for(&rig.duet, "Error Type: Runtime.ExitError"), "%s",
                       rig.duet.out.data);
    cr_expect_not_null(program_wait_for(&rig.duet, "REPORT RequestId"), "%s", rig.duet.out.data);
    (void)program_stop(&rig.duet);
    program_release(&rig.duet);
}

Test(local, both_homes_share_one_store)
{
    char request[256];
    start("lambda=50,fargate=50");
    for (int i = 0; i < 20; i++) {
        int n = snprintf(request, sizeof request,
                         "POST /candidate/c%d HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n"
                         "{\"party\":\"p\"}",
                         i);
        cr_expect_eq(status_of(bytes_make(request, (size_t)n)), 201);
        cr_expect_eq(status_of(bytes_make(request, (size_t)n)), 409);
    }
    for (int i = 0; i < 10; i++)
        cr_expect_eq(status_of(GET("/candidate/c3")), 200);
    cr_expect_eq(status_of(GET("/candidate/none")), 404);
    stop();
}

#define POST BYTES_LIT("POST /candidate/ada HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")

/* A POST may not be sent twice, so it must not be given to a process that is dying. */
static void kill_and_ask(const char *weights, const char *name)
{
    start(weights);
    cr_expect_eq(status_of(GET("/hello")), 200);
    for (int round = 0; round < 10; round++) {
        pid_t ids[8];
        size_t count = rig_program_children(&rig, name, ids, 8);
        cr_assert_geq(count, 1u, "no %s runs: %s", name, rig.duet.out.data);
        for (size_t i = 0; i < count; i++)
            cr_assert_eq(kill(ids[i], SIGKILL), 0);
        int wanted = round % 2 ? 400 : 200; /* the body lacks its party */
        for (int i = 0; i < 10; i++) {
            int status = status_of(round % 2 ? POST : GET("/hello"));
            cr_expect_eq(status, wanted, "round %d, request %d: %d: %s", round, i, status,
                         status == wanted ? "" : rig.duet.out.data);
        }
    }
    stop();
}

Test(local, killing_the_server_loses_no_later_request)
{
    kill_and_ask("lambda=0,fargate=1", "server");
}

Test(local, killing_the_sandbox_loses_no_later_request)
{
    kill_and_ask("lambda=1,fargate=0", "bootstrap");
}

Test(local, a_killed_rig_leaves_no_process_behind)
{
    pid_t children[64];
    start("lambda=1,fargate=1");
    while (rig_program_children(&rig, "bootstrap", children, 64) == 0)
        cr_assert_eq(status_of(GET("/hello")), 200);
    size_t count = program_children(rig.duet.id, children, 64);
    cr_assert_geq(count, 2u);
    (void)kill(rig.duet.id, SIGKILL);
    (void)program_wait(&rig.duet);
    int64_t end_ms = clock_ms_monotonic() + 60000;
    for (size_t i = 0; i < count; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/proc/%d/exe", (int)children[i]);
        while (access(path, F_OK) == 0 && clock_ms_monotonic() < end_ms)
            (void)usleep(1000);
        cr_expect_neq(access(path, F_OK), 0, "process %d is left behind", (int)children[i]);
    }
    program_release(&rig.duet);
    tempdir_release(&rig.folder);
}

/* Else a connection of anybody may take it before the server does. */
Test(local, a_port_is_the_task_s_own_from_its_start)
{
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_init(&rig.folder);
    tempdir_write(tempdir_join(&rig.folder, "", "mute", path),
                  "#!/bin/sh\necho \"my port: $PORT\"\nexec sleep 1000\n");
    cr_assert_eq(chmod(path, 0700), 0);
    const char *argv[] = {"duet",           "local", "--port",  "0",      "--server", path,
                          "--control-port", "0",     "--store", "memory", NULL};
    program_start(&rig.duet, argv, NULL);
    unsigned port = program_number(&rig.duet, "my port: ");
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_expect_eq(bind(fd, (struct sockaddr *)&at, sizeof at), -1);
    cr_expect_eq(errno, EADDRINUSE);
    (void)close(fd);
    stop();
}

/* Shells give 1024, which 150 sandboxes have used up. */
Test(local, raises_the_limit_of_descriptors_for_itself_and_its_homes)
{
    struct rlimit limit;
    pid_t server;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 200;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    start("lambda=0,fargate=1");
    cr_assert_eq(rig_program_children(&rig, "server", &server, 1), 1u);
    const pid_t ids[] = {rig.duet.id, server};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(prlimit(ids[i], RLIMIT_NOFILE, NULL, &limit), 0);
        cr_expect_gt(limit.rlim_cur, 200u);
    }
    stop();
}

Test(local, the_control_port_tells_what_runs_and_only_to_local_names)
{
    struct client client;
    struct http1_response res;
    char request[128];
    start("lambda=90,fargate=10");
    int n = snprintf(request, sizeof request, "GET /state HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
                     rig.control_port);
    ask(&client, rig.control_port, bytes_make(request, (size_t)n), &res);
    cr_expect_eq(res.status, 200);
    cr_expect_not_null(memmem(res.body.ptr, res.body.len, "\"weight\":90", 11), "%.*s",
                       BYTES_ARG(res.body));
    client_close(&client);
    ask(&client, rig.control_port, BYTES_LIT("GET /state HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        &res);
    cr_expect_eq(res.status, 403);
    client_close(&client);
    ask(&client, rig.control_port,
        BYTES_LIT("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nAction=No"),
        &res);
    cr_expect_eq(res.status, 403);
    cr_expect_not_null(memmem(res.body.ptr, res.body.len, "MissingAuthenticationToken", 26));
    client_close(&client);
    stop();
}

struct bad_row {
    const char *name;
    const char *argv[8];
    int status;
    const char *wanted;
};

static const struct bad_row bad_rows[] = {
    {"unknown flag", {"duet", "local", "--prot", "1"}, 2, "prot"},
    {"word", {"duet", "local", "now"}, 2, "'now' is no option"},
    {"port", {"duet", "local", "--port", "x"}, 2, "'port' is x"},
    {"weights", {"duet", "local", "--weights", "lambda=1000"}, 2, "'weights.lambda' is 1000"},
    {"file", {"duet", "local", "--config", "/nowhere.json"}, 2, "cannot read '/nowhere.json'"},
    {"program",
     {"duet", "local", "--port", "0", "--control-port", "0", "--server", "/nowhere"},
     1,
     "/nowhere"},
    {"no program",
     {"duet", "local", "--port", "0", "--control-port", "0", "--server", "README.md"},
     1,
     "cannot run './README.md': Permission denied"},
};

Test(local, says_what_is_wrong_and_ends)
{
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        const struct bad_row *row = &bad_rows[i];
        const char *argv[12] = {NULL};
        static const char *const env[] = {NULL};
        memcpy(argv, row->argv, sizeof row->argv);
        program_start(&rig.duet, argv, env);
        int status = program_wait(&rig.duet);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == row->status, "%s: status %d: %s",
                  row->name, status, rig.duet.out.data);
        cr_expect_not_null(rig.duet.out.data && strstr(rig.duet.out.data, row->wanted), "%s: %s",
                           row->name, rig.duet.out.data);
        program_release(&rig.duet);
    }
}

static void expect_failure(const char *const *argv, const char *wanted)
{
    program_start(&rig.duet, argv, NULL);
    int status = program_wait(&rig.duet);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %d", status);
    cr_expect_not_null(rig.duet.out.data && strstr(rig.duet.out.data, wanted), "no '%s' in: %s",
                       wanted, rig.duet.out.data);
    program_release(&rig.duet);
}

Test(local, a_taken_port_a_bad_address_and_an_unwritable_database_are_named)
{
    char taken[16], wanted[64];
    start("lambda=1,fargate=1");
    struct program first = rig.duet;
    (void)snprintf(taken, sizeof taken, "%u", rig.port);
    (void)snprintf(wanted, sizeof wanted, "127.0.0.1:%u", rig.port);
    const char *same_port[] = {"duet",   "local",          "--port", taken, "--store",
                               "memory", "--control-port", "0",      NULL};
    expect_failure(same_port, wanted);
    (void)snprintf(taken, sizeof taken, "%u", rig.control_port);
    (void)snprintf(wanted, sizeof wanted, "127.0.0.1:%u", rig.control_port);
    const char *same_control[] = {"duet", "local",   "--port", "0", "--control-port",
                                  taken,  "--store", "memory", NULL};
    expect_failure(same_control, wanted);
    const char *no_file[] = {
        "duet", "local", "--port", "0", "--control-port", "0", "--store", "sqlite:/proc/duet.db",
        NULL};
    expect_failure(no_file, "/proc/duet.db");
    const char *no_address[] = {"duet",           "local", "--bind",  "here",   "--port", "0",
                                "--control-port", "0",     "--store", "memory", NULL};
    expect_failure(no_address, "'here:0': not an IPv4 address");
    rig.duet = first;
    stop();
}
