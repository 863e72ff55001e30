#include <poll.h>
#include <pthread.h>

#include "runtime/duet.h"

/*
 * A service with a route that waits as one does whose store takes 50 ms, and one that waits until
 * it is let go. Its store must be one that blocks (sqlite:PATH).
 */

enum { STORE_MS = 50 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_opened = PTHREAD_COND_INITIALIZER;
static bool is_open;
static unsigned inside; /* at the gate */

static void say(const struct http_request *req, struct http_response *res, struct bytes text)
{
    http_response_borrow(res, req->arena, 200, BYTES_LIT("text/plain"), text);
}

static void handle_hello(const struct http_request *req, struct http_response *res)
{
    say(req, res, BYTES_LIT("Hello world"));
}

static void handle_store(const struct http_request *req, struct http_response *res)
{
    (void)poll(NULL, 0, STORE_MS);
    say(req, res, BYTES_LIT("stored"));
}

static void handle_gate(const struct http_request *req, struct http_response *res)
{
    pthread_mutex_lock(&lock);
    inside++;
    while (!is_open)
        pthread_cond_wait(&has_opened, &lock);
    pthread_mutex_unlock(&lock);
    say(req, res, BYTES_LIT("through"));
}

static void handle_inside(const struct http_request *req, struct http_response *res)
{
    pthread_mutex_lock(&lock);
    http_response_printf(res, req->arena, 200, BYTES_LIT("text/plain"), "%u", inside);
    pthread_mutex_unlock(&lock);
}

static void handle_open(const struct http_request *req, struct http_response *res)
{
    pthread_mutex_lock(&lock);
    is_open = true;
    pthread_cond_broadcast(&has_opened);
    pthread_mutex_unlock(&lock);
    say(req, res, BYTES_LIT("open"));
}

static const struct route routes[] = {
    {HTTP_GET, "/hello", handle_hello, 0},
    {HTTP_GET, "/store", handle_store, ROUTE_USES_STORE},
    {HTTP_GET, "/gate", handle_gate, ROUTE_USES_STORE},
    {HTTP_GET, "/inside", handle_inside, 0},
    {HTTP_GET, "/open", handle_open, 0},
    ROUTES_END,
};

int main(int argc, char **argv)
{
    static const struct app_definition definition = {
        .name = "waiting", .version = "1", .routes = routes};
    return duet_server_main(&definition, argc, argv);
}
