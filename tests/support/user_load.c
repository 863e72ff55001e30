#include "tests/support/user_load.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client.h"

enum { THINK_MS = 4, REQUEST_MAX = 1024 };

static const char plain_request[] = "GET /hello HTTP/1.1\r\nHost: duet\r\n\r\n";

/* From the first answer on, each request of a sticky user has the cookie of that one. */
static void keep_cookie(struct user_load *load, const struct http1_response *response,
                        char request[REQUEST_MAX])
{
    struct bytes cookie = client_field(response, "set-cookie");
    if (!load->is_sticky || strstr(request, "Cookie:") || cookie.len == 0)
        return;
    cookie.len = bytes_find(cookie, ';');
    (void)snprintf(request, REQUEST_MAX,
                   "GET /hello HTTP/1.1\r\nHost: duet\r\nCookie: %.*s\r\n\r\n", BYTES_ARG(cookie));
    atomic_fetch_add(&load->bound, 1);
}

/* false: the connection is gone, with the request on it. */
static bool ask(struct user_load *load, struct client *client, char request[REQUEST_MAX])
{
    struct http1_response response;
    if (!client_send(client, bytes_from_str(request)) ||
        client_read(client, HTTP_GET, &response) != RC_OK) {
        atomic_fetch_add(&load->lost, 1);
        return false;
    }
    atomic_fetch_add(response.status == 200 ? &load->good : &load->bad, 1);
    keep_cookie(load, &response, request);
    return response.keep_alive;
}

static void *run(void *context)
{
    struct user_load *load = context;
    struct client client;
    char request[REQUEST_MAX];
    bool is_open = false;
    (void)snprintf(request, sizeof request, "%s", plain_request);
    while (!atomic_load(&load->is_stopping)) {
        if (!is_open && !client_open(&client, load->port)) {
            atomic_fetch_add(&load->lost, 1);
            continue;
        }
        is_open = ask(load, &client, request);
        if (!is_open)
            client_close(&client);
        (void)poll(NULL, 0, THINK_MS);
    }
    if (is_open)
        client_close(&client);
    return NULL;
}

static void start(struct user_load *load)
{
    for (int i = 0; i < USER_LOAD_USERS; i++)
        cr_assert_eq(pthread_create(&load->threads[i], NULL, run, load), 0);
}

void user_load_start(struct user_load *load, unsigned port)
{
    *load = (struct user_load){.port = port};
    start(load);
}

void user_load_start_sticky(struct user_load *load, unsigned port)
{
    *load = (struct user_load){.port = port, .is_sticky = true};
    start(load);
    while (atomic_load(&load->bound) < USER_LOAD_USERS)
        (void)poll(NULL, 0, THINK_MS);
}

void user_load_stop(struct user_load *load)
{
    atomic_store(&load->is_stopping, true);
    for (int i = 0; i < USER_LOAD_USERS; i++)
        (void)pthread_join(load->threads[i], NULL);
}
