#include "runtime/local/rig_fetch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/aws/client.h"
#include "runtime/aws/environment.h"
#include "runtime/core/buf.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"

enum { PART_BYTES = 8 * 1024 * 1024, FETCH_MS = 60000, ERROR_LEN = 512 };

/* Of a body without a byte; S3 wants it said. */
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct fetch_job {
    struct loop_job job; /* first */
    struct rig_fetch *fetch;
    char *url, *path;
    lambda_fetched_fn *on_fetched;
    void *context;
    struct buf object;
    char error[ERROR_LEN];
    struct fetch_job *next;
    pthread_mutex_t lock; /* guards these two between the threads */
    bool is_posted;       /* the job is the loop's thread's again */
    bool is_dropped;      /* the rig has ended: the thread frees the job */
};

struct rig_fetch {
    struct loop *loop;
    char *url;
    struct fetch_job *jobs;
};

static void job_free(struct fetch_job *job)
{
    buf_release(&job->object);
    (void)pthread_mutex_destroy(&job->lock);
    free(job->url);
    free(job->path);
    free(job);
}

/* --- on the job's thread --- */

/* A look-up has no context. */
static _Thread_local const char *endpoint;

static const char *lookup(const char *name)
{
    static const char *const fallbacks[][2] = {{"AWS_ACCESS_KEY_ID", "test"},
                                               {"AWS_SECRET_ACCESS_KEY", "test"},
                                               {"AWS_REGION", "us-east-1"}};
    const char *value = aws_environment_lookup(name);
    if (strcmp(name, "AWS_ENDPOINT_URL_S3") == 0)
        return endpoint;
    bool is_bare =
        !aws_environment_lookup("AWS_ACCESS_KEY_ID") && !aws_environment_lookup("AWS_PROFILE");
    for (size_t i = 0; !value && is_bare && i < sizeof fallbacks / sizeof *fallbacks; i++)
        if (strcmp(name, fallbacks[i][0]) == 0)
            return fallbacks[i][1];
    return value;
}

/* One part. RC_OK: it was the last · RC_AGAIN · any other: job->error. */
static enum rc fetch_part(struct fetch_job *job, struct aws_client *client, int64_t deadline_ms)
{
    struct arena arena;
    struct aws_response response;
    char range[64];
    int len = snprintf(range, sizeof range, "bytes=%zu-%zu", job->object.len,
                       job->object.len + PART_BYTES - 1);
    const struct aws_field fields[] = {
        {BYTES_LIT("Range"), bytes_make(range, (size_t)len)},
        {BYTES_LIT("X-Amz-Content-Sha256"), BYTES_LIT(EMPTY_SHA256)}};
    const struct aws_request request = {.method = BYTES_LIT("GET"),
                                        .path = bytes_from_str(job->path),
                                        .fields = fields,
                                        .field_count = sizeof fields / sizeof *fields};
    arena_init(&arena, 2 * LIMIT_AWS_ANSWER_BYTES);
    enum rc rc = aws_call(client, &request, deadline_ms, &arena, &response);
    if (rc == RC_OK) {
        buf_append(&job->object, response.body);
        /* Who knows no ranges sends all of it. */
        rc = response.status == 206 && response.body.len == PART_BYTES ? RC_AGAIN : RC_OK;
        if (job->object.failed) {
            rc = RC_BODY_LIMIT;
            (void)snprintf(job->error, ERROR_LEN, "'%s' is over %d bytes", job->path,
                           LIMIT_PACKAGE_BYTES);
        }
    } else if (response.status == 416 && job->object.len) {
        rc = RC_OK; /* the last part was a whole one */
    } else {
        (void)snprintf(job->error, ERROR_LEN, "S3 Error Code: %.*s. S3 Error Message: %.*s (%s)",
                       BYTES_ARG(response.error), BYTES_ARG(response.message), job->path);
    }
    arena_release(&arena);
    return rc;
}

static void fetch_all(struct fetch_job *job)
{
    int64_t deadline_ms = clock_ms_monotonic() + FETCH_MS;
    const struct aws_client_options options = {.service = "s3", .lookup = lookup};
    endpoint = job->url;
    struct aws_client *client = aws_client_new(&options, job->error, ERROR_LEN);
    enum rc rc = client ? RC_AGAIN : RC_NOMEM;
    while (rc == RC_AGAIN)
        rc = fetch_part(job, client, deadline_ms);
    aws_client_free(client);
}

static void *run(void *argument)
{
    struct fetch_job *job = argument;
    fetch_all(job);
    (void)pthread_mutex_lock(&job->lock);
    bool is_dropped = job->is_dropped;
    job->is_posted = !is_dropped;
    if (job->is_posted)
        loop_post(job->fetch->loop, &job->job);
    (void)pthread_mutex_unlock(&job->lock);
    if (is_dropped)
        job_free(job);
    return NULL;
}

/* --- on the loop's --- */

static void forget(struct fetch_job *job)
{
    struct fetch_job **link = &job->fetch->jobs;
    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
}

static void on_job(struct loop *loop, struct loop_job *posted)
{
    struct fetch_job *job = (struct fetch_job *)(void *)posted;
    (void)loop;
    /* The thread that posted it may still hold the lock. */
    (void)pthread_mutex_lock(&job->lock);
    (void)pthread_mutex_unlock(&job->lock);
    forget(job);
    job->on_fetched(job->context, buf_bytes(&job->object), job->error[0] ? job->error : NULL);
    job_free(job);
}

static bool start_thread(struct fetch_job *job)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, job) != 0)
        return false;
    (void)pthread_detach(thread);
    return true;
}

bool rig_fetch_object(void *context, struct bytes bucket, struct bytes key,
                      lambda_fetched_fn *on_fetched, void *fetched_context, char *error,
                      size_t error_len)
{
    struct rig_fetch *fetch = context;
    struct fetch_job *job = calloc(1, sizeof *job);
    (void)snprintf(error, error_len, "no memory");
    if (!job)
        return false;
    job->job.fn = on_job;
    job->fetch = fetch;
    job->on_fetched = on_fetched;
    job->context = fetched_context;
    buf_init(&job->object, LIMIT_PACKAGE_BYTES);
    (void)pthread_mutex_init(&job->lock, NULL);
    job->url = strdup(fetch->url);
    if (asprintf(&job->path, "/%.*s/%.*s", BYTES_ARG(bucket), BYTES_ARG(key)) < 0)
        job->path = NULL;
    if (!job->url || !job->path || !start_thread(job)) {
        job_free(job);
        return false;
    }
    job->next = fetch->jobs;
    fetch->jobs = job;
    return true;
}

struct rig_fetch *rig_fetch_new(struct loop *loop, const char *url)
{
    struct rig_fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        return NULL;
    fetch->loop = loop;
    fetch->url = strdup(url);
    if (fetch->url)
        return fetch;
    free(fetch);
    return NULL;
}

void rig_fetch_free(struct rig_fetch *fetch)
{
    if (!fetch)
        return;
    while (fetch->jobs) {
        struct fetch_job *job = fetch->jobs;
        fetch->jobs = job->next;
        (void)pthread_mutex_lock(&job->lock);
        job->is_dropped = true;
        bool is_posted = job->is_posted;
        (void)pthread_mutex_unlock(&job->lock);
        if (is_posted)
            job_free(job); /* the loop has run for the last time */
    }
    free(fetch->url);
    free(fetch);
}
