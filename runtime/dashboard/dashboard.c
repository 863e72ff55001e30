#include "runtime/dashboard/dashboard.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/dashboard/canaries.h"
#include "runtime/dashboard/changes.h"
#include "runtime/dashboard/cold_starts.h"
#include "runtime/dashboard/controls.h"
#include "runtime/dashboard/feed.h"
#include "runtime/dashboard/guard_acts.h"
#include "runtime/dashboard/www.h"

/* The tick comes just behind the begin of each second, when the figures of the last one are whole.
 */
enum { AFTER_SECOND_MS = 20 };

struct dashboard {
    struct dashboard_options options;
    struct parameters *parameters; /* NULL: none */
    char token[CONTROLS_TOKEN_LEN + 1];
    struct loop_timer timer;
    struct buf state;    /* the messages' part for all; made when the first asks for it */
    uint64_t state_tick; /* of the feed, when it was made */
    struct history history;
    struct journal journal;
    struct changes changes;
    int64_t guard_ms; /* the last act of a guard that is in the journal */
    struct cold_starts cold_starts;
    struct feed feed;
};

/* --- what happens --- */

void dashboard_record(struct dashboard *dashboard, const struct alb_record *record)
{
    int64_t now_ms = loop_epoch_us(dashboard->options.loop) / 1000;
    journal_add_request(&dashboard->journal, record, now_ms);
    history_count(&dashboard->history, now_ms / 1000, record);
}

void dashboard_event(struct dashboard *dashboard, const char *source, const char *format, ...)
{
    char text[JOURNAL_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    journal_add_event(&dashboard->journal, clock_ms_epoch(), source, text);
}

static void on_change(void *context, const char *text)
{
    dashboard_event(context, "alb", "%s", text);
}

static void on_guard_act(void *context, int64_t epoch_ms, const char *text)
{
    struct dashboard *dashboard = context;
    journal_add_event(&dashboard->journal, epoch_ms, "guard", text);
}

/* Sandboxes of one name, which become one event. */
struct started {
    struct dashboard *dashboard;
    char name[96];
    unsigned count;
    int64_t least_us, most_us;
};

static void tell_started(struct started *started)
{
    double least = (double)started->least_us / 1000, most = (double)started->most_us / 1000;
    if (started->count == 1)
        dashboard_event(started->dashboard, "lambda", "%s: a sandbox more, its init took %.1f ms",
                        started->name, least);
    else if (started->count)
        dashboard_event(started->dashboard, "lambda",
                        "%s: %u sandboxes more, their inits took %.1f to %.1f ms", started->name,
                        started->count, least, most);
    started->count = 0;
}

static void on_cold_start(void *context, const struct dashboard_sandbox *sandbox)
{
    struct started *started = context;
    int64_t us = sandbox->init_us;
    if (sandbox->group[0])
        history_count_cold_start(&started->dashboard->history, clock_ms_epoch() / 1000 - 1,
                                 sandbox->group, us);
    if (strcmp(started->name, sandbox->name) != 0)
        tell_started(started);
    (void)snprintf(started->name, sizeof started->name, "%s", sandbox->name);
    started->least_us = started->count && started->least_us < us ? started->least_us : us;
    started->most_us = started->count && started->most_us > us ? started->most_us : us;
    started->count++;
}

/* --- each second --- */

static enum rc set_timer(struct dashboard *dashboard)
{
    int64_t left_ms = 1000 - clock_ms_epoch() % 1000 + AFTER_SECOND_MS;
    return loop_timer_set(dashboard->options.loop, &dashboard->timer,
                          clock_ms_monotonic() + left_ms);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct dashboard *dashboard = (void *)((char *)timer - offsetof(struct dashboard, timer));
    struct started started = {.dashboard = dashboard};
    (void)loop;
    cold_starts_look(&dashboard->cold_starts, &dashboard->options.source, on_cold_start, &started);
    tell_started(&started);
    changes_look(&dashboard->changes, dashboard->options.model, &dashboard->options.source,
                 on_change, dashboard);
    dashboard->guard_ms =
        guard_acts_look(dashboard->parameters, dashboard->guard_ms, on_guard_act, dashboard);
    alb_metrics_flush(dashboard->options.metrics);
    history_advance(&dashboard->history, clock_ms_epoch() / 1000);
    feed_tell(&dashboard->feed);
    if (set_timer(dashboard) != RC_OK)
        return; /* without memory the page stands still */
}

static void give_parts(void *context, struct message_parts *parts)
{
    struct dashboard *dashboard = context;
    if (dashboard->state_tick != dashboard->feed.tick) {
        buf_reset(&dashboard->state);
        message_print_state(dashboard->options.model, &dashboard->options.source,
                            dashboard->parameters, &dashboard->state);
        dashboard->state_tick = dashboard->feed.tick;
    }
    *parts = (struct message_parts){
        .history = &dashboard->history,
        .journal = &dashboard->journal,
        .state = buf_bytes(&dashboard->state),
        .token = dashboard->options.has_controls ? dashboard->token : NULL,
        .now_ms = clock_ms_epoch(),
    };
}

/* --- requests --- */

static bool send_page(struct httpd_exchange *exchange)
{
    static const struct bytes folder = BYTES_INIT("/dashboard/");
    struct bytes path = exchange->req.path, name = BYTES_LIT("dashboard.html");
    if (exchange->req.method != HTTP_GET && exchange->req.method != HTTP_HEAD)
        return false;
    if (bytes_starts_with(path, folder))
        name = bytes_skip(path, folder.len);
    else if (!bytes_eq(path, BYTES_LIT("/")))
        return false;
    www_send(&exchange->req, &exchange->res, dashboard_files, name);
    httpd_respond(exchange);
    return true;
}

static bool take_control(struct dashboard *dashboard, struct httpd_exchange *exchange)
{
    const struct http_request *req = &exchange->req;
    if (bytes_eq(req->path, BYTES_LIT("/dashboard/weights")))
        controls_answer(dashboard->options.model, dashboard->token, req, &exchange->res);
    else if (bytes_eq(req->path, BYTES_LIT("/dashboard/canary")))
        canaries_answer(dashboard->parameters, dashboard->token, req, &exchange->res);
    else
        return false;
    httpd_respond(exchange);
    return true;
}

bool dashboard_take(struct dashboard *dashboard, struct httpd_exchange *exchange)
{
    const struct http_request *req = &exchange->req;
    if (req->query.len) /* a call of AWS that is signed by its query */
        return false;
    if (bytes_eq(req->path, BYTES_LIT("/events")) &&
        (req->method == HTTP_GET || req->method == HTTP_HEAD)) {
        feed_add(&dashboard->feed, exchange);
        return true;
    }
    return (dashboard->options.has_controls && take_control(dashboard, exchange)) ||
           send_page(exchange);
}

void dashboard_done(struct dashboard *dashboard, struct httpd_exchange *exchange)
{
    feed_remove(&dashboard->feed, exchange);
}

/* --- life --- */

struct dashboard *dashboard_new(const struct dashboard_options *options)
{
    struct dashboard *dashboard = calloc(1, sizeof *dashboard);
    if (!dashboard)
        return NULL;
    dashboard->options = *options;
    dashboard->timer.fn = on_timer;
    buf_init(&dashboard->state, LIMIT_TARGET_BODY_BYTES);
    history_init(&dashboard->history, options->model, options->store, clock_ms_epoch() / 1000);
    feed_init(&dashboard->feed, give_parts, dashboard);
    changes_look(&dashboard->changes, options->model, &options->source, on_change, dashboard);
    if (controls_make_token(dashboard->token) && set_timer(dashboard) == RC_OK)
        return dashboard;
    dashboard_free(dashboard);
    return NULL;
}

void dashboard_set_parameters(struct dashboard *dashboard, struct parameters *parameters)
{
    dashboard->parameters = parameters;
}

void dashboard_free(struct dashboard *dashboard)
{
    if (!dashboard)
        return;
    loop_timer_clear(dashboard->options.loop, &dashboard->timer);
    feed_release(&dashboard->feed);
    changes_release(&dashboard->changes);
    cold_starts_release(&dashboard->cold_starts);
    history_release(&dashboard->history);
    buf_release(&dashboard->state);
    free(dashboard);
}
