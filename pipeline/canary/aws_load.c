#include "pipeline/canary/aws_load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/aws/transport.h"
#include "runtime/core/clock.h"

enum { KEEP_ON_MS = 20 * 1000, ARENA_MAX = 16 * 1024 * 1024, SERVER_ERROR = 500 };

struct aws_load {
    const struct plan_load *plan;
    struct transport *transport;
    pthread_t thread;
    pthread_mutex_t mutex; /* of is_over */
    pthread_cond_t over;
    bool is_over;
    _Atomic int64_t until_ms; /* clock_ms_monotonic */
    _Atomic uint64_t sent, failed;
};

static void send_one(struct aws_load *load, struct arena *arena)
{
    struct transport_answer answer;
    const struct transport_request request = {.method = BYTES_LIT("GET"),
                                              .url = bytes_from_str(load->plan->url),
                                              .deadline_ms =
                                                  clock_ms_monotonic() + load->plan->timeout_ms};
    enum rc rc = transport_send(load->transport, &request, arena, &answer);
    if (rc != RC_OK || answer.status >= SERVER_ERROR)
        atomic_fetch_add(&load->failed, 1);
    atomic_fetch_add(&load->sent, 1);
    arena_reset(arena);
}

/* true: it is over. */
static bool wait_until(struct aws_load *load, int64_t at_ms)
{
    const struct timespec time = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    (void)pthread_mutex_lock(&load->mutex);
    while (!load->is_over && clock_ms_monotonic() < at_ms)
        (void)pthread_cond_timedwait(&load->over, &load->mutex, &time);
    bool is_over = load->is_over;
    (void)pthread_mutex_unlock(&load->mutex);
    return is_over;
}

/* A request that takes long is not made up for: the rate is an upper bound. */
static void *run(void *context)
{
    struct aws_load *load = context;
    int64_t period_ms = (int64_t)(1000 / load->plan->rate), next_ms = clock_ms_monotonic();
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    while (!wait_until(load, next_ms)) {
        next_ms = clock_ms_monotonic() + period_ms;
        if (clock_ms_monotonic() < atomic_load(&load->until_ms))
            send_one(load, &arena);
    }
    arena_release(&arena);
    return NULL;
}

static bool init_waiting(struct aws_load *load)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool is_made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                   pthread_cond_init(&load->over, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    return is_made && pthread_mutex_init(&load->mutex, NULL) == 0;
}

struct aws_load *aws_load_new(const struct plan_load *plan, aws_lookup_fn *lookup)
{
    struct aws_load *load = calloc(1, sizeof *load);
    if (!load)
        return NULL;
    load->plan = plan;
    load->transport = transport_new(lookup);
    if (load->transport && init_waiting(load) &&
        pthread_create(&load->thread, NULL, run, load) == 0)
        return load;
    transport_free(load->transport);
    free(load);
    return NULL;
}

void aws_load_free(struct aws_load *load)
{
    if (!load)
        return;
    (void)pthread_mutex_lock(&load->mutex);
    load->is_over = true;
    (void)pthread_cond_signal(&load->over);
    (void)pthread_mutex_unlock(&load->mutex);
    (void)pthread_join(load->thread, NULL);
    (void)pthread_cond_destroy(&load->over);
    (void)pthread_mutex_destroy(&load->mutex);
    transport_free(load->transport);
    free(load);
}

void aws_load_keep_on(struct aws_load *load)
{
    atomic_store(&load->until_ms, clock_ms_monotonic() + KEEP_ON_MS);
}

void aws_load_count(struct aws_load *load, struct canary_load *out)
{
    *out = (struct canary_load){atomic_load(&load->sent), atomic_load(&load->failed)};
}
