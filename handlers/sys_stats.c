#include "handlers/handlers.h"
#include "handlers/www.h"

void handle_sys_stats(const struct http_request *req, struct http_response *res)
{
    www_send(req, res, www_files, BYTES_LIT("sys-stats.html"));
}

void handle_sys_stats_file(const struct http_request *req, struct http_response *res)
{
    www_send(req, res, www_files, *http_request_param(req, "file"));
}
