#include "tests/support/user_load.h"

#include <criterion/criterion.h>
#include <poll.h>

#include "tests/support/client.h"

enum { THINK_MS = 4 };

/* false: the connection is gone, with the request on it. */
static bool ask(struct user_load *load, struct client *client)
{
    struct http1_response response;
    if (!client_send(client, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: duet\r\n\r\n")) ||
        client_read(client, HTTP_GET, &response) != RC_OK) {
        atomic_fetch_add(&load->lost, 1);
        return false;
    }
    atomic_fetch_add(response.status == 200 ? &load->good : &load->bad, 1);
    return response.keep_alive;
}

static void *run(void *context)
{
    struct user_load *load = context;
    struct client client;
    bool is_open = false;
    while (!atomic_load(&load->is_stopping)) {
        if (!is_open && !client_open(&client, load->port)) {
            atomic_fetch_add(&load->lost, 1);
            continue;
        }
        is_open = ask(load, &client);
        if (!is_open)
            client_close(&client);
        (void)poll(NULL, 0, THINK_MS);
    }
    if (is_open)
        client_close(&client);
    return NULL;
}

void user_load_start(struct user_load *load, unsigned port)
{
    *load = (struct user_load){.port = port};
    for (int i = 0; i < USER_LOAD_USERS; i++)
        cr_assert_eq(pthread_create(&load->threads[i], NULL, run, load), 0);
}

void user_load_stop(struct user_load *load)
{
    atomic_store(&load->is_stopping, true);
    for (int i = 0; i < USER_LOAD_USERS; i++)
        (void)pthread_join(load->threads[i], NULL);
}
