/*
 * Many threads and one set of credentials.
 *
 * link: -Wl,--wrap=clock_ms_epoch
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

#include "runtime/aws/provider.h"
#include "runtime/core/clock.h"

enum { THREADS = 8, LIFE_MS = 3600 * 1000, WAIT_MS = 30 * 1000 };

static _Atomic int64_t now_ms;
static atomic_uint fetch_count;
static atomic_bool is_blocking, is_failing;
static sem_t begun, may_end;
static struct aws_provider *provider;

int64_t __wrap_clock_ms_epoch(void);
int64_t __wrap_clock_ms_epoch(void)
{
    return now_ms;
}

/* Gives "KEY1", then "KEY2" ..., each for an hour. */
static enum rc source(struct aws_asking *asking, const struct aws_credentials **out)
{
    char id[32];
    unsigned number = atomic_fetch_add(&fetch_count, 1) + 1;
    if (atomic_load(&is_blocking)) {
        cr_assert_eq(sem_post(&begun), 0);
        cr_assert_eq(sem_wait(&may_end), 0);
    }
    if (atomic_load(&is_failing)) {
        text_printf(asking->why, "failed %u", number);
        return RC_REFUSED;
    }
    (void)snprintf(id, sizeof id, "KEY%u", number);
    *out = aws_credentials_new(bytes_from_str(id), BYTES_LIT("s"), BYTES_LIT(""), now_ms + LIFE_MS);
    return *out ? RC_OK : RC_NOMEM;
}

static const char *lookup(const char *name)
{
    (void)name;
    return NULL;
}

static void setup(void)
{
    static aws_source_fn *const sources[] = {source, NULL};
    atomic_store(&now_ms, 1000000);
    atomic_store(&fetch_count, 0);
    atomic_store(&is_blocking, false);
    atomic_store(&is_failing, false);
    cr_assert_eq(sem_init(&begun, 0, 0), 0);
    cr_assert_eq(sem_init(&may_end, 0, 0), 0);
    provider = aws_provider_new(sources, lookup);
    cr_assert_not_null(provider);
}

static void teardown(void)
{
    aws_provider_free(provider);
    (void)sem_destroy(&begun);
    (void)sem_destroy(&may_end);
}

TestSuite(aws_provider, .init = setup, .fini = teardown, .timeout = 60);

/* The number of the key that the provider gives; 0: none, which is as it was told to be. */
static unsigned get(int64_t wait_ms, enum rc expected)
{
    const struct aws_credentials *credentials;
    struct arena arena;
    struct bytes why;
    unsigned number = 0;
    arena_init(&arena, 1 << 16);
    enum rc rc =
        aws_provider_get(provider, clock_ms_monotonic() + wait_ms, &arena, &credentials, &why);
    cr_expect_eq(rc, expected, "%s: %.*s", rc_name(rc), BYTES_ARG(why));
    if (rc == RC_OK)
        number = (unsigned)credentials->access_key_id.ptr[3] - '0';
    aws_credentials_release(credentials);
    arena_release(&arena);
    return number;
}

struct getter {
    pthread_t thread;
    unsigned number;
};

static void *get_in_thread(void *context)
{
    struct getter *getter = context;
    getter->number = get(WAIT_MS, RC_OK);
    return NULL;
}

static void start(struct getter *getters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(pthread_create(&getters[i].thread, NULL, get_in_thread, &getters[i]), 0);
}

static void join(const struct getter *getters, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(pthread_join(getters[i].thread, NULL), 0);
        cr_expect_eq(getters[i].number, number, "%u", getters[i].number);
    }
}

Test(aws_provider, has_one_thread_fetch_for_all)
{
    struct getter getters[THREADS];
    atomic_store(&is_blocking, true);
    start(getters, THREADS);
    cr_assert_eq(sem_wait(&begun), 0);
    cr_assert_eq(sem_post(&may_end), 0);
    join(getters, THREADS, 1);
    cr_expect_eq(fetch_count, 1);
}

Test(aws_provider, goes_on_with_the_old_while_one_fetches_new)
{
    struct getter first, others[THREADS];
    cr_expect_eq(get(WAIT_MS, RC_OK), 1);
    atomic_store(&is_blocking, true);
    atomic_fetch_add(&now_ms, LIFE_MS - 5 * 60 * 1000);
    start(&first, 1);
    cr_assert_eq(sem_wait(&begun), 0);
    start(others, THREADS);
    join(others, THREADS, 1); /* while the fetch is under way */
    cr_expect_eq(fetch_count, 2);
    cr_assert_eq(sem_post(&may_end), 0);
    join(&first, 1, 2);
}

Test(aws_provider, is_not_asked_too_often_when_a_refresh_fails)
{
    cr_expect_eq(get(WAIT_MS, RC_OK), 1);
    atomic_store(&is_failing, true);
    atomic_fetch_add(&now_ms, LIFE_MS - 4 * 60 * 1000);
    cr_expect_eq(get(WAIT_MS, RC_OK), 1);
    cr_expect_eq(get(WAIT_MS, RC_OK), 1);
    cr_expect_eq(fetch_count, 2);
    atomic_fetch_add(&now_ms, 30 * 1000);
    cr_expect_eq(get(WAIT_MS, RC_OK), 1);
    cr_expect_eq(fetch_count, 3);
    atomic_fetch_add(&now_ms, 4 * 60 * 1000);
    cr_expect_eq(get(WAIT_MS, RC_REFUSED), 0);
}

Test(aws_provider, waits_no_longer_than_the_deadline)
{
    struct getter getter;
    atomic_store(&is_blocking, true);
    start(&getter, 1);
    cr_assert_eq(sem_wait(&begun), 0);
    (void)get(20, RC_TIMEOUT);
    cr_assert_eq(sem_post(&may_end), 0);
    join(&getter, 1, 1);
}

Test(aws_provider, renews_what_was_rejected)
{
    const struct aws_credentials *credentials;
    struct arena arena;
    struct bytes why;
    arena_init(&arena, 1 << 16);
    cr_assert_eq(
        aws_provider_get(provider, clock_ms_monotonic() + WAIT_MS, &arena, &credentials, &why),
        RC_OK);
    aws_provider_reject(provider, credentials);
    aws_provider_reject(provider, credentials); /* by another thread, too late */
    cr_expect_eq(get(WAIT_MS, RC_OK), 2);
    aws_provider_reject(provider, credentials);
    cr_expect_eq(get(WAIT_MS, RC_OK), 2);
    aws_credentials_release(credentials);
    arena_release(&arena);
}
