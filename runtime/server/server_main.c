#include "runtime/server/server_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/core/crash.h"
#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/net/fd_limit.h"
#include "runtime/net/tls.h"
#include "runtime/server/command.h"
#include "runtime/server/cpus.h"
#include "runtime/server/front.h"
#include "runtime/server/life.h"
#include "runtime/server/settings.h"
#include "runtime/store/store.h"

/* For handlers that wait, once their connections are cut off; else none does. */
enum { HANDLERS_END_MS = 500 };

struct server {
    struct config config;
    struct app app;
    struct store *store;
    struct tls_context *tls; /* NULL: none */
    struct pool *pool;
    struct front *fronts;
    unsigned loop_count, front_count, port;
    struct life life;
    char error[512];
};

static bool fail(struct server *server, const char *what)
{
    (void)snprintf(server->error, sizeof server->error, "%s", what);
    return false;
}

/* A new certificate is taken without a restart; a wrong one is told, and the old one stays. */
static void reload_tls(void *context)
{
    struct server *server = context;
    char error[512];
    if (tls_context_reload(server->tls, error, sizeof error))
        log_event(LOG_INFO, "certificate read again", LOG_STR("file", server->config.tls_cert));
    else
        log_event(LOG_ERROR, "the certificate stays as it was", LOG_STR("reason", error));
}

static bool open_tls(struct server *server)
{
    const struct config *config = &server->config;
    if (!config->tls_cert)
        return true;
    server->tls =
        tls_context_new(config->tls_cert, config->tls_key, server->error, sizeof server->error);
    server->life.on_hangup = reload_tls;
    server->life.hangup_context = server;
    return server->tls != NULL;
}

static bool open_life(struct server *server)
{
    return life_init(&server->life) == RC_OK || fail(server, "no descriptor is left");
}

static bool open_application(struct server *server, const struct app_definition *definition)
{
    char *error = server->error;
    size_t error_len = sizeof server->error;
    bool is_loaded = settings_load(&server->config, error, error_len);
    log_set_level(server->config.log_level);
    log_set_format(server->config.log_format);
    log_set_wait(LIMIT_LOG_WAIT_MS);
    if (!is_loaded || !app_init(&server->app, definition, &server->config, error, error_len))
        return false;
    server->store = store_open(server->config.store, error, error_len);
    if (!server->store)
        return false;
    app_set_store(&server->app, server->store, store_is_blocking(server->store));
    server->pool = pool_new(server->config.workers, LIMIT_WORKER_QUEUE);
    return server->pool ? true : fail(server, "cannot start the worker threads");
}

/* A port that another process has is found here, by a socket that shares with nobody. One that the
 * system picks is the first loop's, which keeps it: let go of, it could be another server's too. */
static bool choose_port(struct server *server)
{
    server->port = server->config.port;
    if (server->port == 0)
        return true;
    int fd = httpd_listen(server->config.bind_address, server->config.port, false, server->error,
                          sizeof server->error);
    if (fd < 0)
        return false;
    (void)close(fd);
    return true;
}

/* Of one loop: an equal share of all. */
static size_t connections_max(const struct server *server)
{
    size_t all = server->config.max_connections, allowed = fd_limit_connections();
    if (all == 0 || all > allowed)
        all = allowed;
    return (all + server->loop_count - 1) / server->loop_count;
}

static bool start_front(struct server *server, struct front *front)
{
    int fd = httpd_listen(server->config.bind_address, server->port, true, server->error,
                          sizeof server->error);
    if (fd < 0)
        return false;
    server->port = httpd_port(fd);
    struct front_options options = {
        .app = &server->app,
        .pool = server->pool,
        .tls = server->tls,
        .listen_fd = fd,
        .connections_max = connections_max(server),
        .done_fd = server->life.done_fd,
    };
    if (front_init(front, &options) != RC_OK)
        return fail(server, "cannot make an event loop");
    if (front_start(front) != RC_OK)
        return fail(server, "cannot start a thread");
    server->life.loop_count++;
    return true;
}

static bool start_fronts(struct server *server)
{
    unsigned count = server->config.threads ? server->config.threads : cpus_available();
    if (count > LIMIT_LOOPS)
        count = LIMIT_LOOPS;
    server->loop_count = count;
    server->fronts = calloc(count, sizeof *server->fronts);
    if (!server->fronts)
        return fail(server, "no memory");
    if (!choose_port(server))
        return false;
    while (server->front_count < count)
        if (!start_front(server, &server->fronts[server->front_count++]))
            return false;
    return true;
}

static void log_listening(const struct server *server)
{
    log_event(LOG_INFO, "listening", LOG_STR("service", server->app.definition->name),
              LOG_STR("version", server->app.definition->version), LOG_STR("home", "fargate"),
              LOG_STR("scheme", server->tls ? "https" : "http"),
              LOG_STR("address", server->config.bind_address), LOG_NUM("port", server->port),
              LOG_NUM("threads", server->front_count), LOG_STR("store", store_kind(server->store)));
}

static void each_front(struct server *server, void (*do_it)(struct front *front))
{
    for (unsigned i = 0; i < server->front_count; i++)
        if (server->fronts[i].is_running && !atomic_load(&server->fronts[i].is_done))
            do_it(&server->fronts[i]);
}

/* A handler still waits although its request's time is up: nothing that it uses can be freed, and
 * whoever stops the task does not wait for it. */
static void leave_at_once(struct server *server)
{
    log_event(LOG_WARN, "left with requests in hand",
              LOG_STR("reason", "their handlers still wait; on_stop was not called"));
    metrics_write_summary(&server->app.metrics);
    _exit(0);
}

static void stop(struct server *server, bool has_served)
{
    if (!has_served)
        each_front(server, front_stop);
    for (unsigned i = 0; i < server->front_count; i++)
        front_join(&server->fronts[i]);
    /* The pool ends before the loops go: its last answers are posted to them. */
    if (!pool_end(server->pool, HANDLERS_END_MS))
        leave_at_once(server);
    for (unsigned i = 0; i < server->front_count; i++)
        front_release(&server->fronts[i]);
    free(server->fronts);
    if (has_served && server->app.definition->on_stop)
        server->app.definition->on_stop(&server->app);
    metrics_write_summary(&server->app.metrics);
    metrics_release(&server->app.metrics);
    store_close(server->store);
    tls_context_free(server->tls);
    life_release(&server->life);
}

/* The three stages of the end; a further signal ends the one that it comes in. SIGINT is a
 * person's: no load balancer has to notice first. */
static void drain(struct server *server)
{
    const struct config *config = &server->config;
    struct life *life = &server->life;
    bool is_lame = life->signal_number == SIGTERM && config->lame_duck_s;
    log_event(LOG_INFO, "stopping", LOG_STR("signal", strsignal(life->signal_number)),
              LOG_NUM("lameDuckS", is_lame ? config->lame_duck_s : 0),
              LOG_NUM("drainS", config->drain_s));
    atomic_store(&server->app.is_stopping, true);
    if (is_lame) {
        each_front(server, front_announce_end);
        (void)life_wait(life, clock_ms_monotonic() + (int64_t)config->lame_duck_s * 1000);
    }
    each_front(server, front_drain);
    if (life_wait(life, INT64_MAX) == LIFE_SIGNAL)
        each_front(server, front_stop);
}

/* Until a signal. false: the loops have ended by themselves. */
static bool serve_until_signal(struct server *server)
{
    struct life *life = &server->life;
    if (server->app.metrics.is_on)
        life_write_metrics(life, &server->app.metrics, (int64_t)server->config.metrics_s * 1000);
    if (life_wait(life, INT64_MAX) != LIFE_SIGNAL)
        return false;
    drain(server);
    return true;
}

static int serve(const struct app_definition *definition)
{
    struct server server = {0};
    int status = 0;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of the write */
    crash_watch(NULL);
    fd_limit_raise();
    if (open_life(&server) && open_application(&server, definition) && open_tls(&server) &&
        start_fronts(&server)) {
        log_listening(&server);
        status = serve_until_signal(&server) ? 0 : 1;
    } else {
        log_event(LOG_FATAL, "cannot start", LOG_STR("reason", server.error));
        status = 1;
    }
    stop(&server, status == 0);
    return status;
}

int duet_server_main(const struct app_definition *definition, int argc, char **argv)
{
    return argc > 1 ? command_run(definition, argc, argv) : serve(definition);
}
