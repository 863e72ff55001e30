#include "service.h"

#define TEXT BYTES_LIT("text/plain; charset=utf-8")
#define JSON BYTES_LIT("application/json")

/* A handler: request in, response out. It keeps no state of its own, allocates in req->arena, and
 * frees nothing. */
static void handle_hello(const struct http_request *req, struct http_response *res)
{
    const struct bytes *name = http_request_param(req, "name");
    http_response_printf(res, req->arena, 200, TEXT, "Hello, %.*s\n", BYTES_ARG(*name));
}

/* Asked before a task gets its first request, and by the load balancer ever after, as /gtg ("good
 * to go"): an answer of 200 keeps a target in service. */
static void handle_healthcheck(const struct http_request *req, struct http_response *res)
{
    http_response_borrow(res, req->arena, 200, JSON, BYTES_LIT("{\"status\":\"ok\"}"));
}

/* THE table. Add a line for each endpoint; 404, 405, HEAD and OPTIONS come by themselves. */
static const struct route routes[] = {
    {HTTP_GET, "/hello/{name}", handle_hello, 0},
    {HTTP_GET, "/healthcheck", handle_healthcheck, 0},
    {HTTP_GET, "/gtg", handle_healthcheck, 0},
    ROUTES_END,
};

const struct app_definition service = {
    .name = "@NAME@",
    .version = "0.1.0",
    .routes = routes,
};
