#include "runtime/alb/alb_page.h"

void alb_page_set(struct http_response *res, struct arena *arena, int status)
{
    struct bytes reason = http_status_reason(status);
    http_response_init(res);
    http_response_add(res, arena, BYTES_LIT("Server"), BYTES_LIT("awselb/2.0"));
    http_response_printf(res, arena, status, BYTES_LIT("text/html"),
                         "<html>\r\n<head><title>%d %.*s</title></head>\r\n<body>\r\n"
                         "<center><h1>%d %.*s</h1></center>\r\n</body>\r\n</html>\r\n",
                         status, BYTES_ARG(reason), status, BYTES_ARG(reason));
}
