#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/functions/lambda_internal.h"

/*
 * Calls of type Event: nobody waits for their result. One whose function fails is made again twice,
 * as Lambda does, after a second and two instead of its one minute and two; one that is throttled
 * is put off, twice as long each time, for up to six hours. Source: "How Lambda handles errors and
 * retries with asynchronous invocation".
 */

enum {
    TRIES = 3,
    RETRY_MS = 1000,
    THROTTLED_MAX_MS = 5 * 60 * 1000,
    AGE_MAX_MS = 6 * 60 * 60 * 1000,
};

struct lambda_event {
    struct lambda_api *api; /* NULL: it has ended, and the call's result goes nowhere */
    struct bytes name, qualifier, arn, client_context, body; /* behind the struct */
    unsigned tries, throttles;
    int64_t begin_ms;
    struct loop_timer timer;
    struct lambda_event *next;
    char text[];
};

static void attempt(struct lambda_event *event);

static struct loop *loop_of(const struct lambda_event *event)
{
    return registry_options(event->api->options.registry)->loop;
}

static void forget(struct lambda_event *event)
{
    struct lambda_event **link = &event->api->events;
    while (*link != event)
        link = &(*link)->next;
    *link = event->next;
    loop_timer_clear(loop_of(event), &event->timer);
    free(event);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    (void)loop;
    attempt((void *)((char *)timer - offsetof(struct lambda_event, timer)));
}

static void try_again(struct lambda_event *event, int64_t wait_ms)
{
    int64_t now_ms = clock_ms_monotonic();
    if (now_ms - event->begin_ms > AGE_MAX_MS ||
        loop_timer_set(loop_of(event), &event->timer, now_ms + wait_ms) != RC_OK)
        forget(event);
}

static int64_t throttled_ms(unsigned throttles)
{
    int64_t wait_ms = RETRY_MS;
    while (throttles-- > 1 && wait_ms < THROTTLED_MAX_MS)
        wait_ms *= 2;
    return wait_ms < THROTTLED_MAX_MS ? wait_ms : THROTTLED_MAX_MS;
}

static void on_done(void *context, const struct function_result *result)
{
    struct lambda_event *event = context;
    if (!event->api)
        free(event);
    else if (result->outcome == FUNCTION_THROTTLED)
        try_again(event, throttled_ms(++event->throttles));
    else if (result->outcome == FUNCTION_OK || ++event->tries == TRIES)
        forget(event);
    else
        try_again(event, (int64_t)event->tries * RETRY_MS);
}

/* What the event was for may be gone by now. */
static void attempt(struct lambda_event *event)
{
    struct registry_function *function = registry_find(event->api->options.registry, event->name);
    struct registry_version *version =
        function ? registry_resolve(function, event->qualifier) : NULL;
    const struct function_call call = {.event = event->body,
                                       .client_context = event->client_context,
                                       .arn = event->arn,
                                       .on_done = on_done,
                                       .context = event};
    if (version)
        registry_call(version, &call);
    else
        forget(event);
}

static struct bytes put(char **at, struct bytes view)
{
    struct bytes copy = bytes_make(*at, view.len);
    if (view.len)
        memcpy(*at, view.ptr, view.len);
    *at += view.len;
    return copy;
}

bool lambda_event_add(struct lambda_api *api, struct registry_function *function,
                      struct bytes qualifier, const struct function_call *call)
{
    struct bytes name = bytes_from_str(function->name);
    struct lambda_event *event = malloc(sizeof *event + name.len + qualifier.len + call->arn.len +
                                        call->client_context.len + call->event.len);
    if (!event)
        return false;
    char *at = event->text;
    *event = (struct lambda_event){
        .api = api, .begin_ms = clock_ms_monotonic(), .timer.fn = on_timer, .next = api->events};
    event->name = put(&at, name);
    event->qualifier = put(&at, qualifier);
    event->arn = put(&at, call->arn);
    event->client_context = put(&at, call->client_context);
    event->body = put(&at, call->event);
    api->events = event;
    /* From the loop: the caller is answered first, whatever comes of it. */
    if (loop_timer_set(loop_of(event), &event->timer, clock_ms_monotonic()) == RC_OK)
        return true;
    forget(event);
    return false;
}

/* Those that are in a call are freed when it ends. */
void lambda_events_end(struct lambda_api *api)
{
    while (api->events) {
        struct lambda_event *event = api->events;
        bool waits = event->timer._slot != 0;
        api->events = event->next;
        loop_timer_clear(loop_of(event), &event->timer);
        event->api = NULL;
        if (waits)
            free(event);
    }
}
