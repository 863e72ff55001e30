#include "runtime/lambda/extension.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "runtime/core/crash.h"
#include "runtime/core/log.h"
#include "runtime/lambda/rapi_conn.h"

/*
 * An extension has to ask for its next event, and with no events to come that GET is never
 * answered. So it is sent and not waited for: the thread waits for the signal, which is all that it
 * is here for. The connection stays open until the process ends.
 */

#define EXTENSION "/2020-01-01/extension/"

enum { REPLY_MAX_BYTES = 64 * 1024, ARENA_MAX_BYTES = 256 * 1024, STACK_BYTES = 1024 * 1024 };

struct extension {
    struct app *app;
    struct rapi_conn conn;
    struct arena arena;
    struct bytes id; /* empty: not registered */
};

static enum rc register_it(struct extension *self)
{
    const struct http_field fields[] = {
        {BYTES_LIT("Content-Type"), BYTES_LIT("application/json")},
        {BYTES_LIT("Lambda-Extension-Name"), BYTES_LIT("duet")},
    };
    struct http1_response res;
    enum rc rc = rapi_conn_request(&self->conn, HTTP_POST, BYTES_LIT(EXTENSION "register"), fields,
                                   2, BYTES_LIT("{\"events\":[]}"));
    if (rc == RC_OK)
        rc = rapi_conn_exchange(&self->conn, REPLY_MAX_BYTES, &self->arena, &res);
    if (rc != RC_OK) {
        log_event(LOG_WARN, "no SIGTERM from Lambda: cannot register as an extension",
                  LOG_STR("reason", rc_name(rc)));
        return rc;
    }
    for (size_t i = 0; res.status == 200 && i < res.field_count; i++)
        if (bytes_ieq(res.fields[i].name, BYTES_LIT("Lambda-Extension-Identifier")))
            return arena_dup(&self->arena, res.fields[i].value, &self->id);
    log_event(LOG_WARN, "no SIGTERM from Lambda: not accepted as an extension",
              LOG_NUM("status", res.status), LOG_TEXT("reply", res.body));
    return RC_UNSUPPORTED;
}

static void ask_for_events(struct extension *self)
{
    const struct http_field field = {BYTES_LIT("Lambda-Extension-Identifier"), self->id};
    if (rapi_conn_request(&self->conn, HTTP_GET, BYTES_LIT(EXTENSION "event/next"), &field, 1,
                          bytes_make(NULL, 0)) != RC_OK ||
        rapi_conn_send(&self->conn) != RC_OK)
        log_event(LOG_WARN, "the extension cannot ask for its events",
                  LOG_STR("reason", self->conn.error));
}

static void *wait_for_sigterm(void *context)
{
    struct extension *self = context;
    struct crash_stack stack; /* the hook's: this function never returns */
    sigset_t set;
    int number;
    crash_thread_begin(&stack);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    if (self->id.len)
        ask_for_events(self);
    while (sigwait(&set, &number) != 0) {
        /* it cannot fail for a valid set */
    }
    atomic_store(&self->app->is_stopping, true);
    self->app->definition->on_stop(self->app);
    _exit(0);
}

static bool start_thread(struct extension *self)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    bool is_started = pthread_create(&thread, &attributes, wait_for_sigterm, self) == 0;
    (void)pthread_attr_destroy(&attributes);
    return is_started;
}

bool extension_start(struct app *app, const char *api)
{
    static struct extension extension; /* its thread ends with the process */
    sigset_t set, before;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &set, &before);
    extension = (struct extension){.app = app};
    rapi_conn_init(&extension.conn, api);
    arena_init(&extension.arena, ARENA_MAX_BYTES);
    if (register_it(&extension) != RC_OK)
        rapi_conn_release(&extension.conn);
    if (start_thread(&extension))
        return true;
    rapi_conn_release(&extension.conn);
    arena_release(&extension.arena);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return false;
}
