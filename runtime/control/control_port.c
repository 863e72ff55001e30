#include "runtime/control/control_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "runtime/control/control_state.h"
#include "runtime/control/door.h"
#include "runtime/core/limits.h"

struct control_port {
    struct control_port_options options;
    struct httpd *httpd;
};

/* A random UUID (RFC 9562 section 5.4). The system gives so few bytes at once, or none at all. */
static void make_id(char text[CONTROL_REQUEST_ID_LEN + 1])
{
    unsigned char bytes[16] = {0};
    size_t len = 0;
    (void)!getrandom(bytes, sizeof bytes, 0);
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[len++] = '-';
        (void)snprintf(text + len, 3, "%02x", bytes[i]);
        len += 2;
    }
}

/* What anybody on this machine may look at. */
static bool is_state(const struct http_request *req)
{
    return (req->method == HTTP_GET || req->method == HTTP_HEAD) &&
           bytes_eq(req->path, BYTES_LIT("/state")) && req->query.len == 0;
}

/* true: it was for people, and is answered or will be. */
static bool show(const struct control_port *port, struct httpd_exchange *exchange)
{
    const struct control_pages *pages = &port->options.pages;
    if (!door_is_local(&exchange->req) || http_request_header(&exchange->req, "authorization"))
        return false;
    if (pages->take && pages->take(pages->context, exchange))
        return true;
    if (!is_state(&exchange->req))
        return false;
    control_state_answer(port->options.model, &exchange->arena, &exchange->res);
    httpd_respond(exchange);
    return true;
}

static void on_answer(struct control_call *call)
{
    struct httpd_exchange *exchange = call->owner;
    if (call->is_live) {
        exchange->context = call;
        exchange->is_live = true;
        exchange->produced_bytes = HTTPD_UNKNOWN;
    }
    httpd_respond(exchange);
}

static void on_wake(struct control_call *call)
{
    httpd_wake(call->owner);
}

static bool on_forward(struct control_call *call, struct bytes service)
{
    const struct control_port *port = call->port;
    return relay_send(port->options.relay, service, call, call->owner);
}

static void on_call(struct control_port *port, struct httpd_exchange *exchange)
{
    struct control_call *call = arena_zalloc(&exchange->arena, sizeof *call);
    if (!call) {
        exchange->res.is_out_of_memory = true;
        httpd_respond(exchange);
        return;
    }
    *call = (struct control_call){.arena = &exchange->arena,
                                  .res = &exchange->res,
                                  .on_answer = on_answer,
                                  .on_forward = on_forward,
                                  .on_wake = on_wake,
                                  .owner = exchange,
                                  .port = port};
    make_id(call->request_id);
    door_call(&exchange->req, port->options.services, port->options.service_count, call);
    if (call->is_answered)
        on_answer(call);
}

static void on_request(struct httpd_exchange *exchange)
{
    struct control_port *port = httpd_context(exchange->httpd);
    exchange->context = NULL;
    if (!show(port, exchange))
        on_call(port, exchange);
}

static void on_done(struct httpd_exchange *exchange)
{
    const struct control_port *port = httpd_context(exchange->httpd);
    const struct control_pages *pages = &port->options.pages;
    const struct control_call *live = exchange->context; /* on_answer's */
    if (live)
        live->on_over(live->over_context);
    relay_done(port->options.relay, exchange);
    if (pages->done)
        pages->done(pages->context, exchange);
}

struct control_port *control_port_new(const struct control_port_options *options)
{
    struct control_port *port = calloc(1, sizeof *port);
    struct httpd_options http = {.loop = options->loop,
                                 .listen_fd = options->listen_fd,
                                 .on_request = on_request,
                                 .on_done = on_done,
                                 .body_max_bytes = LIMIT_CONTROL_BODY_BYTES,
                                 .arena_max_bytes = LIMIT_CONTROL_ARENA_BYTES,
                                 .context = port,
                                 .idle_timeout_s = 60,
                                 .read_timeout_s = 10,
                                 .write_timeout_s = 60};
    if (!port) {
        (void)close(options->listen_fd);
        return NULL;
    }
    port->options = *options;
    port->httpd = httpd_new(&http);
    if (port->httpd)
        return port;
    free(port);
    return NULL;
}

void control_port_free(struct control_port *port)
{
    if (!port)
        return;
    httpd_free(port->httpd);
    free(port);
}
