#include "runtime/tasks/task.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/alb/dispatch.h"
#include "runtime/core/clock.h"
#include "runtime/net/httpd.h"
#include "runtime/tasks/container.h"

enum { ARGUMENTS_BYTES = 1024 * 1024 };
enum { PROBE_INTERVAL_MS = 10, PROBE_TIMEOUT_MS = 2000, SILENCE_MS = 5000, ENV_MAX = 256 };

/* --- readiness --- */

static void probe_later(struct task *task)
{
    if (loop_timer_set(task->owner.loop, &task->probe_timer,
                       clock_ms_monotonic() + PROBE_INTERVAL_MS) != RC_OK)
        process_signal(task->process, SIGKILL); /* its exit starts another */
}

/* Once, why requests have to wait: at the first answer that is not 200, or after a long silence. */
static void say_what_is_missing(struct task *task, const struct http1_response *res)
{
    char text[256];
    if (task->was_ready || task->has_said_why)
        return;
    if (res)
        (void)snprintf(text, sizeof text,
                       "GET %s is answered with %d; a task takes requests when that is 200",
                       task->owner.probe_path, res->status);
    else if (clock_ms_monotonic() - task->started_ms >= SILENCE_MS)
        (void)snprintf(text, sizeof text, "GET %s on port %u has no answer yet",
                       task->owner.probe_path, task->port);
    else
        return;
    task->has_said_why = true;
    task->owner.on_line(task->owner.context, true, bytes_from_str(text));
}

static void on_probed(void *context, struct upstream *upstream, enum rc rc,
                      const struct http1_response *res, bool has_begun)
{
    struct task *task = context;
    (void)has_begun;
    bool is_ready = rc == RC_OK && res->status == 200;
    if (task->state == TASK_STARTING && !is_ready)
        say_what_is_missing(task, rc == RC_OK ? res : NULL);
    upstream_close(upstream);
    task->probe = NULL;
    if (task->state != TASK_STARTING)
        return;
    if (!is_ready) {
        probe_later(task);
        return;
    }
    task->state = TASK_READY;
    if (!task->was_ready)
        task->started_at_ms = clock_ms_epoch();
    task->was_ready = true;
    if (task->target && task->target->state == ALB_INITIAL)
        alb_target_set_state(task->target, ALB_HEALTHY, NULL, NULL);
    task->owner.on_ready(task->owner.context, task);
}

static void on_probe_timer(struct loop *loop, struct loop_timer *timer)
{
    struct task *task = (void *)((char *)timer - offsetof(struct task, probe_timer));
    char request[256];
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                     "User-Agent: ELB-HealthChecker/2.0\r\nConnection: close\r\n\r\n",
                     task->owner.probe_path, task->port);
    struct sockaddr_in to = upstream_loopback(task->port);
    task->probe = upstream_open(loop, &to);
    if (task->probe && upstream_send(task->probe, bytes_make(request, (size_t)n), HTTP_GET,
                                     PROBE_TIMEOUT_MS, on_probed, task) == RC_OK)
        return;
    if (task->probe)
        upstream_close(task->probe);
    task->probe = NULL;
    probe_later(task);
}

/* --- the target --- */

static bool is_doomed(void *context)
{
    const struct task *task = context;
    return task->process && process_is_doomed(task->process);
}

static void on_failed(void *context)
{
    task_doubt(context);
}

static void on_unhealthy(void *context)
{
    struct task *task = context;
    if (task->state != TASK_RETIRING)
        task->owner.on_unhealthy(task->owner.context, task);
}

static void stop_process(struct task *task)
{
    if (task->is_stopping || !task->process)
        return;
    task->is_stopping = true;
    /* A container that is too slow is killed by the shell that waits for it. */
    process_stop(task->process,
                 task->owner.stop_grace_ms + (task->owner.image ? CONTAINER_KILL_MS : 0));
}

static void on_unused(void *context)
{
    struct task *task = context;
    if (task->state == TASK_RETIRING)
        stop_process(task);
}

static void ignore(void *context)
{
    (void)context;
}

/* Its last request may outlive the task: the target forgets it here. */
static void on_gone(void *context)
{
    struct task *task = context;
    task->target->owner = (struct alb_target_owner){.on_failed = ignore};
    task->target = NULL;
    if (task->state == TASK_RETIRING)
        stop_process(task);
}

bool task_register(struct task *task, struct alb_group *group)
{
    const struct alb_target_owner owner = {is_doomed, on_failed, on_unhealthy,
                                           on_unused, on_gone,   task};
    return alb_target_register(group, BYTES_LIT("127.0.0.1"), task->port, &owner, &task->target,
                               NULL) == ALB_OK;
}

/* The process is gone, and the task soon: what was on its way is tried elsewhere. */
static void unregister(struct task *task)
{
    struct alb_target *target = task->target;
    if (!target)
        return;
    task->target = NULL;
    target->owner = (struct alb_target_owner){.on_failed = ignore};
    alb_target_remove(target);
}

/* --- life --- */

static void release(struct task *task)
{
    loop_timer_clear(task->owner.loop, &task->probe_timer);
    if (task->probe)
        upstream_close(task->probe);
    unregister(task);
    if (task->port_fd >= 0)
        (void)close(task->port_fd);
    free(task);
}

static void name_container(const struct task *task, char name[CONTAINER_NAME_MAX])
{
    (void)snprintf(name, CONTAINER_NAME_MAX, "duet-local-%s", task->id);
}

/* Docker's own process was killed: the container may run on. */
static void remove_container(const struct task *task)
{
    char name[CONTAINER_NAME_MAX];
    name_container(task, name);
    if (task->owner.image)
        container_remove(name);
}

static void on_process_exit(void *context, int status)
{
    struct task *task = context;
    task->process = NULL;
    if (WIFSIGNALED(status))
        remove_container(task);
    task->owner.on_exit(task->owner.context, task, status);
    release(task);
}

static void on_process_line(void *context, bool is_error, struct bytes line)
{
    struct task *task = context;
    /* Docker's hint, which comes behind what is wrong, says nothing of it. */
    bool is_hint =
        task->owner.image && bytes_starts_with(line, BYTES_LIT("Run 'docker run --help"));
    if (line.len && !is_hint)
        (void)snprintf(task->last_line, sizeof task->last_line, "%.*s", BYTES_ARG(line));
    task->owner.on_line(task->owner.context, is_error, line);
}

/* A port of 127.0.0.1 that is ours until the task is freed: bound, so that nobody's connection gets
 * it, and with SO_REUSEADDR and without listen(2), so that the server, which sets that too, may. */
static bool reserve_port(struct task *task, char *error, size_t error_len)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    task->port_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (task->port_fd >= 0 &&
        setsockopt(task->port_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        bind(task->port_fd, (struct sockaddr *)&at, sizeof at) == 0) {
        task->port = httpd_port(task->port_fd);
        return true;
    }
    (void)snprintf(error, error_len, "no port for a server: %s", strerror(errno));
    return false;
}

/* The command of what it is: a program, or docker with an image. */
static const char *const *command_of(const struct task *task, const char *name,
                                     const char *const *env, struct arena *arena)
{
    const struct container container = {.name = name,
                                        .image = task->owner.image,
                                        .env = env,
                                        .args = task->owner.argv + 1,
                                        .port = task->owner.container_port,
                                        .host_port = task->port,
                                        .stop_timeout_s = task->owner.stop_grace_ms / 1000};
    return task->owner.image ? container_command(&container, arena) : task->owner.argv;
}

/* What it gets besides the owner's variables; `mark` is that by which its own children are found
 * when it has ended. A container is told its port by docker. */
static void fill_env(const struct task *task, const char *mark, const char *port,
                     const char *env[ENV_MAX])
{
    size_t n = 0;
    for (; task->owner.env[n] && n < ENV_MAX - 4; n++)
        env[n] = task->owner.env[n];
    env[n++] = mark;
    env[n++] = task->owner.image ? "DUET_BIND=0.0.0.0" : "DUET_BIND=127.0.0.1";
    if (!task->owner.image)
        env[n++] = port;
    env[n] = NULL;
}

static bool spawn(struct task *task, char *error, size_t error_len)
{
    char port[32], mark[TASK_ID_LEN + 16], name[CONTAINER_NAME_MAX];
    const char *env[ENV_MAX];
    struct arena arena;
    (void)snprintf(port, sizeof port, "PORT=%u", task->port);
    (void)snprintf(mark, sizeof mark, "ECS_TASK_ID=%s", task->id);
    fill_env(task, mark, port, env);
    name_container(task, name);
    arena_init(&arena, ARGUMENTS_BYTES);
    struct process_options options = {.loop = task->owner.loop,
                                      .argv = command_of(task, name, env, &arena),
                                      .env = env,
                                      .mark = mark,
                                      .debugger = task->owner.image ? NULL : task->owner.debugger,
                                      .on_line = on_process_line,
                                      .on_exit = on_process_exit,
                                      .context = task};
    if (task->owner.image) { /* docker listens on the port itself: it cannot stay ours */
        (void)close(task->port_fd);
        task->port_fd = -1;
    }
    if (options.argv)
        task->process = process_start(&options, error, error_len);
    else
        (void)snprintf(error, error_len, "no memory");
    arena_release(&arena);
    return task->process != NULL;
}

static void make_id(char text[TASK_ID_LEN + 1])
{
    unsigned char bytes[TASK_ID_LEN / 2] = {0};
    (void)!getrandom(bytes, sizeof bytes, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

struct task *task_start(const struct task_owner *owner, char *error, size_t error_len)
{
    struct task *task = calloc(1, sizeof *task);
    if (!task) {
        (void)snprintf(error, error_len, "no memory");
        return NULL;
    }
    task->owner = *owner;
    task->started_ms = clock_ms_monotonic();
    task->created_at_ms = clock_ms_epoch();
    make_id(task->id);
    task->probe_timer.fn = on_probe_timer;
    if (!reserve_port(task, error, error_len) || !spawn(task, error, error_len)) {
        release(task);
        return NULL;
    }
    probe_later(task);
    return task;
}

/* A health check may have found it healthy while the task itself still looks: that is doubted too.
 */
void task_doubt(struct task *task)
{
    if (task->state == TASK_RETIRING)
        return;
    bool is_looking = task->state == TASK_STARTING;
    task->state = TASK_STARTING;
    if (task->target && task->target->state != ALB_DRAINING)
        alb_target_set_state(task->target, ALB_INITIAL, "Elb.InitialHealthChecking",
                             "Initial health checks in progress");
    if (!is_looking)
        probe_later(task);
}

static void deregister(struct task *task, const char *code, const char *reason)
{
    if (!task->stop_code) {
        task->stop_code = code;
        task->stopping_at_ms = clock_ms_epoch();
        (void)snprintf(task->stop_reason, sizeof task->stop_reason, "%s", reason);
    }
    task->state = TASK_RETIRING;
    loop_timer_clear(task->owner.loop, &task->probe_timer);
    if (task->target)
        alb_target_deregister(task->target);
}

void task_retire(struct task *task, const char *code, const char *reason)
{
    deregister(task, code, reason);
    if (!task->target || task->target->in_flight == 0)
        stop_process(task);
}

void task_stop(struct task *task, const char *code, const char *reason)
{
    if (task->is_stopping)
        return;
    deregister(task, code, reason);
    stop_process(task);
}

void task_kill(struct task *task)
{
    if (task->target)
        alb_target_cut(task->target);
    process_kill(task->process);
    remove_container(task);
    release(task);
}
