#include "runtime/control/relay.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/alb/target_answer.h"
#include "runtime/alb/upstream.h"
#include "runtime/core/limits.h"

enum { SERVICE_MAX = 64, HOST_MAX = 256, SILENCE_MS = 60000, PART_BYTES = 64 * 1024 };

struct relay_route {
    char service[SERVICE_MAX + 1];
    char host[HOST_MAX + 1], port[8];
    char url[HOST_MAX + 32];
    struct sockaddr_in to;
};

/* A call on its way. */
struct passage {
    struct relay *relay;
    const struct relay_route *route;
    struct control_call *call;
    struct httpd_exchange *exchange;
    struct upstream *upstream;
    struct bytes body; /* what has not gone */
    bool has_begun;    /* the answer has */
    struct passage *next;
};

struct relay {
    struct loop *loop;
    struct relay_route routes[RELAY_MAX];
    size_t count;
    struct passage *passages;
};

/* --- what is forwarded where --- */

static bool take(struct bytes text, char *out, size_t size)
{
    if (text.len == 0 || text.len >= size)
        return false;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

static bool read_route(const char *text, struct relay_route *route)
{
    static const struct bytes scheme = BYTES_INIT("http://");
    struct bytes rest = bytes_from_str(text);
    uint64_t port;
    size_t len = bytes_find(rest, '=');
    if (len == rest.len || !take(bytes_make(rest.ptr, len), route->service, sizeof route->service))
        return false;
    rest = bytes_skip(rest, len + 1);
    if (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    if (!bytes_starts_with(rest, scheme) || !take(rest, route->url, sizeof route->url))
        return false;
    rest = bytes_skip(rest, scheme.len);
    len = bytes_find(rest, ':');
    if (!take(bytes_make(rest.ptr, len), route->host, sizeof route->host))
        return false;
    rest = len < rest.len ? bytes_skip(rest, len + 1) : BYTES_LIT("80");
    return bytes_find(bytes_from_str(route->host), '/') == strlen(route->host) &&
           bytes_to_u64(rest, 65535, &port) && port > 0 &&
           take(rest, route->port, sizeof route->port);
}

bool relay_check(const char *text, char *error, size_t error_len)
{
    struct relay_route route;
    if (read_route(text, &route))
        return true;
    (void)snprintf(error, error_len,
                   "--forward '%s': write SERVICE=http://HOST:PORT, such as "
                   "s3=http://127.0.0.1:5000",
                   text);
    return false;
}

static bool resolve(struct relay_route *route, char *error, size_t error_len)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int reason = getaddrinfo(route->host, route->port, &hints, &found);
    if (reason != 0) {
        (void)snprintf(error, error_len, "cannot forward %s to '%s': %s", route->service,
                       route->url, gai_strerror(reason));
        return false;
    }
    memcpy(&route->to, found->ai_addr, sizeof route->to);
    freeaddrinfo(found);
    return true;
}

static const struct relay_route *find(const struct relay *relay, struct bytes service)
{
    for (size_t i = 0; relay && i < relay->count; i++)
        if (bytes_eq(service, bytes_from_str(relay->routes[i].service)))
            return &relay->routes[i];
    return NULL;
}

const char *relay_url(const struct relay *relay, struct bytes service)
{
    const struct relay_route *route = find(relay, service);
    return route ? route->url : NULL;
}

static bool add(struct relay *relay, const char *text, char *error, size_t error_len)
{
    struct relay_route route;
    if (!relay_check(text, error, error_len) || !read_route(text, &route))
        return false;
    if (find(relay, bytes_from_str(route.service)) || relay->count == RELAY_MAX) {
        (void)snprintf(error, error_len, "--forward '%s': %s", text,
                       relay->count == RELAY_MAX ? "there are too many"
                                                 : "this service has been given before");
        return false;
    }
    relay->routes[relay->count] = route;
    return resolve(&relay->routes[relay->count++], error, error_len);
}

struct relay *relay_new(struct loop *loop, const char *const *texts, size_t count, char *error,
                        size_t error_len)
{
    struct relay *relay = calloc(1, sizeof *relay);
    if (!relay) {
        (void)snprintf(error, error_len, "no memory");
        return NULL;
    }
    relay->loop = loop;
    for (size_t i = 0; i < count; i++)
        if (!add(relay, texts[i], error, error_len)) {
            free(relay);
            return NULL;
        }
    return relay;
}

/* --- a call's way --- */

/* The call is answered before it, or after it. */
static void end(struct passage *passage)
{
    struct passage **link = &passage->relay->passages;
    while (*link != passage)
        link = &(*link)->next;
    *link = passage->next;
    if (passage->upstream)
        upstream_close(passage->upstream);
    free(passage);
}

static void fail(struct passage *passage, const char *what)
{
    struct control_call *call = passage->call;
    const struct relay_route *route = passage->route;
    end(passage);
    control_fail(call, 502, "ServiceUnavailable", "--forward %s=%s: %s", route->service, route->url,
                 what);
}

static void on_done(void *context, struct upstream *upstream, enum rc rc,
                    const struct http1_response *res, bool has_begun)
{
    struct passage *passage = context;
    struct httpd_exchange *exchange = passage->exchange;
    (void)upstream;
    (void)has_begun;
    if (rc != RC_OK)
        fail(passage, rc == RC_IO        ? "nobody listens there"
                      : rc == RC_TIMEOUT ? "it does not answer"
                                         : "its answer is none of HTTP, or breaks off");
    else if (!target_answer_take(exchange, res))
        fail(passage, "its answer has too large a head");
    else
        httpd_respond(exchange); /* relay_done follows */
}

/* --- an answer that goes on as it comes --- */

static enum rc produce(void *context, struct buf *out)
{
    struct passage *passage = context;
    bool is_reusable;
    return upstream_pull(passage->upstream, out, &is_reusable);
}

static int64_t said_length(const struct http1_response *res)
{
    uint64_t length;
    for (size_t i = 0; i < res->field_count; i++)
        if (bytes_ieq(res->fields[i].name, BYTES_LIT("content-length")) &&
            bytes_to_u64(res->fields[i].value, INT64_MAX, &length))
            return (int64_t)length;
    return HTTPD_UNKNOWN;
}

static void on_begun(void *context, struct upstream *upstream, const struct http1_response *res)
{
    struct passage *passage = context;
    struct httpd_exchange *exchange = passage->exchange;
    (void)upstream;
    if (!target_answer_take(exchange, res)) {
        fail(passage, "its answer has too large a head");
        return;
    }
    passage->has_begun = true;
    exchange->produced_bytes = said_length(res);
    exchange->res.producer = produce;
    exchange->res.producer_context = passage;
    exchange->is_live = true;
    httpd_respond(exchange);
}

static void on_more(void *context, struct upstream *upstream)
{
    struct passage *passage = context;
    (void)upstream;
    httpd_wake(passage->exchange);
}

void relay_done(struct relay *relay, const struct httpd_exchange *exchange)
{
    struct passage *passage = relay ? relay->passages : NULL;
    while (passage && passage->exchange != exchange)
        passage = passage->next;
    if (passage)
        end(passage);
}

/* --- the request --- */

static void on_taken(void *context, struct upstream *upstream)
{
    struct passage *passage = context;
    bool has_gone = true, is_last = false;
    while (has_gone && !is_last) {
        struct bytes part = passage->body;
        is_last = part.len <= PART_BYTES;
        part.len = is_last ? part.len : PART_BYTES;
        passage->body = bytes_skip(passage->body, part.len);
        has_gone = upstream_push(upstream, part, is_last);
    }
}

static bool is_dropped(struct bytes name)
{
    return http_field_is_hop_by_hop(name) || bytes_ieq(name, BYTES_LIT("content-length")) ||
           bytes_ieq(name, BYTES_LIT("expect"));
}

/* All of the request but its body, if it has one. */
static bool write_head(const struct http_request *req, struct buf *out)
{
    struct bytes target = req->path;
    size_t count = 0;
    struct http_field *fields = arena_alloc(req->arena, (req->field_count + 1) * sizeof *fields);
    if (!fields)
        return false;
    for (size_t i = 0; i < req->field_count; i++)
        if (!is_dropped(req->fields[i].name))
            fields[count++] = req->fields[i];
    if (req->query.len &&
        arena_join(req->arena, req->path, BYTES_LIT("?"), req->query, &target) != RC_OK)
        return false;
    if (req->body.len)
        http1_encode_request_head(out, req->method_text, target, fields, count, req->body.len);
    else
        http1_encode_request(out, req->method_text, target, fields, count, req->body);
    return !out->failed;
}

static bool start(struct passage *passage)
{
    static const struct upstream_stream stream = {
        .on_begun = on_begun, .on_more = on_more, .on_taken = on_taken};
    const struct http_request *req = &passage->exchange->req;
    struct buf head;
    buf_init(&head, 2 * LIMIT_HEAD_BYTES);
    passage->body = req->body;
    passage->upstream = upstream_open(passage->relay->loop, &passage->route->to);
    bool is_sent = passage->upstream && write_head(req, &head) &&
                   upstream_send(passage->upstream, buf_bytes(&head), req->method, SILENCE_MS,
                                 on_done, passage) == RC_OK;
    buf_release(&head);
    if (is_sent)
        upstream_stream(passage->upstream, &stream, req->body.len > 0);
    return is_sent;
}

bool relay_send(struct relay *relay, struct bytes service, struct control_call *call,
                struct httpd_exchange *exchange)
{
    const struct relay_route *route = find(relay, service);
    if (!route)
        return false;
    struct passage *passage = calloc(1, sizeof *passage);
    if (!passage) {
        control_fail(call, 500, "InternalFailure", "no memory");
        return true;
    }
    *passage = (struct passage){.relay = relay,
                                .route = route,
                                .call = call,
                                .exchange = exchange,
                                .next = relay->passages};
    relay->passages = passage;
    if (!start(passage))
        fail(passage, "no memory or descriptor");
    return true;
}

void relay_free(struct relay *relay)
{
    if (!relay)
        return;
    while (relay->passages) {
        if (relay->passages->has_begun)
            end(relay->passages); /* it breaks off with its connection */
        else
            fail(relay->passages, "the rig ends");
    }
    free(relay);
}
