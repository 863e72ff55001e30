#include "pipeline/guard/guard_probe.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pipeline/canary/plan_parts.h"
#include "pipeline/guard/guard_pace.h"
#include "runtime/aws/transport.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"

enum { RING = 256, PIN_MAX = 512, ARENA_MAX = 8 * 1024 * 1024 };

/* One home. When nobody takes its signs, the oldest are lost. */
struct prober {
    struct guard_probe *owner;
    pthread_t threads[LIMIT_GUARD_PROBES];
    size_t thread_count;
    pthread_cond_t changed;
    bool is_awaited;   /* a thread waits for the next probe's time; the others for that thread */
    char pin[PIN_MAX]; /* "": nowhere yet */
    struct guard_pace pace;
    enum guard_sign signs[RING];
    size_t first, count;
    char why[GUARD_PROBE_WHY_MAX];
};

struct guard_probe {
    const struct guard_policy *policy;
    const char *secret;
    struct transport *transport;
    guard_probe_fn *on_bad;
    void *context;
    pthread_mutex_t mutex;
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
    bool may_complete = guard_pace_answer(&prober->pace, sign == GUARD_GOOD);
    if (sign == GUARD_GOOD)
        return;
    (void)snprintf(prober->why, sizeof prober->why, "%s", why);
    (void)pthread_cond_broadcast(&prober->changed); /* the next one is due sooner */
    if (may_complete)
        prober->owner->on_bad(prober->owner->context);
}

/* true: a probe is due, and the caller's; false: look again. */
static bool wait_for_turn(struct prober *prober)
{
    struct guard_probe *probe = prober->owner;
    int64_t now_ms = clock_ms_monotonic(), at_ms = guard_pace_next_ms(&prober->pace);
    const struct timespec time = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    if (now_ms >= at_ms) {
        prober->pace.sent_ms = now_ms;
        (void)pthread_cond_signal(&prober->changed); /* the next one's time is another thread's */
        return true;
    }
    if (prober->is_awaited) {
        (void)pthread_cond_wait(&prober->changed, &probe->mutex);
        return false;
    }
    prober->is_awaited = true;
    (void)pthread_cond_timedwait(&prober->changed, &probe->mutex, &time);
    prober->is_awaited = false;
    return false;
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
        if (!wait_for_turn(prober))
            continue;
        memcpy(pin, prober->pin, sizeof pin);
        (void)pthread_mutex_unlock(&probe->mutex);
        enum guard_sign sign = *pin ? send_one(probe, pin, &arena, why) : GUARD_NONE;
        arena_reset(&arena);
        (void)pthread_mutex_lock(&probe->mutex);
        /* What was asked of another slot says nothing of this one. */
        if (sign != GUARD_NONE && strcmp(pin, prober->pin) == 0)
            add_sign(prober, sign, why);
    }
    (void)pthread_mutex_unlock(&probe->mutex);
    arena_release(&arena);
    return NULL;
}

static bool start_home(struct prober *prober)
{
    unsigned failures = prober->pace.probes->failures;
    size_t wanted = failures < LIMIT_GUARD_PROBES ? failures : LIMIT_GUARD_PROBES;
    while (prober->thread_count < wanted &&
           pthread_create(&prober->threads[prober->thread_count], NULL, run, prober) == 0)
        prober->thread_count++;
    return prober->thread_count == wanted;
}

/* Signals are for the thread that waits for them. */
static bool start(struct guard_probe *probe)
{
    sigset_t all, before;
    bool is_well = true;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < GUARD_HOMES && is_well; i++)
        is_well = start_home(&probe->probers[i]);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_well;
}

static void init_homes(struct guard_probe *probe)
{
    pthread_condattr_t attributes;
    (void)pthread_mutex_init(&probe->mutex, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    for (int i = 0; i < GUARD_HOMES; i++) {
        struct prober *prober = &probe->probers[i];
        prober->owner = probe;
        prober->pace.probes = &probe->policy->probes;
        (void)pthread_cond_init(&prober->changed, &attributes);
    }
    (void)pthread_condattr_destroy(&attributes);
}

struct guard_probe *guard_probe_new(const struct guard_policy *policy, aws_lookup_fn *lookup,
                                    guard_probe_fn *on_bad, void *context)
{
    struct guard_probe *probe = calloc(1, sizeof *probe);
    if (!probe)
        return NULL;
    probe->policy = policy;
    probe->secret = lookup(policy->probes.secret_variable);
    probe->on_bad = on_bad;
    probe->context = context;
    init_homes(probe);
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
    for (int i = 0; i < GUARD_HOMES; i++)
        (void)pthread_cond_broadcast(&probe->probers[i].changed);
    (void)pthread_mutex_unlock(&probe->mutex);
    for (int i = 0; i < GUARD_HOMES; i++) {
        struct prober *prober = &probe->probers[i];
        for (size_t t = 0; t < prober->thread_count; t++)
            (void)pthread_join(prober->threads[t], NULL);
        (void)pthread_cond_destroy(&prober->changed);
    }
    transport_free(probe->transport);
    (void)pthread_mutex_destroy(&probe->mutex);
    free(probe);
}

void guard_probe_aim(struct guard_probe *probe, enum guard_home home, const char *group,
                     double rate)
{
    struct prober *prober = &probe->probers[home];
    char pin[PIN_MAX];
    (void)snprintf(pin, sizeof pin, "%s.%s", probe->secret, plan_slot_of(group));
    (void)pthread_mutex_lock(&probe->mutex);
    if (strcmp(pin, prober->pin) != 0) {
        memcpy(prober->pin, pin, sizeof pin);
        prober->count = 0;
        prober->pace.bad = 0;
    }
    if (rate != prober->pace.rate) {
        prober->pace.rate = rate;
        (void)pthread_cond_broadcast(&prober->changed);
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
