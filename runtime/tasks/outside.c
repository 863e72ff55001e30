#include "runtime/tasks/outside.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/core/clock.h"

enum { AGAIN_MS = 1000, HOST_MAX = 256 };

struct server {
    struct outside *outside;
    char host[HOST_MAX];
    unsigned port;
    struct alb_target *target; /* NULL: its address is not known */
    struct loop_timer again;
    bool is_asking;
    bool is_expected; /* requests wait for its first address */
    pthread_t thread;
    struct loop_job job;
    struct in_addr found; /* by the thread, read after its job */
    bool is_found;
};

struct outside {
    struct loop *loop;
    struct alb_group *group;
    size_t count;
    struct server servers[];
};

static void expect(struct server *server, bool is_expected)
{
    if (server->is_expected != is_expected)
        alb_group_expect(server->outside->group, is_expected ? 1 : -1);
    server->is_expected = is_expected;
}

static void on_failed(void *context);

static void on_gone(void *context)
{
    struct server *server = context;
    server->target = NULL;
}

/* Its first request need not wait for a health check. */
static void take_address(struct server *server)
{
    const struct alb_target_owner owner = {
        .on_failed = on_failed, .on_gone = on_gone, .context = server};
    char text[INET_ADDRSTRLEN];
    (void)inet_ntop(AF_INET, &server->found, text, sizeof text);
    if (server->target && strcmp(server->target->id, text) == 0)
        return;
    if (server->target)
        alb_target_remove(server->target);
    if (alb_target_register(server->outside->group, bytes_from_str(text), server->port, &owner,
                            &server->target, NULL) != ALB_OK)
        return;
    if (server->target->state == ALB_INITIAL)
        alb_target_set_state(server->target, ALB_HEALTHY, NULL, NULL);
    expect(server, false);
}

static void *look_up(void *argument)
{
    struct server *server = argument;
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    server->is_found = getaddrinfo(server->host, NULL, &hints, &list) == 0 && list;
    if (server->is_found) {
        struct sockaddr_in address;
        memcpy(&address, list->ai_addr, sizeof address);
        server->found = address.sin_addr;
    }
    if (list)
        freeaddrinfo(list);
    loop_post(server->outside->loop, &server->job);
    return NULL;
}

/* Who has an address needs no one to ask: without a thread all system calls are cheaper. */
static void ask(struct server *server)
{
    if (server->is_asking)
        return;
    server->is_found = inet_pton(AF_INET, server->host, &server->found) == 1;
    if (server->is_found)
        take_address(server);
    if (server->target)
        return;
    server->is_asking = pthread_create(&server->thread, NULL, look_up, server) == 0;
    if (!server->is_asking && loop_timer_set(server->outside->loop, &server->again,
                                             clock_ms_monotonic() + AGAIN_MS) != RC_OK)
        return; /* the next connection that fails asks again */
}

static void on_failed(void *context)
{
    struct server *server = context;
    if (!server->again._slot)
        ask(server);
}

static void on_again(struct loop *loop, struct loop_timer *timer)
{
    (void)loop;
    ask((void *)((char *)timer - offsetof(struct server, again)));
}

static void on_found(struct loop *loop, struct loop_job *job)
{
    struct server *server = (void *)((char *)job - offsetof(struct server, job));
    (void)pthread_join(server->thread, NULL);
    server->is_asking = false;
    if (server->is_found)
        take_address(server);
    if (!server->target &&
        loop_timer_set(loop, &server->again, clock_ms_monotonic() + AGAIN_MS) != RC_OK)
        ask(server);
}

struct outside *outside_new(struct loop *loop, struct alb_group *group, const char *const *names,
                            size_t count)
{
    struct outside *outside = calloc(1, sizeof *outside + count * sizeof(struct server));
    if (!outside)
        return NULL;
    *outside = (struct outside){.loop = loop, .group = group, .count = count};
    for (size_t i = 0; i < count; i++) {
        struct server *server = &outside->servers[i];
        size_t colon = bytes_find(bytes_from_str(names[i]), ':');
        (void)snprintf(server->host, sizeof server->host, "%.*s", (int)colon, names[i]);
        server->port = (unsigned)strtoul(names[i] + colon + 1, NULL, 10);
        server->outside = outside;
        server->again.fn = on_again;
        server->job.fn = on_found;
        expect(server, true);
        ask(server);
    }
    return outside;
}

void outside_free(struct outside *outside)
{
    if (!outside)
        return;
    for (size_t i = 0; i < outside->count; i++) {
        struct server *server = &outside->servers[i];
        loop_timer_clear(outside->loop, &server->again);
        if (server->is_asking)
            (void)pthread_join(server->thread, NULL);
        expect(server, false);
        if (server->target)
            server->target->owner = (struct alb_target_owner){0};
    }
    free(outside);
}
