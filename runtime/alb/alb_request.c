#include "runtime/alb/alb_request.h"

#include <stdio.h>
#include <time.h>

#include "runtime/core/clock.h"

enum { TRACE_MAX_BYTES = 7 * 1024, ADDED_FIELDS = 5 };

static bool is_name(struct bytes name, const char *const *names)
{
    for (; *names; names++)
        if (bytes_ieq(name, bytes_from_str(*names)))
            return true;
    return false;
}

/* true when a Connection field names `name`: it is meant for this hop alone. */
static bool is_named_by_connection(const struct http_request *req, struct bytes name)
{
    for (size_t i = 0; i < req->field_count; i++) {
        struct bytes rest = req->fields[i].value;
        if (!bytes_ieq(req->fields[i].name, BYTES_LIT("connection")))
            continue;
        while (rest.len) {
            size_t end = bytes_find(rest, ',');
            if (bytes_ieq(bytes_trim(bytes_make(rest.ptr, end)), name))
                return true;
            rest = bytes_skip(rest, end < rest.len ? end + 1 : end);
        }
    }
    return false;
}

/* Other names than these are invalid to an ALB: servers read some as if they were another. */
static bool is_valid_name(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

static bool drops_invalid(const struct alb_client *client)
{
    return !client->attributes || client->attributes->drops_invalid_fields;
}

static bool preserves_host(const struct alb_client *client)
{
    return client->attributes && client->attributes->preserves_host;
}

static unsigned xff_mode(const struct alb_client *client)
{
    return client->attributes ? client->attributes->xff_mode : ALB_XFF_APPEND;
}

static bool is_replaced(const struct alb_client *client, struct bytes name)
{
    static const char *const replaced[] = {"x-forwarded-proto", "x-forwarded-port",
                                           "x-amzn-trace-id", NULL};
    if (bytes_ieq(name, BYTES_LIT("host")))
        return !preserves_host(client);
    if (bytes_ieq(name, BYTES_LIT("x-forwarded-for")))
        return xff_mode(client) != ALB_XFF_PRESERVE;
    return is_name(name, replaced);
}

static bool is_dropped(const struct http_request *req, const struct alb_client *client,
                       struct bytes name)
{
    static const char *const dropped[] = {"expect", "content-length", NULL};
    return (drops_invalid(client) && !is_valid_name(name)) || http_field_is_hop_by_hop(name) ||
           is_name(name, dropped) || is_replaced(client, name) || is_named_by_connection(req, name);
}

/* --- the values that the load balancer writes --- */

static bool has_port(struct bytes host)
{
    size_t colon = host.len;
    while (colon && host.ptr[colon - 1] >= '0' && host.ptr[colon - 1] <= '9')
        colon--;
    return colon && host.ptr[colon - 1] == ':';
}

static enum rc host_value(const struct http_request *req, const struct alb_client *client,
                          struct bytes *out)
{
    const struct bytes *sent = http_request_header(req, "host");
    struct bytes host = sent && sent->len ? *sent : bytes_from_str(client->dns_name);
    bool is_default = client->listener_port == 80 || client->listener_port == 443;
    enum rc rc;
    if (is_default || has_port(host))
        rc = arena_dup(req->arena, host, out);
    else
        rc = arena_printf(req->arena, out, "%.*s:%u", BYTES_ARG(host), client->listener_port);
    if (rc != RC_OK)
        return rc;
    char *text = (char *)(uintptr_t)out->ptr; /* ours, from the arena */
    for (size_t i = 0; i < out->len; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] | 0x20);
    return RC_OK;
}

static enum rc forwarded_for_value(const struct http_request *req, const struct alb_client *client,
                                   struct bytes *out)
{
    struct bytes list = {NULL, 0};
    enum rc rc = RC_OK;
    for (size_t i = 0; i < req->field_count && rc == RC_OK; i++)
        if (bytes_ieq(req->fields[i].name, BYTES_LIT("x-forwarded-for")))
            rc = arena_printf(req->arena, &list, "%.*s%s%.*s", BYTES_ARG(list),
                              list.len ? ", " : "", BYTES_ARG(req->fields[i].value));
    if (rc != RC_OK)
        return rc;
    const char *separator = list.len ? ", " : "";
    if (client->attributes && client->attributes->has_xff_client_port)
        return arena_printf(req->arena, out, "%.*s%s%s:%u", BYTES_ARG(list), separator,
                            client->address, client->port);
    return arena_printf(req->arena, out, "%.*s%s%s", BYTES_ARG(list), separator, client->address);
}

/* The client's fields of the trace, without a Self, which is the load balancer's own. */
static enum rc kept_trace(const struct http_request *req, struct bytes sent, struct bytes *out)
{
    enum rc rc = RC_OK;
    *out = (struct bytes){NULL, 0};
    while (sent.len && rc == RC_OK) {
        size_t end = bytes_find(sent, ';');
        struct bytes piece = bytes_trim(bytes_make(sent.ptr, end));
        sent = bytes_skip(sent, end < sent.len ? end + 1 : end);
        if (piece.len && !bytes_starts_with(piece, BYTES_LIT("Self=")))
            rc = arena_printf(req->arena, out, "%.*s%s%.*s", BYTES_ARG(*out), out->len ? ";" : "",
                              BYTES_ARG(piece));
    }
    return rc;
}

static bool has_root(struct bytes trace)
{
    return bytes_starts_with(trace, BYTES_LIT("Root=")) ||
           (trace.len && memmem(trace.ptr, trace.len, ";Root=", 6) != NULL);
}

static enum rc trace_value(const struct http_request *req, const struct alb_client *client,
                           struct random_state *random, struct bytes *out)
{
    int64_t epoch_ms = client->epoch_ms ? client->epoch_ms : clock_ms_epoch();
    const struct bytes *sent = http_request_header(req, "x-amzn-trace-id");
    struct bytes kept = {NULL, 0};
    enum rc rc = RC_OK;
    if (sent && sent->len <= TRACE_MAX_BYTES)
        rc = kept_trace(req, *sent, &kept);
    if (rc != RC_OK)
        return rc;
    bool continues = has_root(kept);
    return arena_printf(req->arena, out, "%s=1-%08x-%08x%016llx%s%.*s", continues ? "Self" : "Root",
                        (unsigned)(epoch_ms / 1000), (unsigned)random_next(random),
                        (unsigned long long)random_next(random), kept.len ? ";" : "",
                        BYTES_ARG(kept));
}

size_t alb_request_forwarders(const struct http_request *req)
{
    size_t count = 0;
    for (size_t i = 0; i < req->field_count; i++) {
        struct bytes value = req->fields[i].value;
        if (!bytes_ieq(req->fields[i].name, BYTES_LIT("x-forwarded-for")) || !value.len)
            continue;
        count++;
        for (size_t k = 0; k < value.len; k++)
            count += value.ptr[k] == ',';
    }
    return count;
}

struct bytes alb_request_host(const struct http_request *req, const char *fallback)
{
    const struct bytes *sent = http_request_header(req, "host");
    struct bytes host = sent && sent->len ? *sent : bytes_from_str(fallback);
    size_t colon = host.len;
    if (!has_port(host))
        return host;
    while (host.ptr[--colon] != ':')
        ;
    return bytes_make(host.ptr, colon);
}

/* --- the table --- */

static void add(struct http_field *fields, size_t *count, const char *name, struct bytes value)
{
    fields[(*count)++] = (struct http_field){bytes_from_str(name), value};
}

enum rc alb_request_prepare(struct http_request *req, const struct alb_client *client,
                            struct random_state *random)
{
    struct bytes host, forwarded, trace, port;
    size_t count = 0;
    struct http_field *fields =
        arena_alloc(req->arena, (req->field_count + ADDED_FIELDS) * sizeof *fields);
    if (!fields || host_value(req, client, &host) != RC_OK ||
        forwarded_for_value(req, client, &forwarded) != RC_OK ||
        trace_value(req, client, random, &trace) != RC_OK ||
        arena_printf(req->arena, &port, "%u", client->listener_port) != RC_OK)
        return RC_NOMEM;
    if (xff_mode(client) == ALB_XFF_APPEND)
        add(fields, &count, "X-Forwarded-For", forwarded);
    add(fields, &count, "X-Forwarded-Proto",
        client->is_tls ? BYTES_LIT("https") : BYTES_LIT("http"));
    add(fields, &count, "X-Forwarded-Port", port);
    if (!preserves_host(client) || !http_request_header(req, "host"))
        add(fields, &count, "Host", host);
    add(fields, &count, "X-Amzn-Trace-Id", trace);
    for (size_t i = 0; i < req->field_count; i++)
        if (!is_dropped(req, client, req->fields[i].name))
            fields[count++] = req->fields[i];
    req->fields = fields;
    req->field_count = count;
    req->trace_id = trace;
    return RC_OK;
}
