#include "runtime/functions/runtime_reply.h"

void runtime_reply_ok(struct httpd_exchange *exchange)
{
    http_response_borrow(&exchange->res, &exchange->arena, 202, BYTES_LIT("application/json"),
                         BYTES_LIT("{\"status\":\"OK\"}\n"));
    httpd_respond(exchange);
}

void runtime_set_error(struct httpd_exchange *exchange, int status, const char *type,
                       const char *message)
{
    http_response_printf(&exchange->res, &exchange->arena, status, BYTES_LIT("application/json"),
                         "{\"errorMessage\":\"%s\",\"errorType\":\"%s\"}\n", message, type);
}

void runtime_reply_error(struct httpd_exchange *exchange, int status, const char *type,
                         const char *message)
{
    runtime_set_error(exchange, status, type, message);
    httpd_respond(exchange);
}
