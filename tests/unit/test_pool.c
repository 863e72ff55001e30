#include <criterion/criterion.h>
#include <pthread.h>

#include "runtime/server/pool.h"

enum { COUNT = 5000 };

struct counted {
    struct pool_job job;
    int runs;
};

static struct counted counted[COUNT];

static void count(struct pool_job *job)
{
    ((struct counted *)job)->runs++;
}

Test(pool, runs_every_job_once_and_all_before_its_end)
{
    struct pool *pool = pool_new(4, COUNT);
    cr_assert_not_null(pool);
    for (int i = 0; i < COUNT; i++) {
        counted[i].job.fn = count;
        cr_assert_eq(pool_submit(pool, &counted[i].job), RC_OK);
    }
    pool_free(pool);
    for (int i = 0; i < COUNT; i++)
        cr_expect_eq(counted[i].runs, 1);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_gate(struct pool_job *job)
{
    (void)job;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

Test(pool, refuses_what_goes_over_its_queue)
{
    struct pool_job jobs[8];
    size_t taken = 0;
    struct pool *pool = pool_new(1, 2);
    cr_assert_not_null(pool);
    pthread_mutex_lock(&gate);
    for (size_t i = 0; i < 8; i++) {
        jobs[i].fn = wait_at_gate;
        taken += pool_submit(pool, &jobs[i]) == RC_OK;
    }
    pthread_mutex_unlock(&gate);
    /* Two wait; the one that the thread may have taken already makes room for a third. */
    cr_expect(taken == 2 || taken == 3, "%zu taken", taken);
    pool_free(pool);
}

Test(pool, freeing_none_is_harmless)
{
    pool_free(NULL);
}
