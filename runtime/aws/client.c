#include "runtime/aws/client_internal.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/aws/endpoint.h"
#include "runtime/aws/error.h"
#include "runtime/aws/profile.h"
#include "runtime/aws/provider.h"
#include "runtime/aws/retry.h"
#include "runtime/aws/sigv4.h"
#include "runtime/aws/transport.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"

enum { SERVICE_MAX = 64, FIELDS_MAX = 32, SKEW_MIN_S = 4 * 60 };

struct aws_client {
    char service[SERVICE_MAX];
    struct aws_endpoint endpoint;
    struct transport *transport;
    struct aws_provider *provider; /* NULL: requests are not signed */
    struct aws_budget budget;
    _Atomic int64_t skew_s; /* the service's clock less ours */
};

static bool open_parts(struct aws_client *client, const struct aws_client_setup *setup)
{
    client->transport = transport_new(setup->lookup);
    if (client->transport && !setup->is_unsigned)
        client->provider = setup->credentials ? aws_provider_fixed(setup->credentials)
                                              : aws_provider_new(aws_source_chain, setup->lookup);
    return client->transport && (client->provider || setup->is_unsigned);
}

struct aws_client *aws_client_open(const struct aws_client_setup *setup, char *error,
                                   size_t error_len)
{
    struct aws_client *client = calloc(1, sizeof *client);
    if (!client) {
        (void)snprintf(error, error_len, "no memory for a client of '%s'", setup->service);
        return NULL;
    }
    aws_budget_init(&client->budget);
    (void)snprintf(client->service, sizeof client->service, "%s", setup->service);
    if (aws_endpoint_find(&client->endpoint, setup->service, setup->lookup, setup->region,
                          setup->url, error, error_len)) {
        if (open_parts(client, setup))
            return client;
        (void)snprintf(error, error_len, "no memory for a client of '%s'", setup->service);
    }
    aws_client_free(client);
    return NULL;
}

/* Region and endpoint may stand in the profile. */
static struct aws_client *open_with_profile(struct aws_client_setup *setup, struct arena *arena,
                                            char *error, size_t error_len)
{
    struct aws_profiles profiles;
    struct text why;
    text_init(&why, arena);
    struct aws_asking asking = {setup->lookup, 0, arena, &why};
    enum rc rc = aws_profiles_load(&asking, &profiles);
    if (rc == RC_REFUSED || rc == RC_NOMEM) {
        struct bytes text = rc == RC_NOMEM ? BYTES_LIT("no memory") : text_bytes(&why);
        (void)snprintf(error, error_len, "%.*s", BYTES_ARG(text));
        return NULL;
    }
    struct bytes name = aws_profile_name(setup->lookup);
    setup->region = aws_profile_get(&profiles, name, "region").ptr;
    setup->url = aws_profile_get(&profiles, name, "endpoint_url").ptr;
    return aws_client_open(setup, error, error_len);
}

struct aws_client *aws_client_new(const struct aws_client_options *options, char *error,
                                  size_t error_len)
{
    struct aws_client_setup setup = {
        .service = options->service,
        .lookup = options->lookup ? options->lookup : aws_environment_lookup,
    };
    struct arena arena;
    arena_init(&arena, LIMIT_AWS_CREDENTIALS_BYTES);
    struct aws_client *client = open_with_profile(&setup, &arena, error, error_len);
    arena_wipe(&arena);
    return client;
}

void aws_client_free(struct aws_client *client)
{
    if (!client)
        return;
    aws_provider_free(client->provider);
    transport_free(client->transport);
    aws_budget_release(&client->budget);
    free(client);
}

const char *aws_client_endpoint(const struct aws_client *client)
{
    return client->endpoint.url;
}

/* --- one call --- */

struct call {
    struct aws_client *client;
    const struct aws_request *request;
    int64_t deadline_ms; /* 0: none */
    struct arena *arena;
    struct aws_response *response;
    const struct aws_credentials *credentials; /* of the attempt; NULL: not signed */
    struct bytes url, path;                    /* as they are sent */
    char payload_hash[SIGV4_HASH_LEN + 1];
    struct transport_answer answer;  /* of the last attempt */
    enum aws_verdict verdict;        /* of the last answer */
    unsigned cost;                   /* of the last retry, in the budget's tokens */
    bool has_renewed, has_set_clock; /* credentials, clock: once in a call */
};

static enum rc refuse(struct call *call, const char *code, struct bytes message)
{
    call->response->error = bytes_from_str(code);
    call->response->message = message;
    return RC_REFUSED;
}

static enum rc make_path(struct call *call)
{
    struct bytes plain;
    enum rc rc = arena_join(call->arena, call->client->endpoint.base, call->request->path,
                            bytes_make(NULL, 0), &plain);
    return rc == RC_OK ? sigv4_encode(call->arena, plain, true, &call->path) : rc;
}

static enum rc make_url(struct call *call)
{
    const struct aws_request *request = call->request;
    struct bytes name, value;
    struct text url;
    enum rc rc = make_path(call);
    text_init(&url, call->arena);
    text_append(&url, call->client->endpoint.origin);
    text_append(&url, rc == RC_OK ? call->path : bytes_make(NULL, 0));
    for (size_t i = 0; i < request->query_count && rc == RC_OK; i++) {
        rc = sigv4_encode(call->arena, request->query[i].name, false, &name);
        if (rc == RC_OK)
            rc = sigv4_encode(call->arena, request->query[i].value, false, &value);
        if (rc == RC_OK)
            text_printf(&url, "%c%.*s=%.*s", i ? '&' : '?', BYTES_ARG(name), BYTES_ARG(value));
    }
    if (rc != RC_OK || url.failed)
        return RC_NOMEM;
    return arena_dup(call->arena, text_bytes(&url), &call->url);
}

/* Adds what a signature needs and is. */
static enum rc sign(struct call *call, struct aws_field *fields, size_t *count)
{
    const struct aws_client *client = call->client;
    const struct aws_credentials *credentials = call->credentials;
    struct sigv4_key key = {credentials->access_key_id, credentials->secret_access_key,
                            credentials->session_token, bytes_from_str(client->endpoint.region),
                            bytes_from_str(client->service)};
    struct sigv4_request request = {
        .method = call->request->method,
        .path = call->path,
        .query = call->request->query,
        .query_count = call->request->query_count,
        .fields = fields,
        .field_count = *count,
        .payload_hash = bytes_make(call->payload_hash, SIGV4_HASH_LEN),
        .time_s = clock_ms_epoch() / 1000 + atomic_load(&client->skew_s),
    };
    struct sigv4_result result;
    struct bytes date;
    enum rc rc = sigv4_sign(&key, &request, call->arena, &result);
    if (rc == RC_OK)
        rc = arena_dup(call->arena, bytes_from_str(result.date), &date);
    if (rc != RC_OK)
        return rc;
    fields[(*count)++] = (struct aws_field){BYTES_LIT("X-Amz-Date"), date};
    if (key.session_token.len)
        fields[(*count)++] =
            (struct aws_field){BYTES_LIT("X-Amz-Security-Token"), key.session_token};
    fields[(*count)++] = (struct aws_field){BYTES_LIT("Authorization"), result.authorization};
    return RC_OK;
}

static int64_t attempt_deadline(const struct call *call)
{
    int64_t until_ms = clock_ms_monotonic() + LIMIT_AWS_ATTEMPT_MS;
    return call->deadline_ms && call->deadline_ms < until_ms ? call->deadline_ms : until_ms;
}

static enum rc send_once(struct call *call)
{
    enum { OWN_FIELDS = 4 };
    struct aws_field fields[FIELDS_MAX + OWN_FIELDS];
    size_t count = 0;
    for (; count < call->request->field_count; count++)
        fields[count] = call->request->fields[count];
    fields[count++] =
        (struct aws_field){BYTES_LIT("Host"), bytes_from_str(call->client->endpoint.host)};
    enum rc rc = call->credentials ? sign(call, fields, &count) : RC_OK;
    if (rc != RC_OK)
        return rc;
    struct transport_request request = {
        .method = call->request->method,
        .url = call->url,
        .fields = fields,
        .field_count = count,
        .body = call->request->body,
        .deadline_ms = attempt_deadline(call),
        .is_once = call->request->is_once,
    };
    return transport_send(call->client->transport, &request, call->arena, &call->answer);
}

/* --- what came of it --- */

static void read_answer(struct call *call)
{
    const struct transport_answer *answer = &call->answer;
    struct aws_response *response = call->response;
    *response = (struct aws_response){.status = answer->status, .body = answer->body};
    response->request_id = transport_field(answer, BYTES_LIT("x-amzn-RequestId"));
    if (response->request_id.len == 0)
        response->request_id = transport_field(answer, BYTES_LIT("x-amz-request-id"));
    if (answer->status < 200 || answer->status >= 300) {
        struct aws_error error =
            aws_error_read(call->arena, answer->status,
                           transport_field(answer, BYTES_LIT("x-amzn-ErrorType")), answer->body);
        response->error = error.code;
        response->message = error.message;
        if (response->request_id.len == 0)
            response->request_id = error.request_id;
    }
    call->verdict = aws_retry_verdict(answer->status, response->error);
}

/* Backs off before the attempt after `attempt`. false: there is to be no other one. */
static bool may_retry(struct call *call, unsigned attempt, bool has_answer)
{
    struct bytes asked = {0};
    if (attempt >= LIMIT_AWS_ATTEMPTS)
        return false;
    if (has_answer)
        asked = transport_field(&call->answer, BYTES_LIT("Retry-After"));
    int64_t until_ms = clock_ms_monotonic() + aws_retry_wait_ms(attempt, asked);
    if (call->deadline_ms && until_ms >= call->deadline_ms)
        return false;
    call->cost = aws_budget_take(&call->client->budget, has_answer);
    if (call->cost == 0)
        return false;
    aws_retry_wait_until(until_ms);
    return true;
}

/* Without an answer. RC_AGAIN: try again. */
static enum rc after_failure(struct call *call, enum rc rc, unsigned attempt)
{
    const struct transport_answer *answer = &call->answer;
    bool is_late = call->deadline_ms && clock_ms_monotonic() >= call->deadline_ms;
    *call->response = (struct aws_response){0};
    if (rc == RC_NOMEM)
        return rc;
    if (arena_printf(call->arena, &call->response->message, "%s: %s", call->client->endpoint.url,
                     answer->error) != RC_OK)
        return RC_NOMEM;
    if (rc == RC_SYNTAX)
        return refuse(call, "InvalidField", call->response->message);
    if (is_late)
        return RC_TIMEOUT;
    bool may_be_done = call->request->is_once && answer->is_sent;
    if (rc != RC_BODY_LIMIT && !may_be_done && may_retry(call, attempt, false))
        return RC_AGAIN;
    return RC_UNREACHABLE;
}

/* The service refuses the credentials' age: others may do. */
static enum rc after_expired(struct call *call)
{
    if (call->has_renewed || !call->credentials)
        return RC_REFUSED;
    call->has_renewed = true;
    aws_provider_reject(call->client->provider, call->credentials);
    return RC_AGAIN;
}

/* A signature may be refused because our clock is wrong; the answer has the service's time. */
static enum rc after_skewed(struct call *call)
{
    int64_t theirs_s = aws_retry_date_s(transport_field(&call->answer, BYTES_LIT("Date")));
    int64_t skew_s = theirs_s - clock_ms_epoch() / 1000;
    int64_t off_s = skew_s - atomic_load(&call->client->skew_s);
    if (call->has_set_clock || theirs_s < 0 || (off_s < SKEW_MIN_S && off_s > -SKEW_MIN_S))
        return RC_REFUSED;
    call->has_set_clock = true;
    atomic_store(&call->client->skew_s, skew_s);
    return RC_AGAIN;
}

/* With an answer. RC_AGAIN: try again. */
static enum rc after_answer(struct call *call, unsigned attempt)
{
    read_answer(call);
    switch (call->verdict) {
    case AWS_VERDICT_OK:
        aws_budget_refund(&call->client->budget, call->cost);
        return RC_OK;
    case AWS_VERDICT_REFUSED:
        return RC_REFUSED;
    case AWS_VERDICT_EXPIRED:
        return after_expired(call);
    case AWS_VERDICT_SKEWED:
        return after_skewed(call);
    case AWS_VERDICT_THROTTLED:
        return may_retry(call, attempt, true) ? RC_AGAIN : RC_THROTTLED;
    case AWS_VERDICT_TRANSIENT:
        /* It may have been done before it failed. */
        if (!call->request->is_once && may_retry(call, attempt, true))
            return RC_AGAIN;
        return RC_UNREACHABLE;
    }
    return RC_REFUSED;
}

static enum rc get_credentials(struct call *call)
{
    struct bytes why;
    if (!call->client->provider)
        return RC_OK;
    enum rc rc = aws_provider_get(call->client->provider, attempt_deadline(call), call->arena,
                                  &call->credentials, &why);
    if (rc == RC_REFUSED)
        return refuse(call, "NoCredentials", why);
    call->response->message = why.len || rc == RC_OK ? why : BYTES_LIT("no credentials in time");
    bool has_time = !call->deadline_ms || clock_ms_monotonic() < call->deadline_ms;
    return rc == RC_TIMEOUT && has_time ? RC_UNREACHABLE : rc;
}

static enum rc attempt(struct call *call, unsigned number)
{
    enum rc rc = get_credentials(call);
    if (rc != RC_OK)
        return rc;
    rc = send_once(call);
    rc = rc == RC_OK ? after_answer(call, number) : after_failure(call, rc, number);
    aws_credentials_release(call->credentials);
    call->credentials = NULL;
    return rc;
}

enum rc aws_call(struct aws_client *client, const struct aws_request *request, int64_t deadline_ms,
                 struct arena *arena, struct aws_response *response)
{
    struct call call = {.client = client,
                        .request = request,
                        .deadline_ms = deadline_ms,
                        .arena = arena,
                        .response = response};
    *response = (struct aws_response){0};
    if (request->field_count > FIELDS_MAX)
        return refuse(&call, "InvalidField", BYTES_LIT("too many fields"));
    if (!sigv4_hash(request->body, call.payload_hash) || make_url(&call) != RC_OK)
        return RC_NOMEM;
    enum rc rc = RC_AGAIN;
    for (unsigned number = 1; rc == RC_AGAIN; number++)
        rc = attempt(&call, number);
    return rc;
}
