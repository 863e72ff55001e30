#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/net/loop.h"

static struct loop loop;

static void setup(void)
{
    cr_assert_eq(loop_init(&loop), RC_OK);
}

static void teardown(void)
{
    loop_release(&loop);
}

TestSuite(loop, .init = setup, .fini = teardown);

/* --- timers --- */

enum { TIMERS = 200 };

struct numbered {
    struct loop_timer timer;
    int number;
};

static struct numbered timers[TIMERS];
static int order[TIMERS], order_len;

static void note_order(struct loop *l, struct loop_timer *timer)
{
    (void)l;
    order[order_len++] = ((struct numbered *)timer)->number;
}

Test(loop, timers_ring_in_the_order_of_their_time)
{
    int64_t now_ms = clock_ms_monotonic();
    for (int i = 0; i < TIMERS; i++) {
        timers[i].number = i * 37 % TIMERS; /* 37 and 200 share no factor: every number once */
        timers[i].timer.fn = note_order;
        cr_assert_eq(loop_timer_set(&loop, &timers[i].timer, now_ms - TIMERS + timers[i].number),
                     RC_OK);
    }
    cr_assert_eq(loop_step(&loop, 0), RC_OK);
    cr_assert_eq(order_len, TIMERS);
    for (int i = 0; i < TIMERS; i++)
        cr_expect_eq(order[i], i);
}

Test(loop, a_cleared_timer_never_rings_and_a_moved_one_once)
{
    int64_t past_ms = clock_ms_monotonic() - 10;
    for (int i = 0; i < TIMERS; i++) {
        timers[i].number = i;
        timers[i].timer.fn = note_order;
        cr_assert_eq(loop_timer_set(&loop, &timers[i].timer, past_ms + i % 3), RC_OK);
    }
    for (int i = 0; i < TIMERS; i += 2)
        loop_timer_clear(&loop, &timers[i].timer);
    for (int i = 1; i < TIMERS; i += 4)
        cr_assert_eq(loop_timer_set(&loop, &timers[i].timer, past_ms), RC_OK);
    cr_assert_eq(loop_step(&loop, 0), RC_OK);
    cr_expect_eq(order_len, TIMERS / 2);
    for (int i = 0; i < order_len; i++)
        cr_expect_eq(order[i] % 2, 1);
    loop_timer_clear(&loop, &timers[0].timer); /* harmless when it is not set */
}

static void ring_again(struct loop *l, struct loop_timer *timer)
{
    order_len++;
    if (order_len < 3)
        cr_assert_eq(loop_timer_set(l, timer, l->now_ms), RC_OK);
    else
        loop_stop(l);
}

Test(loop, a_timer_may_set_itself_again)
{
    struct loop_timer timer = {.fn = ring_again};
    cr_assert_eq(loop_timer_set(&loop, &timer, clock_ms_monotonic() + 5), RC_OK);
    cr_assert_eq(loop_run(&loop), RC_OK);
    cr_expect_eq(order_len, 3);
}

/* --- descriptors --- */

static struct loop_io both[2];
static int calls;

/* Whichever is served first removes both: the other's event of the same round must be dropped. */
static void remove_both(struct loop *l, struct loop_io *io, uint32_t events)
{
    (void)io;
    (void)events;
    calls++;
    loop_io_remove(l, &both[0]);
    loop_io_remove(l, &both[1]);
}

Test(loop, events_of_a_removed_descriptor_are_dropped)
{
    int pipes[2][2];
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(pipe2(pipes[i], O_CLOEXEC), 0);
        cr_assert_eq(write(pipes[i][1], "x", 1), 1);
        both[i] = (struct loop_io){.fd = pipes[i][0], .fn = remove_both};
        cr_assert_eq(loop_io_add(&loop, &both[i], EPOLLIN), RC_OK);
    }
    cr_assert_eq(loop_step(&loop, 1000), RC_OK);
    cr_expect_eq(calls, 1);
    cr_assert_eq(loop_step(&loop, 0), RC_OK);
    cr_expect_eq(calls, 1);
}

/* --- jobs from other threads --- */

enum { JOBS = 10000 };

static struct loop_job jobs[2][JOBS];
static int jobs_done;

static void count_job(struct loop *l, struct loop_job *job)
{
    (void)job;
    if (++jobs_done == 2 * JOBS)
        loop_stop(l);
}

static void *post_all(void *arg)
{
    struct loop_job *mine = arg;
    for (int i = 0; i < JOBS; i++) {
        mine[i].fn = count_job;
        loop_post(&loop, &mine[i]);
    }
    return NULL;
}

Test(loop, every_job_that_threads_post_runs_once)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, post_all, jobs[i]), 0);
    cr_assert_eq(loop_run(&loop), RC_OK);
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    cr_expect_eq(jobs_done, 2 * JOBS);
}

Test(loop, tells_the_wall_clocks_time_of_its_newest_look)
{
    int64_t before_us = loop_epoch_us(&loop), now_us = loop.now_us;
    cr_expect(llabs(clock_us_epoch() - before_us) < INT64_C(60000000));
    cr_expect_geq(loop_now_us(&loop), now_us);
    cr_expect_eq(loop_epoch_us(&loop) - before_us, loop.now_us - now_us);
}
