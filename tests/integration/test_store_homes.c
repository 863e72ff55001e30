#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/program.h"
#include "tests/support/store_client.h"
#include "tests/support/store_file.h"

/* The real programs on one SQLite file: killed, beside each other, and on a disk that refuses. */

TestSuite(store_homes, .init = store_file_setup, .fini = store_file_teardown, .timeout = 600);

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { KILLS = 3, WRITES = 150 };
#else
enum { KILLS = 10, WRITES = 1000 };
#endif
enum { WRITERS = 8, HOMES = 2, WRITES_BESIDE = 40 };

static struct program programs[HOMES];

static unsigned start_server(struct program *server)
{
    static const char *const argv[] = {"server", NULL};
    static char store[3 * TEMPDIR_PATH_MAX];
    (void)snprintf(store, sizeof store, "DUET_STORE=%s", store_file.url);
    /* Nobody reads its output while it works. */
    const char *env[] = {
        "PORT=0", "DUET_BIND=127.0.0.1", "DUET_ACCESS_LOG=off", "DUET_LAME_DUCK_S=0", store, NULL};
    program_start(server, argv, env);
    unsigned port = program_number(server, "\"port\":");
    cr_assert_gt(port, 0u, "%s", server->out.data ? server->out.data : "no output");
    return port;
}

static void stop(struct program *program)
{
    int status = program_stop(program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d: %s", status,
              program->out.data);
    program_release(program);
}

static int put(unsigned port, const char *target)
{
    return store_client_ask(port, "PUT", target, "", "{\"party\":\"p\"}", NULL, 0);
}

static int get(unsigned port, const char *target)
{
    return store_client_ask(port, "GET", target, "", "", NULL, 0);
}

/* Waits for the next answer; that there is none for a minute fails the test. */
static void wait_for_answer(sem_t *on_each)
{
    struct timespec until;
    cr_assert_eq(clock_gettime(CLOCK_REALTIME, &until), 0);
    until.tv_sec += 60;
    int error;
    do
        error = sem_timedwait(on_each, &until) == 0 ? 0 : errno;
    while (error == EINTR);
    cr_assert_eq(error, 0, "%s", strerror(error));
}

/* Kills the server once WRITES of this round have been answered, while others are under way. */
static void run_round(struct store_writer writers[WRITERS], int round)
{
    sem_t on_each;
    unsigned port = start_server(&programs[0]);
    cr_assert_eq(sem_init(&on_each, 0, 0), 0);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct store_writer){
            .port = port, .round = round, .number = i, .max = 1 << 20, .on_each = &on_each};
        store_writer_start(&writers[i]);
    }
    for (int i = 0; i < WRITES; i++)
        wait_for_answer(&on_each);
    (void)kill(programs[0].id, SIGKILL);
    for (int i = 0; i < WRITERS; i++) {
        store_writer_join(&writers[i]);
        cr_expect_eq(writers[i].other, 0, "status %d", writers[i].other);
    }
    cr_expect(WIFSIGNALED(program_wait(&programs[0])));
    program_release(&programs[0]);
    (void)sem_destroy(&on_each);
}

Test(store_homes, a_server_that_is_killed_again_and_again_loses_nothing_that_it_acknowledged)
{
    static struct store_writer writers[KILLS * WRITERS];
    for (int round = 0; round < KILLS; round++) {
        run_round(&writers[round * WRITERS], round);
        unsigned port = start_server(&programs[0]);
        cr_assert_eq(store_client_count_lost(port, writers, (size_t)(round + 1) * WRITERS), 0u,
                     "round %d", round);
        stop(&programs[0]);
    }
}

static void expect_all_written(struct store_writer writers[WRITERS], unsigned port)
{
    for (int i = 0; i < WRITERS; i++) {
        store_writer_join(&writers[i]);
        cr_expect_eq(writers[i].done, (int)WRITES_BESIDE, "status %d", writers[i].other);
    }
    cr_expect_eq(store_client_count_lost(port, writers, WRITERS), 0u);
}

Test(store_homes, two_servers_on_one_file_lose_nothing)
{
    struct store_writer writers[WRITERS];
    unsigned ports[HOMES];
    for (int i = 0; i < HOMES; i++)
        ports[i] = start_server(&programs[i]);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] =
            (struct store_writer){.port = ports[i % HOMES], .number = i, .max = WRITES_BESIDE};
        store_writer_start(&writers[i]);
    }
    expect_all_written(writers, ports[1]);
    for (int i = 0; i < HOMES; i++)
        stop(&programs[i]);
}

Test(store_homes, a_function_and_a_server_on_one_file_lose_nothing)
{
    struct store_writer writers[WRITERS];
    const char *argv[] = {"duet",    "local",        "--port",
                          "0",       "--quiet",      "--control-port",
                          "0",       "--weights",    "lambda=50,fargate=50",
                          "--store", store_file.url, NULL};
    program_start(&programs[0], argv, NULL);
    unsigned port = program_number(&programs[0], "http://127.0.0.1:");
    cr_assert_gt(port, 0u);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct store_writer){.port = port, .number = i, .max = WRITES_BESIDE};
        store_writer_start(&writers[i]);
    }
    expect_all_written(writers, port);
    stop(&programs[0]);
}

/* --- a disk that refuses --- */

static void limit_files(pid_t pid, rlim_t bytes)
{
    struct rlimit limit;
    cr_assert_eq(prlimit(pid, RLIMIT_FSIZE, NULL, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(prlimit(pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static void expect_details(unsigned port, int status, const char *state)
{
    char body[1024];
    int got = store_client_ask(port, "GET", "/gtg?details", "", "", body, sizeof body);
    cr_expect_eq(got, status, "%d: %s", got, body);
    cr_expect_not_null(strstr(body, state), "%s", body);
}

Test(store_homes, a_full_disk_is_503_until_there_is_room)
{
    char body[1024];
    unsigned port = start_server(&programs[0]);
    cr_assert_eq(put(port, "/candidate/ada"), 201);
    limit_files(programs[0].id, 4096);
    int status =
        store_client_ask(port, "PUT", "/candidate/bob", "", "{\"party\":\"p\"}", body, sizeof body);
    cr_expect_eq(status, 503);
    cr_expect_not_null(strstr(body, "/problems/store-unavailable"), "%s", body);
    expect_details(port, 503, "disk");
    cr_expect_eq(get(port, "/gtg"), 200, "which never asks the store");
    cr_expect_not_null(program_wait_for(&programs[0], "\"call\":\"put\""));
    limit_files(programs[0].id, RLIM_INFINITY);
    cr_expect_eq(get(port, "/candidate/bob"), 404);
    cr_expect_eq(put(port, "/candidate/bob"), 201);
    expect_details(port, 200, "\"ok\"");
    stop(&programs[0]);
}

/* The pages behind the schema's own, which hold what is stored. */
enum { PAGES_AT = 4096, PAGES_LEN = 2 * 4096 };

Test(store_homes, a_corrupt_file_is_503_until_it_is_whole)
{
    static char whole[PAGES_LEN], broken[PAGES_LEN];
    store_client_ask(start_server(&programs[0]), "PUT", "/candidate/ada", "", "{\"party\":\"p\"}",
                     NULL, 0);
    stop(&programs[0]);
    int fd = open(store_file.path, O_RDWR | O_CLOEXEC);
    cr_assert_eq(pread(fd, whole, sizeof whole, PAGES_AT), (ssize_t)sizeof whole);
    memset(broken, 0xDE, sizeof broken);
    cr_assert_eq(pwrite(fd, broken, sizeof broken, PAGES_AT), (ssize_t)sizeof broken);
    unsigned port = start_server(&programs[0]);
    cr_expect_eq(get(port, "/candidate/ada"), 503);
    cr_expect_eq(put(port, "/candidate/bob"), 503);
    expect_details(port, 503, "database disk image is malformed");
    cr_expect_not_null(program_wait_for(&programs[0], "database disk image is malformed"));
    cr_assert_eq(pwrite(fd, whole, sizeof whole, PAGES_AT), (ssize_t)sizeof whole);
    cr_expect_eq(get(port, "/candidate/ada"), 200);
    cr_expect_eq(put(port, "/candidate/bob"), 201);
    expect_details(port, 200, "\"ok\"");
    (void)close(fd);
    stop(&programs[0]);
}
