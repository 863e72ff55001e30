#include "runtime/local/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "runtime/core/clock.h"
#include "runtime/local/task.h"

enum { MAX_ATTEMPTS = 4, BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 5000 };

struct service {
    struct service_options options;
    struct task_owner owner;
    struct task *tasks;
    struct task *last_used;
    struct service_call *waiting, **waiting_last;
    struct loop_timer wait_timer, restart_timer;
    unsigned failures; /* tasks in a row that ended before they were ready */
    bool was_ready, is_stopping, is_replacing;
    service_event_fn *on_stopped;
};

/* --- which task --- */

static bool is_idempotent(enum http_method method)
{
    return method != HTTP_POST && method != HTTP_PATCH && method != HTTP_METHOD_OTHER;
}

void service_count(const struct service *service, size_t *total, size_t *ready)
{
    *total = *ready = 0;
    for (const struct task *task = service->tasks; task; task = task->next) {
        *total += 1;
        *ready += task->state == TASK_READY;
    }
}

/* Tasks that stay: neither old ones nor those that retire. */
static size_t current_count(const struct service *service)
{
    size_t count = 0;
    for (const struct task *task = service->tasks; task; task = task->next)
        count += task->state != TASK_RETIRING && !task->is_old;
    return count;
}

static struct task *next_ready(struct service *service)
{
    struct task *start = service->last_used ? service->last_used->next : NULL;
    for (struct task *task = start; task; task = task->next)
        if (task->state == TASK_READY)
            return task;
    for (struct task *task = service->tasks; task; task = task->next)
        if (task->state == TASK_READY)
            return task;
    return NULL;
}

/* The task for a call. One that has been killed, and whose end has not been seen, would take a
 * request with it; those that may be sent twice need not be asked after, since asking has a price.
 */
static struct task *choose_task(struct service *service, const struct service_call *call)
{
    struct task *task = next_ready(service);
    while (task && !is_idempotent(call->method) && process_is_doomed(task->process)) {
        task_doubt(task);
        task = next_ready(service);
    }
    return task;
}

/* --- requests --- */

static void end_call(struct service_call *call, enum service_outcome outcome,
                     const struct http1_response *res)
{
    call->on_done(call->context, outcome, res);
}

static void set_wait_timer(struct service *service)
{
    loop_timer_clear(service->options.loop, &service->wait_timer);
    if (service->waiting && loop_timer_set(service->options.loop, &service->wait_timer,
                                           service->waiting->_give_up_ms) != RC_OK) {
        /* without a timer the calls wait for a task alone */
    }
}

static struct service_call *take_waiting(struct service *service)
{
    struct service_call *call = service->waiting;
    service->waiting = call->_next;
    if (!service->waiting)
        service->waiting_last = &service->waiting;
    return call;
}

static void wait_for_task(struct service *service, struct service_call *call)
{
    if (service->is_stopping) {
        end_call(call, SERVICE_NO_TARGET, NULL);
        return;
    }
    call->_next = NULL;
    *service->waiting_last = call;
    service->waiting_last = &call->_next;
    set_wait_timer(service);
}

static void on_wait_timer(struct loop *loop, struct loop_timer *timer)
{
    struct service *service = (void *)((char *)timer - offsetof(struct service, wait_timer));
    while (service->waiting && service->waiting->_give_up_ms <= loop->now_ms)
        end_call(take_waiting(service), SERVICE_NO_TARGET, NULL);
    set_wait_timer(service);
}

/* A second try is safe when the target has not had the request, or may have it twice. */
static bool may_retry(const struct service_call *call, enum rc rc, bool has_begun)
{
    if (call->_attempts >= MAX_ATTEMPTS)
        return false;
    return rc == RC_IO || (rc == RC_CLOSED && !has_begun && is_idempotent(call->method));
}

static void try_call(struct service *service, struct service_call *call);

static void on_upstream_done(void *context, struct upstream *upstream, enum rc rc,
                             const struct http1_response *res, bool has_begun)
{
    struct service_call *call = context;
    struct service *service = call->_service;
    struct task *task = call->_task;
    if (rc == RC_IO || (rc == RC_CLOSED && !has_begun))
        task_doubt(task);
    if (rc != RC_OK && may_retry(call, rc, has_begun)) {
        task_give_connection(task, upstream, false);
        try_call(service, call);
        return;
    }
    /* The answer's views live in the upstream, so it is given back after the caller took them. */
    bool is_reusable = rc == RC_OK && res->keep_alive;
    enum service_outcome outcome = rc == RC_OK        ? SERVICE_OK
                                   : rc == RC_TIMEOUT ? SERVICE_TIMEOUT
                                                      : SERVICE_BAD_ANSWER;
    end_call(call, outcome, res);
    task_give_connection(task, upstream, is_reusable);
}

static void try_call(struct service *service, struct service_call *call)
{
    struct task *task = choose_task(service, call);
    if (!task) {
        wait_for_task(service, call);
        return;
    }
    struct upstream *upstream = task_take_connection(task);
    if (!upstream) {
        end_call(call, SERVICE_BAD_ANSWER, NULL);
        return;
    }
    service->last_used = task;
    call->_task = task;
    call->_attempts++;
    if (upstream_send(upstream, call->request, call->method, SERVICE_ANSWER_MS, on_upstream_done,
                      call) != RC_OK) {
        task_give_connection(task, upstream, false);
        end_call(call, SERVICE_BAD_ANSWER, NULL);
    }
}

void service_send(struct service *service, struct service_call *call)
{
    call->_service = service;
    call->_attempts = 0;
    call->_give_up_ms = clock_ms_monotonic() + SERVICE_WAIT_MS;
    try_call(service, call);
}

/* --- tasks --- */

static unsigned wanted(const struct service *service)
{
    return service->options.task_count;
}

static bool start_task(struct service *service, char *error, size_t error_len)
{
    struct task *task = task_start(&service->owner, error, error_len);
    if (!task)
        return false;
    struct task **last = &service->tasks;
    while (*last)
        last = &(*last)->next;
    *last = task;
    return true;
}

static void restart_later(struct service *service)
{
    int64_t pause_ms = 0;
    if (service->failures)
        pause_ms = BACKOFF_FIRST_MS << (service->failures < 7 ? service->failures - 1 : 6);
    if (pause_ms > BACKOFF_MAX_MS)
        pause_ms = BACKOFF_MAX_MS;
    if (loop_timer_set(service->options.loop, &service->restart_timer,
                       clock_ms_monotonic() + pause_ms) != RC_OK)
        service->options.on_failed(service->options.context, "no memory for a timer");
}

static void on_restart_timer(struct loop *loop, struct loop_timer *timer)
{
    struct service *service = (void *)((char *)timer - offsetof(struct service, restart_timer));
    char error[512];
    (void)loop;
    while (!service->is_stopping && current_count(service) < wanted(service)) {
        if (!start_task(service, error, sizeof error)) {
            service->failures++;
            service->options.on_failed(service->options.context, error);
            restart_later(service);
            return;
        }
    }
}

static void retire_old(struct service *service)
{
    service->is_replacing = false;
    struct task *next;
    for (struct task *task = service->tasks; task; task = next) {
        next = task->next;
        if (task->is_old && task->state != TASK_RETIRING)
            task_retire(task);
    }
}

static void on_task_ready(void *context, struct task *task)
{
    struct service *service = context;
    size_t total, ready, is_current = 0;
    (void)task;
    service->failures = 0;
    while (service->waiting && next_ready(service))
        try_call(service, take_waiting(service));
    set_wait_timer(service);
    service_count(service, &total, &ready);
    for (const struct task *each = service->tasks; each; each = each->next)
        is_current += each->state == TASK_READY && !each->is_old;
    if (is_current < wanted(service) || (service->was_ready && !service->is_replacing))
        return;
    service->was_ready = true;
    retire_old(service);
    service->options.on_ready(service->options.context);
}

static void unlink_task(struct service *service, const struct task *task)
{
    struct task **link = &service->tasks;
    while (*link != task)
        link = &(*link)->next;
    *link = task->next;
    if (service->last_used == task)
        service->last_used = NULL;
}

/* The new version does not start: the old tasks stay what they were. */
static void give_up_replacing(struct service *service)
{
    service->is_replacing = false;
    for (struct task *task = service->tasks; task; task = task->next) {
        if (!task->is_old)
            task_stop(task);
        task->is_old = false;
    }
}

static void describe_end(const struct task *task, int status, char *text, size_t text_len)
{
    if (WIFSIGNALED(status))
        (void)snprintf(text, text_len, "the server was ended by signal %d", WTERMSIG(status));
    else
        (void)snprintf(text, text_len, "the server exited with status %d%s%s", WEXITSTATUS(status),
                       task->last_line[0] ? ": " : "", task->last_line);
}

static void on_task_exit(void *context, struct task *task, int status)
{
    struct service *service = context;
    char text[TASK_LAST_LINE + 64];
    bool is_expected = task->state == TASK_RETIRING;
    unlink_task(service, task);
    if (service->is_stopping) {
        if (!service->tasks)
            service->on_stopped(service->options.context);
        return;
    }
    if (is_expected)
        return;
    if (!task->was_ready) {
        service->failures++;
        describe_end(task, status, text, sizeof text);
        service->options.on_failed(service->options.context, text);
        if (service->is_replacing && !task->is_old) {
            give_up_replacing(service);
            return;
        }
    }
    restart_later(service);
}

static void on_task_line(void *context, bool is_error, struct bytes line)
{
    struct service *service = context;
    service->options.on_line(service->options.context, is_error, line);
}

void service_replace(struct service *service)
{
    char error[512];
    service->is_replacing = true;
    for (struct task *task = service->tasks; task; task = task->next)
        task->is_old = true;
    while (current_count(service) < wanted(service)) {
        if (!start_task(service, error, sizeof error)) {
            service->options.on_failed(service->options.context, error);
            give_up_replacing(service);
            return;
        }
    }
}

/* --- life --- */

struct service *service_new(const struct service_options *options, char *error, size_t error_len)
{
    struct service *service = calloc(1, sizeof *service);
    if (!service) {
        (void)snprintf(error, error_len, "no memory");
        return NULL;
    }
    service->options = *options;
    if (options->task_count == 0)
        service->options.task_count = 1;
    service->waiting_last = &service->waiting;
    service->wait_timer.fn = on_wait_timer;
    service->restart_timer.fn = on_restart_timer;
    service->owner = (struct task_owner){
        .loop = options->loop,
        .program = options->program,
        .env = options->env,
        .probe_path = options->probe_path ? options->probe_path : "/healthcheck",
        .stop_grace_ms = options->stop_grace_ms ? options->stop_grace_ms : 30000,
        .on_ready = on_task_ready,
        .on_exit = on_task_exit,
        .on_line = on_task_line,
        .context = service,
    };
    for (unsigned i = 0; i < wanted(service); i++) {
        if (!start_task(service, error, error_len)) {
            service_free(service);
            return NULL;
        }
    }
    return service;
}

void service_stop(struct service *service, service_event_fn *on_stopped)
{
    service->is_stopping = true;
    service->on_stopped = on_stopped;
    loop_timer_clear(service->options.loop, &service->restart_timer);
    while (service->waiting)
        end_call(take_waiting(service), SERVICE_NO_TARGET, NULL);
    set_wait_timer(service);
    for (struct task *task = service->tasks; task; task = task->next)
        task_stop(task);
    if (!service->tasks)
        on_stopped(service->options.context);
}

void service_free(struct service *service)
{
    if (!service)
        return;
    loop_timer_clear(service->options.loop, &service->wait_timer);
    loop_timer_clear(service->options.loop, &service->restart_timer);
    while (service->tasks) {
        struct task *next = service->tasks->next;
        task_kill(service->tasks);
        service->tasks = next;
    }
    free(service);
}
