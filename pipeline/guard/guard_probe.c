#include "pipeline/guard/guard_probe.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pipeline/canary/plan_parts.h"
#include "runtime/aws/transport.h"
#include "runtime/core/clock.h"

enum { RING = 256, PIN_MAX = 512, ARENA_MAX = 8 * 1024 * 1024 };

/* One home. When nobody takes its signs, the oldest are lost. */
struct prober {
    struct guard_probe *owner;
    pthread_t thread;
    bool is_started;
    char pin[PIN_MAX]; /* "": nowhere yet */
    enum guard_sign signs[RING];
    size_t first, count;
    char why[GUARD_PROBE_WHY_MAX];
};

struct guard_probe {
    const struct guard_policy *policy;
    const char *secret;
    struct transport *transport;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_stopping;
    struct prober probers[GUARD_HOMES];
};

static enum guard_sign send_one(struct guard_probe *probe, const char *pin, struct arena *arena,
                                char *why)
{
    const struct guard_probes *how = &probe->policy->probes;
    const struct aws_field field = {bytes_from_str(how->header), bytes_from_str(pin)};
    const struct transport_request request = {.method = BYTES_LIT("GET"),
                                              .url = bytes_from_str(how->url),
                                              .fields = &field,
                                              .field_count = 1,
                                              .deadline_ms =
                                                  clock_ms_monotonic() + how->timeout_ms};
    struct transport_answer answer;
    enum rc rc = transport_send(probe->transport, &request, arena, &answer);
    if (rc == RC_OK && answer.status >= 200 && answer.status < 400)
        return GUARD_GOOD;
    if (rc == RC_OK)
        (void)snprintf(why, GUARD_PROBE_WHY_MAX, "it answers %d", answer.status);
    else
        (void)snprintf(why, GUARD_PROBE_WHY_MAX, "%.100s", answer.error);
    return GUARD_BAD;
}

static void add_sign(struct prober *prober, enum guard_sign sign, const char *why)
{
    if (prober->count == RING) {
        prober->first = (prober->first + 1) % RING;
        prober->count--;
    }
    prober->signs[(prober->first + prober->count++) % RING] = sign;
    if (sign == GUARD_BAD)
        (void)snprintf(prober->why, sizeof prober->why, "%s", why);
}

static void wait_until(struct guard_probe *probe, int64_t at_ms)
{
    const struct timespec time = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    int error = 0;
    while (!probe->is_stopping && error == 0)
        error = pthread_cond_timedwait(&probe->changed, &probe->mutex, &time);
}

static void *run(void *context)
{
    struct prober *prober = context;
    struct guard_probe *probe = prober->owner;
    struct arena arena;
    char pin[PIN_MAX], why[GUARD_PROBE_WHY_MAX];
    arena_init(&arena, ARENA_MAX);
    (void)pthread_mutex_lock(&probe->mutex);
    while (!probe->is_stopping) {
        int64_t next_ms = clock_ms_monotonic() + probe->policy->probes.interval_ms;
        memcpy(pin, prober->pin, sizeof pin);
        (void)pthread_mutex_unlock(&probe->mutex);
        enum guard_sign sign = *pin ? send_one(probe, pin, &arena, why) : GUARD_NONE;
        arena_reset(&arena);
        (void)pthread_mutex_lock(&probe->mutex);
        /* What was asked of another slot says nothing of this one. */
        if (sign != GUARD_NONE && strcmp(pin, prober->pin) == 0)
            add_sign(prober, sign, why);
        wait_until(probe, next_ms);
    }
    (void)pthread_mutex_unlock(&probe->mutex);
    arena_release(&arena);
    return NULL;
}

/* Signals are for the thread that waits for them. */
static bool start(struct guard_probe *probe)
{
    sigset_t all, before;
    bool is_well = true;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < GUARD_HOMES && is_well; i++) {
        struct prober *prober = &probe->probers[i];
        prober->owner = probe;
        is_well = pthread_create(&prober->thread, NULL, run, prober) == 0;
        prober->is_started = is_well;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_well;
}

struct guard_probe *guard_probe_new(const struct guard_policy *policy, aws_lookup_fn *lookup)
{
    struct guard_probe *probe = calloc(1, sizeof *probe);
    pthread_condattr_t attributes;
    if (!probe)
        return NULL;
    probe->policy = policy;
    probe->secret = lookup(policy->probes.secret_variable);
    (void)pthread_mutex_init(&probe->mutex, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&probe->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    probe->transport = transport_new(lookup);
    if (probe->transport && probe->secret && start(probe))
        return probe;
    guard_probe_free(probe);
    return NULL;
}

void guard_probe_free(struct guard_probe *probe)
{
    if (!probe)
        return;
    (void)pthread_mutex_lock(&probe->mutex);
    probe->is_stopping = true;
    (void)pthread_cond_broadcast(&probe->changed);
    (void)pthread_mutex_unlock(&probe->mutex);
    for (int i = 0; i < GUARD_HOMES; i++)
        if (probe->probers[i].is_started)
            (void)pthread_join(probe->probers[i].thread, NULL);
    transport_free(probe->transport);
    (void)pthread_cond_destroy(&probe->changed);
    (void)pthread_mutex_destroy(&probe->mutex);
    free(probe);
}

void guard_probe_aim(struct guard_probe *probe, enum guard_home home, const char *group)
{
    struct prober *prober = &probe->probers[home];
    char pin[PIN_MAX];
    (void)snprintf(pin, sizeof pin, "%s.%s", probe->secret, plan_slot_of(group));
    (void)pthread_mutex_lock(&probe->mutex);
    if (strcmp(pin, prober->pin) != 0) {
        memcpy(prober->pin, pin, sizeof pin);
        prober->count = 0;
    }
    (void)pthread_mutex_unlock(&probe->mutex);
}

enum guard_sign guard_probe_take(struct guard_probe *probe, enum guard_home home, char *why)
{
    struct prober *prober = &probe->probers[home];
    enum guard_sign sign = GUARD_NONE;
    (void)pthread_mutex_lock(&probe->mutex);
    if (prober->count) {
        sign = prober->signs[prober->first];
        prober->first = (prober->first + 1) % RING;
        prober->count--;
        (void)snprintf(why, GUARD_PROBE_WHY_MAX, "%s", prober->why);
    }
    (void)pthread_mutex_unlock(&probe->mutex);
    return sign;
}
