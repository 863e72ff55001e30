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
#include "runtime/server/settings.h"
#include "runtime/store/store.h"

struct server {
    struct config config;
    struct app app;
    struct store *store;
    struct tls_context *tls; /* NULL: none */
    struct pool *pool;
    struct front *fronts;
    unsigned front_count, port;
    char error[512];
};

static bool fail(struct server *server, const char *what)
{
    (void)snprintf(server->error, sizeof server->error, "%s", what);
    return false;
}

static bool open_tls(struct server *server)
{
    const struct config *config = &server->config;
    if (!config->tls_cert)
        return true;
    server->tls =
        tls_context_new(config->tls_cert, config->tls_key, server->error, sizeof server->error);
    return server->tls != NULL;
}

static bool open_application(struct server *server, const struct app_definition *definition)
{
    char *error = server->error;
    size_t error_len = sizeof server->error;
    bool is_loaded = settings_load(&server->config, error, error_len);
    log_set_level(server->config.log_level);
    log_set_format(server->config.log_format);
    if (!is_loaded || !app_init(&server->app, definition, &server->config, error, error_len))
        return false;
    server->store = store_open(server->config.store, error, error_len);
    if (!server->store)
        return false;
    app_set_store(&server->app, server->store, store_is_blocking(server->store));
    server->pool = pool_new(server->config.workers, LIMIT_WORKER_QUEUE);
    return server->pool ? true : fail(server, "cannot start the worker threads");
}

/* A port that another process has is found here, by a socket that shares with nobody. */
static bool choose_port(struct server *server)
{
    int fd = httpd_listen(server->config.bind_address, server->config.port, false, server->error,
                          sizeof server->error);
    if (fd < 0)
        return false;
    server->port = httpd_port(fd);
    (void)close(fd);
    return true;
}

static bool start_front(struct server *server, struct front *front)
{
    int fd = httpd_listen(server->config.bind_address, server->port, true, server->error,
                          sizeof server->error);
    if (fd < 0)
        return false;
    if (front_init(front, &server->app, server->pool, server->tls, fd) != RC_OK)
        return fail(server, "cannot make an event loop");
    if (front_start(front) != RC_OK)
        return fail(server, "cannot start a thread");
    return true;
}

static bool start_fronts(struct server *server)
{
    unsigned count = server->config.threads ? server->config.threads : cpus_available();
    if (count > LIMIT_LOOPS)
        count = LIMIT_LOOPS;
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

static void stop(struct server *server, bool has_served)
{
    atomic_store(&server->app.is_stopping, true);
    for (unsigned i = 0; i < server->front_count; i++)
        if (server->fronts[i].is_running)
            front_drain(&server->fronts[i]);
    for (unsigned i = 0; i < server->front_count; i++)
        front_join(&server->fronts[i]);
    /* The pool ends before the loops go: its last answers are posted to them. */
    pool_free(server->pool);
    for (unsigned i = 0; i < server->front_count; i++)
        front_release(&server->fronts[i]);
    free(server->fronts);
    if (has_served && server->app.definition->on_stop)
        server->app.definition->on_stop(&server->app);
    metrics_write_summary(&server->app.metrics);
    metrics_release(&server->app.metrics);
    store_close(server->store);
    tls_context_free(server->tls);
}

/* Waits for one of `signals`, and meanwhile writes the metrics, each period's at its end. */
static int wait_for_signal(struct server *server, const sigset_t *signals)
{
    const int64_t period_ms = (int64_t)server->config.metrics_s * 1000;
    int64_t end_ms = clock_ms_monotonic() + period_ms;
    int signal_number = 0;
    if (!server->app.metrics.is_on) {
        (void)sigwait(signals, &signal_number);
        return signal_number;
    }
    for (;;) {
        int64_t left_ms = end_ms - clock_ms_monotonic();
        if (left_ms <= 0) {
            metrics_write_summary(&server->app.metrics);
            end_ms += period_ms;
            continue;
        }
        struct timespec left = {.tv_sec = left_ms / 1000, .tv_nsec = left_ms % 1000 * 1000000};
        signal_number = sigtimedwait(signals, NULL, &left);
        if (signal_number > 0)
            return signal_number;
    }
}

static int serve(const struct app_definition *definition)
{
    struct server server = {0};
    sigset_t signals;
    int status = 0;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* all threads inherit it */
    (void)signal(SIGPIPE, SIG_IGN);
    crash_watch(NULL);
    fd_limit_raise();
    if (open_application(&server, definition) && open_tls(&server) && start_fronts(&server)) {
        log_listening(&server);
        int signal_number = wait_for_signal(&server, &signals);
        log_event(LOG_INFO, "stopping", LOG_STR("signal", strsignal(signal_number)));
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
