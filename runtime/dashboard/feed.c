#include "runtime/dashboard/feed.h"

#include <stdlib.h>

#include "runtime/core/limits.h"
#include "runtime/core/problem.h"

struct feed_client {
    struct feed *feed;
    struct httpd_exchange *exchange;
    uint64_t tick; /* of its last message */
    struct message_cursor cursor;
    struct feed_client *next;
};

void feed_init(struct feed *feed, feed_parts_fn *parts, void *context)
{
    *feed = (struct feed){.parts = parts, .context = context, .tick = 1};
}

/* The http_producer_fn of a client's answer, which rests when it has had this tick's message. */
static enum rc produce(void *context, struct buf *out)
{
    struct feed_client *client = context;
    struct message_parts parts;
    if (client->tick == client->feed->tick)
        return RC_AGAIN;
    client->tick = client->feed->tick;
    client->feed->parts(client->feed->context, &parts);
    message_print(&parts, &client->cursor, out);
    return RC_AGAIN;
}

static const struct http_field fields[] = {
    {BYTES_INIT("Cache-Control"), BYTES_INIT("no-store")},
    {BYTES_INIT("X-Content-Type-Options"), BYTES_INIT("nosniff")},
    {BYTES_INIT("Cross-Origin-Resource-Policy"), BYTES_INIT("same-origin")},
};

void feed_add(struct feed *feed, struct httpd_exchange *exchange)
{
    struct feed_client *client =
        feed->client_count < LIMIT_DASHBOARD_CLIENTS ? calloc(1, sizeof *client) : NULL;
    if (!client) {
        problem_set(&exchange->res, &exchange->arena, 503, "too-many-listeners",
                    "%d pages listen already, which is all that may", LIMIT_DASHBOARD_CLIENTS);
        httpd_respond(exchange);
        return;
    }
    *client = (struct feed_client){.feed = feed, .exchange = exchange, .next = feed->clients};
    feed->clients = client;
    feed->client_count++;
    exchange->is_live = true;
    http_response_produce(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/event-stream"),
                          produce, client);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        http_response_add(&exchange->res, &exchange->arena, fields[i].name, fields[i].value);
    httpd_respond(exchange); /* the client may be gone after it */
}

void feed_remove(struct feed *feed, struct httpd_exchange *exchange)
{
    struct feed_client **link = &feed->clients;
    while (*link && (*link)->exchange != exchange)
        link = &(*link)->next;
    struct feed_client *client = *link;
    if (!client)
        return;
    *link = client->next;
    feed->client_count--;
    free(client);
}

void feed_tell(struct feed *feed)
{
    struct feed_client *next;
    feed->tick++;
    for (struct feed_client *client = feed->clients; client; client = next) {
        next = client->next;
        httpd_wake(client->exchange);
    }
}

void feed_release(struct feed *feed)
{
    while (feed->clients) {
        struct feed_client *client = feed->clients;
        feed->clients = client->next;
        free(client);
    }
    feed->client_count = 0;
}
