#include "handlers/app_definition.h"
#include "handlers/handlers.h"
#include "runtime/core/version.h"

/* What this service answers. A new endpoint is a handler in a file of its own and a row here. */
static const struct route routes[] = {
    {HTTP_GET, "/", handle_hello, 0},
    {HTTP_GET, "/hello", handle_hello, 0},
    {HTTP_GET, "/healthcheck", handle_healthcheck, 0},
    {HTTP_GET, "/gtg", handle_gtg, ROUTE_USES_STORE_ON_QUERY},
    {HTTP_GET, "/stats", handle_stats, 0},
    {HTTP_GET, "/metrics", handle_metrics, 0},
    {HTTP_GET, "/sys-stats", handle_sys_stats, 0},
    {HTTP_GET, "/sys-stats/{file}", handle_sys_stats_file, 0},
    {HTTP_POST, "/candidate/{name}", handle_candidate_post, ROUTE_USES_STORE},
    {HTTP_GET, "/candidate/{name}", handle_candidate_get, ROUTE_USES_STORE},
    {HTTP_PUT, "/candidate/{name}", handle_candidate_put, ROUTE_USES_STORE},
    {HTTP_DELETE, "/candidate/{name}", handle_candidate_delete, ROUTE_USES_STORE},
    {HTTP_GET, "/candidates", handle_candidate_list, ROUTE_USES_STORE},
    ROUTES_END,
};

const struct app_definition app_definition = {
    .name = "candidates",
    .version = DUET_VERSION,
    .routes = routes,
};
