#include "runtime/net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtime/core/clock.h"

/*
 * Timers stand in a binary heap by due time; each knows its slot, so that moving or clearing one
 * costs O(log n). A descriptor that is removed in the middle of a round is wiped from what is left
 * of the round's batch, so no callback runs for an owner that is gone.
 */

enum { EPOCH_EVERY_US = 100 * 1000 };

static void on_wake(struct loop *loop, struct loop_io *io, uint32_t events)
{
    uint64_t count;
    (void)events;
    if (read(io->fd, &count, sizeof count) < 0) {
        /* EAGAIN: another round has read it */
    }
    pthread_mutex_lock(&loop->_jobs_lock);
    struct loop_job *job = loop->_jobs_first;
    loop->_jobs_first = NULL;
    loop->_jobs_last = &loop->_jobs_first;
    pthread_mutex_unlock(&loop->_jobs_lock);
    while (job) {
        struct loop_job *next = job->_next;
        job->fn(loop, job);
        job = next;
    }
}

static void look_at_clock(struct loop *loop)
{
    loop->now_ms = loop_now_us(loop) / 1000;
    if (loop->now_us < loop->_epoch_due_us)
        return;
    loop->_epoch_us = clock_us_epoch() - loop->now_us;
    loop->_epoch_due_us = loop->now_us + EPOCH_EVERY_US;
}

enum rc loop_init(struct loop *loop)
{
    *loop = (struct loop){.epoll_fd = -1, .wake_fd = -1, ._wake.fn = on_wake};
    loop->_jobs_last = &loop->_jobs_first;
    look_at_clock(loop);
    (void)pthread_mutex_init(&loop->_jobs_lock, NULL);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->_wake.fd = loop->wake_fd;
    if (loop->epoll_fd >= 0 && loop->wake_fd >= 0 &&
        loop_io_add(loop, &loop->_wake, EPOLLIN) == RC_OK)
        return RC_OK;
    int error = errno;
    loop_release(loop);
    errno = error;
    return RC_IO;
}

void loop_release(struct loop *loop)
{
    if (loop->epoll_fd >= 0)
        (void)close(loop->epoll_fd);
    if (loop->wake_fd >= 0)
        (void)close(loop->wake_fd);
    free(loop->_heap);
    (void)pthread_mutex_destroy(&loop->_jobs_lock);
    loop->epoll_fd = loop->wake_fd = -1;
    loop->_heap = NULL;
}

/* --- descriptors --- */

enum rc loop_io_add(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = io};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, io->fd, &event) != 0)
        return RC_IO;
    io->events = events;
    return RC_OK;
}

void loop_io_set(struct loop *loop, struct loop_io *io, uint32_t events)
{
    if (io->events == events)
        return;
    io->events = events;
    loop_io_again(loop, io);
}

void loop_io_again(struct loop *loop, struct loop_io *io)
{
    struct epoll_event event = {.events = io->events, .data.ptr = io};
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, io->fd, &event);
}

void loop_io_remove(struct loop *loop, struct loop_io *io)
{
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, io->fd, NULL);
    for (int i = loop->_batch_next; i < loop->_batch_len; i++)
        if (loop->_batch[i].data.ptr == io)
            loop->_batch[i].data.ptr = NULL;
}

/* --- timers --- */

static void place(struct loop *loop, struct loop_timer *timer, size_t slot)
{
    loop->_heap[slot - 1] = timer;
    timer->_slot = slot;
}

static void sift_up(struct loop *loop, struct loop_timer *timer, size_t slot)
{
    while (slot > 1 && loop->_heap[slot / 2 - 1]->due_ms > timer->due_ms) {
        place(loop, loop->_heap[slot / 2 - 1], slot);
        slot /= 2;
    }
    place(loop, timer, slot);
}

static void sift_down(struct loop *loop, struct loop_timer *timer, size_t slot)
{
    for (;;) {
        size_t child = slot * 2;
        if (child > loop->_heap_len)
            break;
        if (child < loop->_heap_len && loop->_heap[child]->due_ms < loop->_heap[child - 1]->due_ms)
            child++;
        if (loop->_heap[child - 1]->due_ms >= timer->due_ms)
            break;
        place(loop, loop->_heap[child - 1], slot);
        slot = child;
    }
    place(loop, timer, slot);
}

static bool heap_has_room(struct loop *loop)
{
    if (loop->_heap_len < loop->_heap_cap)
        return true;
    size_t cap = loop->_heap_cap ? loop->_heap_cap * 2 : 64;
    struct loop_timer **heap = realloc(loop->_heap, cap * sizeof(struct loop_timer *));
    if (!heap)
        return false;
    loop->_heap = heap;
    loop->_heap_cap = cap;
    return true;
}

enum rc loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t due_ms)
{
    loop_timer_clear(loop, timer);
    if (!heap_has_room(loop))
        return RC_NOMEM;
    timer->due_ms = due_ms;
    loop->_heap_len++;
    sift_up(loop, timer, loop->_heap_len);
    return RC_OK;
}

void loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
    size_t slot = timer->_slot;
    if (slot == 0)
        return;
    struct loop_timer *last = loop->_heap[--loop->_heap_len];
    timer->_slot = 0;
    if (last == timer)
        return;
    if (slot > 1 && loop->_heap[slot / 2 - 1]->due_ms > last->due_ms)
        sift_up(loop, last, slot);
    else
        sift_down(loop, last, slot);
}

static void run_timers(struct loop *loop)
{
    while (loop->_heap_len && loop->_heap[0]->due_ms <= loop->now_ms) {
        struct loop_timer *timer = loop->_heap[0];
        loop_timer_clear(loop, timer);
        timer->fn(loop, timer);
    }
}

static int wait_ms(const struct loop *loop, int timeout_ms)
{
    if (loop->_heap_len == 0)
        return timeout_ms;
    int64_t left = loop->_heap[0]->due_ms - clock_us_monotonic() / 1000;
    if (left < 0)
        left = 0;
    if (left > 60000)
        left = 60000;
    return timeout_ms >= 0 && timeout_ms < left ? timeout_ms : (int)left;
}

/* --- time --- */

int64_t loop_now_us(struct loop *loop)
{
    loop->now_us = clock_us_monotonic();
    return loop->now_us;
}

int64_t loop_epoch_us(const struct loop *loop)
{
    return loop->now_us + loop->_epoch_us;
}

/* --- running --- */

enum rc loop_step(struct loop *loop, int timeout_ms)
{
    int n = epoll_wait(loop->epoll_fd, loop->_batch, LOOP_BATCH, wait_ms(loop, timeout_ms));
    if (n < 0 && errno != EINTR)
        return RC_IO;
    look_at_clock(loop);
    loop->_batch_len = n > 0 ? n : 0;
    for (loop->_batch_next = 0; loop->_batch_next < loop->_batch_len;) {
        struct epoll_event *event = &loop->_batch[loop->_batch_next++];
        struct loop_io *io = event->data.ptr;
        /* The next one's owner was last looked at long ago: it comes near while this one works. */
        if (loop->_batch_next < loop->_batch_len)
            __builtin_prefetch(loop->_batch[loop->_batch_next].data.ptr);
        if (io)
            io->fn(loop, io, event->events);
    }
    run_timers(loop);
    return RC_OK;
}

enum rc loop_run(struct loop *loop)
{
    while (!__atomic_load_n(&loop->is_stopping, __ATOMIC_ACQUIRE))
        if (loop_step(loop, -1) != RC_OK)
            return RC_IO;
    return RC_OK;
}

static void wake(struct loop *loop)
{
    uint64_t one = 1;
    if (write(loop->wake_fd, &one, sizeof one) < 0) {
        /* EAGAIN: the counter is full, so the loop wakes anyway */
    }
}

void loop_stop(struct loop *loop)
{
    __atomic_store_n(&loop->is_stopping, true, __ATOMIC_RELEASE);
    wake(loop);
}

void loop_post(struct loop *loop, struct loop_job *job)
{
    job->_next = NULL;
    pthread_mutex_lock(&loop->_jobs_lock);
    bool was_empty = loop->_jobs_first == NULL;
    *loop->_jobs_last = job;
    loop->_jobs_last = &job->_next;
    pthread_mutex_unlock(&loop->_jobs_lock);
    if (was_empty)
        wake(loop);
}
