#include "runtime/lambda/bootstrap.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/lambda/crash_report.h"
#include "runtime/lambda/extension.h"
#include "runtime/lambda/invoke.h"
#include "runtime/lambda/poller.h"
#include "runtime/store/store.h"

#define API_VARIABLE "AWS_LAMBDA_RUNTIME_API"

enum { ERROR_TEXT_BYTES = 512 };

struct bootstrap {
    struct config config;
    struct app app;
    struct store *store;
    char error[ERROR_TEXT_BYTES]; /* why it cannot start */
};

static const char *lookup(const char *name)
{
    return getenv(name);
}

/* Nothing here needs an orderly end, and a flag looked at between system calls would come too late
 * for the one that has just begun to wait. */
static void on_sigterm(int signal)
{
    (void)signal;
    _exit(0);
}

static void watch_sigterm(void)
{
    struct sigaction action = {.sa_handler = on_sigterm};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* NULL when all is ready; else the type of the error that `error` tells. */
static const char *prepare(struct bootstrap *self, const struct app_definition *definition)
{
    bool is_loaded =
        config_load(&self->config, HOME_LAMBDA, lookup, self->error, sizeof self->error);
    /* Told in place of the other fault, which a misspelt name may be the cause of. */
    is_loaded &= config_check_names((const char *const *)environ, self->error, sizeof self->error);
    log_set_level(self->config.log_level);
    /* Lines of several invocations at once can only be told apart by their ids. */
    log_set_format(self->config.max_concurrency > 1 ? LOG_FORMAT_JSON : self->config.log_format);
    if (!is_loaded)
        return "Runtime.InvalidSetting";
    if (!app_init(&self->app, definition, &self->config, self->error, sizeof self->error))
        return "Runtime.InvalidRoute";
    self->store = store_open(self->config.store, self->error, sizeof self->error);
    if (!self->store)
        return "Runtime.StoreUnavailable";
    app_set_store(&self->app, self->store, store_is_blocking(self->store));
    return NULL;
}

static void tell_start_error(struct rapi *rapi, const char *type, const char *message)
{
    struct arena arena;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    log_event(LOG_FATAL, "cannot start", LOG_STR("errorType", type),
              LOG_STR("errorMessage", message));
    if (rapi_init_error(rapi, &arena, type, message) != RC_OK)
        log_event(LOG_ERROR, "the Runtime API did not take the init error",
                  LOG_STR("errorType", type));
    arena_release(&arena);
}

static void serve_alone(struct bootstrap *self, struct rapi *rapi)
{
    struct invoker invoker;
    struct rapi_invocation invocation;
    invoker_init(&invoker, &self->app, rapi, INVOKER_ALONE);
    while (invoker_next(&invoker, &invocation) == RC_OK &&
           invoker_answer(&invoker, &invocation) == RC_OK) {
        /* until the Runtime API is lost */
    }
    invoker_release(&invoker);
}

/* Where SIGTERM has come, the Runtime API may go before the hook is done. The hook's thread ends
 * the process. */
static void wait_for_hook(struct app *app)
{
    while (app->definition->on_stop && atomic_load(&app->is_stopping))
        (void)pause();
}

static void serve(struct bootstrap *self, struct rapi *rapi, const char *api)
{
    if (self->app.definition->on_stop && !extension_start(&self->app, api))
        log_write(LOG_ERROR, "no thread for the clean-up at SIGTERM", NULL, 0);
    if (self->config.max_concurrency > 1)
        pollers_run(&self->app, api, self->config.max_concurrency);
    else
        serve_alone(self, rapi);
    wait_for_hook(&self->app);
    log_event(LOG_FATAL, "the Runtime API is lost", LOG_STR("address", api));
}

int duet_bootstrap_main(const struct app_definition *definition)
{
    static struct bootstrap self; /* threads may look at it until the process has ended */
    struct rapi rapi;
    /* Read before the other settings: it says where their faults are told. */
    const char *api = lookup(API_VARIABLE);
    if (!api || api[0] == '\0') {
        log_event(LOG_FATAL, "cannot start",
                  LOG_STR("errorMessage", API_VARIABLE
                          " is not set: a bootstrap is started by Lambda, or by 'duet'"));
        return 1;
    }
    crash_report_start(api);
    crash_watch(crash_report_tell);
    rapi_init(&rapi, api);
    watch_sigterm();
    (void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of the write */
    const char *error_type = prepare(&self, definition);
    if (error_type)
        tell_start_error(&rapi, error_type, self.error);
    else
        serve(&self, &rapi, api);
    store_close(self.store);
    rapi_release(&rapi);
    return 1;
}
