#ifndef RUNTIME_DASHBOARD_FEED_H
#define RUNTIME_DASHBOARD_FEED_H

/*
 * feed — those who listen to /events.
 *
 * Layer:   dashboard, private.
 * Memory:  a struct for each client, at most LIMIT_DASHBOARD_CLIENTS; no message waits here: each
 *          is made when the client has read the one before, so one that is slow is told less often,
 *          and one that reads nothing for the control port's write timeout is dropped (httpd_wake).
 * Threads: all on the loop's thread.
 */

#include "runtime/dashboard/message.h"
#include "runtime/net/httpd.h"

struct feed_client;

/* Gives what there is to tell now; everything in it holds during the call's round alone. */
typedef void feed_parts_fn(void *context, struct message_parts *parts);

struct feed {
    feed_parts_fn *parts;
    void *context;
    uint64_t tick;
    struct feed_client *clients;
    size_t client_count;
};

void feed_init(struct feed *feed, feed_parts_fn *parts, void *context);

/* Answers GET /events: with 200 and all that is known, at once; 503: too many listen. */
void feed_add(struct feed *feed, struct httpd_exchange *exchange);

/* httpd_options.on_done: the client has left, if it was one. */
void feed_remove(struct feed *feed, struct httpd_exchange *exchange);

/* There is something new for all clients. */
void feed_tell(struct feed *feed);

/* After the httpd. */
void feed_release(struct feed *feed);

#endif
