#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "tests/support/store_file.h"

TestSuite(store_shared, .init = store_file_setup, .fini = store_file_teardown);

/* --- several threads --- */

enum { THREADS = 2 * LIMIT_STORE_CONNECTIONS, PUTS = 25 };

struct worker {
    pthread_t thread;
    struct store *store;
    unsigned number, done, won;
};

static void *put_many(void *context)
{
    struct worker *worker = context;
    struct arena own;
    arena_init(&own, 1 << 16);
    for (unsigned i = 0; i < PUTS; i++) {
        char name[32];
        int n = snprintf(name, sizeof name, "t%u-%u", worker->number, i);
        worker->done += store_file_put(worker->store, bytes_make(name, (size_t)n), 0) == RC_OK;
        n = snprintf(name, sizeof name, "shared-%u", i);
        worker->won += store_file_put(worker->store, bytes_make(name, (size_t)n), 0) == RC_OK;
        struct store_item item;
        enum rc rc = store_get(worker->store, bytes_make(name, (size_t)n), 0, &own, &item);
        worker->done += rc == RC_OK;
        arena_reset(&own);
    }
    arena_release(&own);
    return NULL;
}

Test(store_shared, threads_lose_nothing_and_one_alone_wins_a_name)
{
    struct worker workers[THREADS] = {{.store = store_file_open()}};
    unsigned done = 0, won = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.store = workers[0].store, .number = i};
        cr_assert_eq(pthread_create(&workers[i].thread, NULL, put_many, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(workers[i].thread, NULL), 0);
        done += workers[i].done;
        won += workers[i].won;
    }
    cr_expect_eq(done, 2u * THREADS * PUTS);
    cr_expect_eq(won, (unsigned)PUTS);
    cr_expect_eq(store_file_count(workers[0].store), (size_t)(THREADS + 1) * PUTS);
    store_close(workers[0].store);
}

/* --- several processes --- */

enum { PROCESSES = 4, ROUNDS = 8, PUTS_EACH = 10 };

/* Waits until the parent closes the gate, so that all open the new file at the same moment. */
static void run_process(int gate[2], unsigned number)
{
    char byte, error[512] = "", name[32];
    (void)close(gate[1]);
    (void)!read(gate[0], &byte, 1);
    struct store *store = store_open(store_file.url, error, sizeof error);
    if (!store) {
        (void)fprintf(stderr, "%s\n", error);
        _exit(1);
    }
    for (unsigned i = 0; i < PUTS_EACH; i++) {
        int n = snprintf(name, sizeof name, "p%u-%u", number, i);
        if (store_file_put(store, bytes_make(name, (size_t)n), 0) != RC_OK)
            _exit(2);
    }
    store_close(store);
    _exit(0);
}

static void run_round(void)
{
    int gate[2];
    pid_t pids[PROCESSES];
    cr_assert_eq(pipe2(gate, O_CLOEXEC), 0);
    for (unsigned i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            run_process(gate, i);
        cr_assert_gt(pids[i], 0);
    }
    (void)close(gate[0]);
    (void)close(gate[1]);
    for (unsigned i = 0; i < PROCESSES; i++)
        cr_expect_eq(store_file_wait(pids[i]), 0);
}

Test(store_shared, processes_that_start_at_the_same_moment_share_a_new_file)
{
    char name[32];
    for (unsigned i = 0; i < ROUNDS; i++) {
        (void)snprintf(name, sizeof name, "round%u.db", i);
        (void)tempdir_join(&store_file.dir, "sqlite:", name, store_file.url);
        run_round();
        struct store *store = store_file_open();
        cr_expect_eq(store_file_count(store), (size_t)PROCESSES * PUTS_EACH, "%s", name);
        store_close(store);
    }
}

/* Puts name after name and tells each that was answered with success, until it is killed. */
static void put_until_killed(int fd)
{
    struct store *store = store_file_open();
    for (uint32_t i = 0;; i++)
        if (store_file_put(store, bytes_make((const char *)&i, sizeof i), 0) != RC_OK ||
            write(fd, &i, sizeof i) != (ssize_t)sizeof i)
            _exit(1);
}

Test(store_shared, what_was_answered_outlives_a_killed_process)
{
    int ends[2];
    uint32_t last = 0, i;
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0)
        put_until_killed(ends[1]);
    (void)close(ends[1]);
    while (read(ends[0], &i, sizeof i) == (ssize_t)sizeof i) {
        last = i;
        if (i == 20)
            (void)kill(pid, SIGKILL);
    }
    (void)close(ends[0]);
    cr_expect_eq(store_file_wait(pid), 128 + SIGKILL);
    cr_assert_geq(last, 20u);
    struct store *store = store_file_open();
    for (i = 0; i <= last; i++)
        cr_expect_eq(store_file_get(store, bytes_make((const char *)&i, sizeof i)), RC_OK, "%u", i);
    store_close(store);
}

Test(store_shared, a_lock_held_past_the_deadline_is_a_timeout)
{
    struct store *store = store_file_open();
    sqlite3 *other = store_file_raw();
    store_file_run(other, "BEGIN IMMEDIATE");
    cr_expect_eq(store_file_put(store, BYTES_LIT("ada"), clock_ms_monotonic() + 30), RC_TIMEOUT);
    cr_expect_eq(store_file_check(store, clock_ms_monotonic() + 30), RC_TIMEOUT);
    cr_expect_eq(store_file_get(store, BYTES_LIT("ada")), RC_NOT_FOUND,
                 "reading waits for no writer");
    store_file_run(other, "ROLLBACK");
    sqlite3_close(other);
    cr_expect_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_OK);
    store_close(store);
}

struct late_writer {
    pthread_t thread;
    struct store *store;
    char name;
    enum rc rc;
};

static void *put_late(void *context)
{
    struct late_writer *writer = context;
    writer->rc =
        store_file_put(writer->store, bytes_make(&writer->name, 1), clock_ms_monotonic() + 60);
    return NULL;
}

static void *put_in_time(void *context)
{
    struct late_writer *writer = context;
    writer->rc = store_file_put(writer->store, bytes_make(&writer->name, 1), 0);
    return NULL;
}

Test(store_shared, writers_that_wait_for_each_other_keep_to_their_deadlines)
{
    struct late_writer writers[THREADS];
    struct store *store = store_file_open();
    sqlite3 *other = store_file_raw();
    store_file_run(other, "BEGIN IMMEDIATE");
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct late_writer){.store = store, .name = (char)('a' + i)};
        cr_assert_eq(pthread_create(&writers[i].thread, NULL, put_late, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(writers[i].thread, NULL), 0);
        cr_expect_eq(writers[i].rc, RC_TIMEOUT);
    }
    store_file_run(other, "ROLLBACK");
    sqlite3_close(other);
    cr_expect_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_OK);
    cr_expect_eq(store_file_count(store), 1u);
    store_close(store);
}

/* The first one leads and gives up at its deadline; the next of those that wait leads then. */
Test(store_shared, a_leader_that_is_late_leaves_the_others_their_own_time)
{
    struct late_writer early = {.store = store_file_open(), .name = 'a'}, others[THREADS];
    sqlite3 *other = store_file_raw();
    store_file_run(other, "BEGIN IMMEDIATE");
    cr_assert_eq(pthread_create(&early.thread, NULL, put_late, &early), 0);
    for (int i = 0; i < THREADS; i++) {
        others[i] = (struct late_writer){.store = early.store, .name = (char)('b' + i)};
        cr_assert_eq(pthread_create(&others[i].thread, NULL, put_in_time, &others[i]), 0);
    }
    cr_assert_eq(pthread_join(early.thread, NULL), 0);
    cr_expect_eq(early.rc, RC_TIMEOUT);
    store_file_run(other, "ROLLBACK");
    sqlite3_close(other);
    for (int i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(others[i].thread, NULL), 0);
        cr_expect_eq(others[i].rc, RC_OK);
    }
    cr_expect_eq(store_file_count(early.store), (size_t)THREADS);
    store_close(early.store);
}

/* What SQLite cannot take is refused alone, whoever is in the same transaction. */
Test(store_shared, a_write_that_fails_does_not_keep_the_others_from_theirs)
{
    struct late_writer others[THREADS];
    struct store *store = store_file_open();
    sqlite3 *other = store_file_raw();
    store_file_run(other, "CREATE TRIGGER no BEFORE INSERT ON item WHEN NEW.name = x'62'"
                          " BEGIN SELECT RAISE(ROLLBACK, 'not this one'); END; BEGIN IMMEDIATE");
    for (int i = 0; i < THREADS; i++) {
        others[i] = (struct late_writer){.store = store, .name = (char)('a' + i)};
        cr_assert_eq(pthread_create(&others[i].thread, NULL, put_in_time, &others[i]), 0);
    }
    store_file_run(other, "ROLLBACK");
    sqlite3_close(other);
    for (int i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(others[i].thread, NULL), 0);
        cr_expect_eq(others[i].rc, i == 1 ? RC_IO : RC_OK, "%d", i);
    }
    cr_expect(store_file_log_has("not this one"));
    cr_expect_eq(store_file_count(store), (size_t)THREADS - 1);
    store_close(store);
}
