#include "runtime/aws/provider.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"

struct aws_provider {
    aws_source_fn *const *sources;
    aws_lookup_fn *lookup;
    pthread_mutex_t lock;
    pthread_cond_t is_fetched;
    const struct aws_credentials *current;  /* NULL: none yet */
    const struct aws_credentials *rejected; /* what the service said has expired */
    int64_t refresh_ms;                     /* when `current` is to be fetched anew; epoch */
    bool is_fetching;                       /* a thread is at it */
    size_t fetch_count;
    enum rc last_rc;     /* of the last fetch */
    char last_why[1024]; /* what it said, if it failed */
};

struct aws_provider *aws_provider_new(aws_source_fn *const *sources, aws_lookup_fn *lookup)
{
    struct aws_provider *provider = calloc(1, sizeof *provider);
    pthread_condattr_t attributes;
    if (!provider)
        return NULL;
    provider->sources = sources;
    provider->lookup = lookup;
    (void)pthread_mutex_init(&provider->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&provider->is_fetched, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return provider;
}

struct aws_provider *aws_provider_fixed(const struct aws_credentials *credentials)
{
    static aws_source_fn *const no_sources[] = {NULL};
    struct aws_provider *provider = aws_provider_new(no_sources, NULL);
    if (!provider)
        return NULL;
    provider->current = aws_credentials_hold(credentials);
    provider->refresh_ms = INT64_MAX;
    return provider;
}

void aws_provider_free(struct aws_provider *provider)
{
    if (!provider)
        return;
    aws_credentials_release(provider->current);
    aws_credentials_release(provider->rejected);
    (void)pthread_cond_destroy(&provider->is_fetched);
    (void)pthread_mutex_destroy(&provider->lock);
    free(provider);
}

/* --- one fetch, without the lock --- */

static bool is_same(const struct aws_credentials *a, const struct aws_credentials *b)
{
    return a && b && bytes_eq(a->access_key_id, b->access_key_id) &&
           bytes_eq(a->session_token, b->session_token);
}

/* Asks the sources in their order. One that still gives what the service has refused is passed
 * over: a session that somebody put into the environment ends while another source can renew its
 * own. */
static enum rc ask(const struct aws_provider *provider, const struct aws_credentials *rejected,
                   struct aws_asking *asking, const struct aws_credentials **out)
{
    for (aws_source_fn *const *source = provider->sources; *source; source++) {
        enum rc rc = (*source)(asking, out);
        if (rc == RC_NOT_FOUND)
            continue;
        if (rc != RC_OK || !is_same(*out, rejected))
            return rc;
        aws_credentials_release(*out);
    }
    *out = NULL;
    text_printf(asking->why, "%s",
                rejected ? "the credentials have expired, and no source has others"
                         : "no credentials: " AWS_SOURCES_TRIED);
    return RC_REFUSED;
}

/* Everything that the sources read on the way is wiped with the arena. */
static enum rc fetch(struct aws_provider *provider, const struct aws_credentials *rejected,
                     int64_t deadline_ms, const struct aws_credentials **out, char *why,
                     size_t why_len)
{
    struct arena arena;
    struct text text;
    arena_init(&arena, LIMIT_AWS_CREDENTIALS_BYTES);
    text_init(&text, &arena);
    struct aws_asking asking = {provider->lookup, deadline_ms, &arena, &text};
    *out = NULL;
    enum rc rc = ask(provider, rejected, &asking, out);
    size_t len = text.len < why_len - 1 ? text.len : why_len - 1;
    if (len)
        memcpy(why, text.data, len);
    why[len] = '\0';
    arena_wipe(&arena);
    return rc;
}

/* --- the cache --- */

static int64_t jitter_ms(void)
{
    uint16_t value;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value)
        return 0;
    return value % LIMIT_AWS_REFRESH_JITTER_MS;
}

/* Some time before they expire, not all processes at once; of those that live shorter than that,
 * half of their life. */
static int64_t refresh_time(int64_t expires_ms)
{
    int64_t now_ms = clock_ms_epoch(), left_ms = expires_ms - now_ms;
    int64_t early_ms = LIMIT_AWS_REFRESH_EARLY_MS + jitter_ms();
    if (expires_ms == 0)
        return INT64_MAX;
    return now_ms + (left_ms > 2 * early_ms ? left_ms - early_ms : left_ms / 2);
}

static bool is_good(const struct aws_credentials *credentials)
{
    return credentials &&
           (credentials->expires_ms == 0 || credentials->expires_ms > clock_ms_epoch());
}

/* With the lock, after a fetch. */
static void keep(struct aws_provider *provider, enum rc rc, const struct aws_credentials *fetched)
{
    provider->is_fetching = false;
    provider->fetch_count++;
    provider->last_rc = rc;
    if (rc == RC_OK) {
        aws_credentials_release(provider->current);
        provider->current = fetched;
        provider->refresh_ms = refresh_time(fetched->expires_ms);
    } else if (is_good(provider->current)) { /* they serve a while yet; then ask again */
        provider->refresh_ms = clock_ms_epoch() + LIMIT_AWS_REFRESH_AGAIN_MS;
    }
    (void)pthread_cond_broadcast(&provider->is_fetched);
}

/* With the lock, which is given up meanwhile. */
static void fetch_now(struct aws_provider *provider, int64_t deadline_ms)
{
    const struct aws_credentials *fetched, *rejected = NULL;
    char why[sizeof provider->last_why];
    provider->is_fetching = true;
    if (provider->rejected)
        rejected = aws_credentials_hold(provider->rejected);
    (void)pthread_mutex_unlock(&provider->lock);
    enum rc rc = fetch(provider, rejected, deadline_ms, &fetched, why, sizeof why);
    aws_credentials_release(rejected);
    (void)pthread_mutex_lock(&provider->lock);
    memcpy(provider->last_why, why, sizeof why);
    keep(provider, rc, fetched);
}

/* With the lock. RC_AGAIN: look again at what there is. */
static enum rc wait_for_fetch(struct aws_provider *provider, int64_t deadline_ms)
{
    struct timespec until = {deadline_ms / 1000, deadline_ms % 1000 * 1000000};
    size_t before = provider->fetch_count;
    while (provider->fetch_count == before)
        if (pthread_cond_timedwait(&provider->is_fetched, &provider->lock, &until) != 0)
            return RC_TIMEOUT;
    /* That thread's deadline is not ours. */
    bool is_ours = is_good(provider->current) || provider->last_rc == RC_TIMEOUT;
    return is_ours ? RC_AGAIN : provider->last_rc;
}

/* With the lock: until there are credentials, or an end of it. */
static enum rc ensure(struct aws_provider *provider, int64_t deadline_ms)
{
    enum rc rc = RC_AGAIN;
    while (rc == RC_AGAIN) {
        bool is_good_now = is_good(provider->current);
        if (is_good_now && (provider->is_fetching || clock_ms_epoch() < provider->refresh_ms))
            return RC_OK;
        if (provider->is_fetching) {
            rc = wait_for_fetch(provider, deadline_ms);
            continue;
        }
        fetch_now(provider, deadline_ms);
        rc = is_good(provider->current) ? RC_OK : provider->last_rc;
    }
    return rc;
}

enum rc aws_provider_get(struct aws_provider *provider, int64_t deadline_ms, struct arena *arena,
                         const struct aws_credentials **out, struct bytes *why)
{
    *why = bytes_make(NULL, 0);
    *out = NULL;
    (void)pthread_mutex_lock(&provider->lock);
    enum rc rc = ensure(provider, deadline_ms);
    if (rc == RC_OK)
        *out = aws_credentials_hold(provider->current);
    else if (arena_dup(arena, bytes_from_str(provider->last_why), why) != RC_OK)
        rc = RC_NOMEM;
    (void)pthread_mutex_unlock(&provider->lock);
    return rc;
}

void aws_provider_reject(struct aws_provider *provider, const struct aws_credentials *credentials)
{
    (void)pthread_mutex_lock(&provider->lock);
    if (provider->current == credentials) {
        aws_credentials_release(provider->rejected);
        provider->rejected = provider->current;
        provider->current = NULL;
    }
    (void)pthread_mutex_unlock(&provider->lock);
}
