#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>

#include "runtime/server/pool.h"

enum { COUNT = 5000, LONG_MS = 600000 };

/* Jobs that count, and the moment when all have. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_run = PTHREAD_COND_INITIALIZER;
static size_t run_count;

struct counted {
    struct pool_job job;
    int runs;
};

static struct counted counted[COUNT];

static void count(struct pool_job *job)
{
    ((struct counted *)job)->runs++;
    pthread_mutex_lock(&lock);
    run_count++;
    pthread_cond_signal(&has_run);
    pthread_mutex_unlock(&lock);
}

static void wait_for_runs(size_t runs)
{
    pthread_mutex_lock(&lock);
    while (run_count < runs)
        pthread_cond_wait(&has_run, &lock);
    pthread_mutex_unlock(&lock);
}

Test(pool, runs_every_job_once)
{
    struct pool *pool = pool_new(4, COUNT);
    cr_assert_not_null(pool);
    for (int i = 0; i < COUNT; i++) {
        counted[i].job.fn = count;
        cr_assert_eq(pool_submit(pool, &counted[i].job), RC_OK);
    }
    wait_for_runs(COUNT);
    cr_expect(pool_end(pool, LONG_MS));
    for (int i = 0; i < COUNT; i++)
        cr_expect_eq(counted[i].runs, 1);
}

static int worker_policy;

static void look_at_policy(struct pool_job *job)
{
    struct sched_param param;
    cr_assert_eq(pthread_getschedparam(pthread_self(), &worker_policy, &param), 0);
    count(job);
}

Test(pool, its_threads_give_way_to_the_loops)
{
    struct counted look = {.job.fn = look_at_policy};
    struct pool *pool = pool_new(1, 1);
    cr_assert_not_null(pool);
    cr_assert_eq(pool_submit(pool, &look.job), RC_OK);
    wait_for_runs(1);
    cr_expect(pool_end(pool, LONG_MS));
    cr_expect_eq(worker_policy, SCHED_BATCH);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_gate(struct pool_job *job)
{
    count(job);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

Test(pool, refuses_what_goes_over_its_queue)
{
    struct counted jobs[8] = {0};
    size_t taken = 0;
    struct pool *pool = pool_new(1, 2);
    cr_assert_not_null(pool);
    pthread_mutex_lock(&gate);
    for (size_t i = 0; i < 8; i++) {
        jobs[i].job.fn = wait_at_gate;
        taken += pool_submit(pool, &jobs[i].job) == RC_OK;
    }
    pthread_mutex_unlock(&gate);
    /* Two wait; the one that the thread may have taken already makes room for a third. */
    cr_expect(taken == 2 || taken == 3, "%zu taken", taken);
    wait_for_runs(taken);
    cr_expect(pool_end(pool, LONG_MS));
}

Test(pool, does_not_wait_for_a_job_without_an_end)
{
    static struct counted stuck = {.job.fn = wait_at_gate}, behind = {.job.fn = count};
    static struct pool *pool; /* which stays */
    pool = pool_new(1, 2);
    cr_assert_not_null(pool);
    pthread_mutex_lock(&gate);
    cr_assert_eq(pool_submit(pool, &stuck.job), RC_OK);
    cr_assert_eq(pool_submit(pool, &behind.job), RC_OK);
    wait_for_runs(1);
    cr_expect_not(pool_end(pool, 0));
    cr_expect_eq(behind.runs, 0);
    pthread_mutex_unlock(&gate);
}

Test(pool, ending_none_is_harmless)
{
    cr_expect(pool_end(NULL, 0));
}
