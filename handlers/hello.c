#include "handlers/handlers.h"

void handle_hello(const struct http_request *req, struct http_response *res)
{
    http_response_borrow(res, req->arena, 200, BYTES_LIT("text/plain"), BYTES_LIT("Hello world"));
}
