#include "runtime/lambda/poller.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/core/crash.h"
#include "runtime/core/log.h"
#include "runtime/lambda/invoke.h"

/*
 * A poller that waits for an event cannot be called back: the Runtime API may be handing it one at
 * that very moment. So nobody waits for it. Only invocations are counted, and an event that comes
 * while others still finish is answered like any other.
 */

enum { STACK_BYTES = 1024 * 1024 };

struct pollers {
    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    unsigned busy_count; /* in an invocation */
    bool is_stopping;    /* one has lost the Runtime API: no new GET next */
    bool is_over;        /* the process ends: no event may be answered */
};

struct poller {
    struct pollers *pollers;
    struct rapi rapi;
    struct invoker invoker;
};

/* --- one poller --- */

/* Waits for the end of the process. */
static void wait_for_end(struct pollers *pollers)
{
    (void)pthread_mutex_unlock(&pollers->lock);
    for (;;)
        (void)pause();
}

static void begin(struct pollers *pollers)
{
    (void)pthread_mutex_lock(&pollers->lock);
    if (pollers->is_over)
        wait_for_end(pollers);
    pollers->busy_count++;
    (void)pthread_mutex_unlock(&pollers->lock);
}

/* true: go on with the next event. */
static bool finish(struct pollers *pollers, bool is_lost)
{
    (void)pthread_mutex_lock(&pollers->lock);
    pollers->busy_count--;
    pollers->is_stopping = pollers->is_stopping || is_lost;
    bool goes_on = !pollers->is_stopping;
    (void)pthread_cond_broadcast(&pollers->changed);
    (void)pthread_mutex_unlock(&pollers->lock);
    return goes_on;
}

static void stop(struct pollers *pollers)
{
    (void)pthread_mutex_lock(&pollers->lock);
    pollers->is_stopping = true;
    (void)pthread_cond_broadcast(&pollers->changed);
    (void)pthread_mutex_unlock(&pollers->lock);
}

static void *poll_events(void *context)
{
    struct poller *poller = context;
    struct pollers *pollers = poller->pollers;
    struct rapi_invocation invocation;
    struct crash_stack stack;
    crash_thread_begin(&stack);
    while (invoker_next(&poller->invoker, &invocation) == RC_OK) {
        begin(pollers);
        enum rc rc = invoker_answer(&poller->invoker, &invocation);
        if (!finish(pollers, rc != RC_OK)) {
            crash_thread_end();
            return NULL;
        }
    }
    crash_thread_end();
    log_write(LOG_ERROR, "a poller has lost the Runtime API", NULL, 0);
    stop(pollers);
    return NULL;
}

/* --- all of them --- */

static bool start(struct poller *poller, struct pollers *pollers, struct app *app, const char *api)
{
    pthread_attr_t attributes;
    pthread_t thread;
    poller->pollers = pollers;
    rapi_init(&poller->rapi, api);
    invoker_init(&poller->invoker, app, &poller->rapi, INVOKER_ONE_OF_MANY);
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    bool is_started = pthread_create(&thread, &attributes, poll_events, poller) == 0;
    (void)pthread_attr_destroy(&attributes);
    return is_started;
}

static void wait_for_stop(struct pollers *pollers)
{
    (void)pthread_mutex_lock(&pollers->lock);
    while (!pollers->is_stopping || pollers->busy_count)
        (void)pthread_cond_wait(&pollers->changed, &pollers->lock);
    pollers->is_over = true;
    (void)pthread_mutex_unlock(&pollers->lock);
}

void pollers_run(struct app *app, const char *api, unsigned count)
{
    /* Both stay for ever, like the threads that use them. */
    static struct pollers pollers = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                     .changed = PTHREAD_COND_INITIALIZER};
    static struct poller *all;
    unsigned started = 0;
    all = calloc(count, sizeof *all);
    while (all && started < count && start(&all[started], &pollers, app, api))
        started++;
    if (started < count)
        log_event(LOG_ERROR, "fewer pollers than asked for", LOG_NUM("started", started),
                  LOG_NUM("asked", count));
    if (started)
        wait_for_stop(&pollers);
}
