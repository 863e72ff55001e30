#include "runtime/alb/alb_request.h"

#include <stdio.h>
#include <time.h>

#include "runtime/core/clock.h"

enum { TRACE_MAX_BYTES = 7 * 1024, ADDED_FIELDS = 7 };

static bool is_name(struct bytes name, const char *const *names)
{
    for (; *names; names++)
        if (bytes_ieq(name, bytes_from_str(*names)))
            return true;
    return false;
}

static bool has_connection(const struct http_request *req)
{
    return http_request_header(req, "connection") != NULL;
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

static bool adds_tls(const struct alb_client *client)
{
    return client->is_tls && client->attributes && client->attributes->adds_tls_fields;
}

static bool is_replaced(const struct alb_client *client, struct bytes name)
{
    static const char *const replaced[] = {"x-forwarded-proto", "x-forwarded-port",
                                           "x-amzn-trace-id", NULL};
    if (bytes_ieq(name, BYTES_LIT("host")))
        return !preserves_host(client);
    if (bytes_ieq(name, BYTES_LIT("x-forwarded-for")))
        return xff_mode(client) != ALB_XFF_PRESERVE;
    if (bytes_ieq(name, BYTES_LIT("x-amzn-tls-version")) ||
        bytes_ieq(name, BYTES_LIT("x-amzn-tls-cipher-suite")))
        return adds_tls(client);
    return is_name(name, replaced);
}

static bool is_dropped(const struct alb_client *client, struct bytes name)
{
    static const char *const dropped[] = {"expect", "content-length", NULL};
    return (drops_invalid(client) && !is_valid_name(name)) || http_field_is_hop_by_hop(name) ||
           is_name(name, dropped) || is_replaced(client, name);
}

/* --- the values that the load balancer writes --- */

static bool has_port(struct bytes host)
{
    size_t colon = host.len;
    while (colon && host.ptr[colon - 1] >= '0' && host.ptr[colon - 1] <= '9')
        colon--;
    return colon && host.ptr[colon - 1] == ':';
}

/* Puts pieces together in the arena: for each request, which printf is too slow for. */
static enum rc join(struct arena *arena, struct bytes *out, const struct bytes *pieces,
                    size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += pieces[i].len;
    char *text = arena_alloc(arena, len + 1);
    if (!text)
        return RC_NOMEM;
    *out = bytes_make(text, len);
    for (size_t i = 0; i < count; i++)
        text = bytes_copy(text, pieces[i]);
    *text = '\0';
    return RC_OK;
}

enum { PORT_TEXT = 8 };

/* Decimal; a view into `text`. */
static struct bytes port_text(unsigned port, char text[PORT_TEXT])
{
    char *p = text + PORT_TEXT;
    do
        *--p = (char)('0' + port % 10);
    while ((port /= 10) && p > text);
    return bytes_make(p, (size_t)(text + PORT_TEXT - p));
}

static enum rc host_value(const struct http_request *req, const struct alb_client *client,
                          struct bytes port, struct bytes *out)
{
    const struct bytes *sent = http_request_header(req, "host");
    struct bytes host = sent && sent->len ? *sent : bytes_from_str(client->dns_name);
    bool is_default = client->listener_port == 80 || client->listener_port == 443;
    struct bytes pieces[] = {host, BYTES_LIT(":"), port};
    enum rc rc = join(req->arena, out, pieces, is_default || has_port(host) ? 1 : 3);
    if (rc != RC_OK)
        return rc;
    bytes_lower((char *)(uintptr_t)out->ptr, out->len); /* ours, from the arena */
    return RC_OK;
}

static enum rc forwarded_for_value(const struct http_request *req, const struct alb_client *client,
                                   struct bytes *out)
{
    struct bytes list = {NULL, 0};
    enum rc rc = RC_OK;
    for (size_t i = 0; i < req->field_count && rc == RC_OK; i++) {
        if (!bytes_ieq(req->fields[i].name, BYTES_LIT("x-forwarded-for")))
            continue;
        struct bytes more[] = {list, list.len ? BYTES_LIT(", ") : list, req->fields[i].value};
        rc = join(req->arena, &list, more, 3);
    }
    if (rc != RC_OK)
        return rc;
    bool has_port_too = client->attributes && client->attributes->has_xff_client_port;
    char digits[PORT_TEXT];
    struct bytes pieces[5] = {list, list.len ? BYTES_LIT(", ") : list,
                              bytes_from_str(client->address), BYTES_LIT(":")};
    if (has_port_too)
        pieces[4] = port_text(client->port, digits);
    return join(req->arena, out, pieces, has_port_too ? 5 : 3);
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

/* Eight hex digits, all at once: each half of a byte gets a byte, those from 10 on become letters.
 * The first digit is in the lowest byte: both architectures are little-endian. */
static void put_hex(char *to, uint32_t value)
{
    const uint64_t ones = UINT64_MAX / 0xFF;
    uint64_t digits = __builtin_bswap32(value);
    digits = (digits | digits << 16) & 0x0000FFFF0000FFFFu;
    digits = (digits | digits << 8) & 0x00FF00FF00FF00FFu;
    digits = (digits >> 4 & (ones * 0x0F & 0x00FF00FF00FF00FFu)) |
             (digits & (ones * 0x0F & 0x00FF00FF00FF00FFu)) << 8;
    uint64_t is_letter = (digits + ones * 6) >> 4 & ones;
    digits += ones * '0' + is_letter * ('a' - '0' - 10);
    memcpy(to, &digits, sizeof digits);
}

static enum rc trace_value(const struct http_request *req, const struct alb_client *client,
                           struct random_state *random, struct bytes *out)
{
    int64_t epoch_ms = client->epoch_ms ? client->epoch_ms : clock_ms_epoch();
    const struct bytes *sent = http_request_header(req, "x-amzn-trace-id");
    char id[] = "=1-00000000-000000000000000000000000";
    struct bytes kept = {NULL, 0};
    enum rc rc = RC_OK;
    if (sent && sent->len <= TRACE_MAX_BYTES)
        rc = kept_trace(req, *sent, &kept);
    if (rc != RC_OK)
        return rc;
    put_hex(id + 3, (uint32_t)(epoch_ms / 1000));
    put_hex(id + 12, (uint32_t)random_next(random));
    uint64_t number = random_next(random);
    put_hex(id + 20, (uint32_t)(number >> 32));
    put_hex(id + 28, (uint32_t)number);
    struct bytes pieces[] = {has_root(kept) ? BYTES_LIT("Self") : BYTES_LIT("Root"),
                             bytes_make(id, sizeof id - 1), BYTES_LIT(";"), kept};
    return join(req->arena, out, pieces, kept.len ? 4 : 2);
}

static size_t count_forwarders(const struct http_request *req)
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

int alb_request_refusal(const struct http_request *req)
{
    if (bytes_eq(req->method_text, BYTES_LIT("TRACE")))
        return 405;
    return count_forwarders(req) > ALB_FORWARDERS_MAX ? 463 : 0;
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
    char digits[PORT_TEXT];
    size_t count = 0;
    bool connected = has_connection(req);
    struct http_field *fields =
        arena_alloc(req->arena, (req->field_count + ADDED_FIELDS) * sizeof *fields);
    if (!fields ||
        arena_dup(req->arena, port_text(client->listener_port, digits), &port) != RC_OK ||
        host_value(req, client, port, &host) != RC_OK ||
        forwarded_for_value(req, client, &forwarded) != RC_OK ||
        trace_value(req, client, random, &trace) != RC_OK)
        return RC_NOMEM;
    if (xff_mode(client) == ALB_XFF_APPEND)
        add(fields, &count, "X-Forwarded-For", forwarded);
    add(fields, &count, "X-Forwarded-Proto",
        client->is_tls ? BYTES_LIT("https") : BYTES_LIT("http"));
    add(fields, &count, "X-Forwarded-Port", port);
    if (adds_tls(client)) {
        add(fields, &count, "X-Amzn-Tls-Version", bytes_from_str(client->tls.version));
        add(fields, &count, "X-Amzn-Tls-Cipher-Suite", bytes_from_str(client->tls.cipher));
    }
    if (!preserves_host(client) || !http_request_header(req, "host"))
        add(fields, &count, "Host", host);
    add(fields, &count, "X-Amzn-Trace-Id", trace);
    for (size_t i = 0; i < req->field_count; i++)
        if (!is_dropped(client, req->fields[i].name) &&
            !(connected && is_named_by_connection(req, req->fields[i].name)))
            fields[count++] = req->fields[i];
    req->fields = fields;
    req->field_count = count;
    req->trace_id = trace;
    return RC_OK;
}
