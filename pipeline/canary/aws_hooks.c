#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/canary/aws_internal.h"
#include "runtime/core/buf.h"
#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"

extern char **environ;

enum { VARIABLES = 8, VARIABLE_MAX = 400, ENV_MAX = 4096, BODY_MAX = 4096 };

/* What a hook is told, as variables and as JSON. */
struct telling {
    char variables[VARIABLES][VARIABLE_MAX];
    char *env[ENV_MAX];
};

static size_t write_variables(struct telling *telling, const struct canary_state *state,
                              enum plan_point point)
{
    size_t n = 0;
#define VARIABLE(format, ...) \
    (void)snprintf(telling->variables[n++], VARIABLE_MAX, "DUET_CANARY_" format, __VA_ARGS__)
    VARIABLE("POINT=%s", plan_point_name(point));
    VARIABLE("RUN=%s", state->run);
    VARIABLE("NAME=%s", state->name);
    VARIABLE("PHASE=%s", canary_phase_name(state->phase));
    VARIABLE("STEP=%u", state->step + 1);
    VARIABLE("SHARE=%g", 100 * canary_share(state, state->was));
    VARIABLE("WHY=%s", state->why);
#undef VARIABLE
    return n;
}

static void make_env(struct telling *telling, const struct canary_state *state,
                     enum plan_point point)
{
    size_t count = write_variables(telling, state, point), n = 0;
    for (; environ[n] && n < ENV_MAX - VARIABLES - 1; n++)
        telling->env[n] = environ[n];
    for (size_t i = 0; i < count; i++)
        telling->env[n++] = telling->variables[i];
    telling->env[n] = NULL;
}

/* A process group of its own, which takes signals as any program does; stdout is ours for events.
 */
static int start(const struct plan_hook *hook, char **env, pid_t *id)
{
    static char sh[] = "sh", c[] = "-c";
    char *argv[] = {sh, c, (char *)(uintptr_t)hook->command, NULL};
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    sigset_t none;
    (void)sigemptyset(&none);
    if (posix_spawnattr_init(&attributes) != 0)
        return ENOMEM;
    if (posix_spawn_file_actions_init(&files) != 0) {
        (void)posix_spawnattr_destroy(&attributes);
        return ENOMEM;
    }
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    int error = posix_spawn(id, "/bin/sh", &files, &attributes, argv, env);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attributes);
    return error;
}

/* Its status as waitpid's; -1: it took too long, and was killed with all that it had started. */
static int wait_for(pid_t id, int64_t timeout_ms)
{
    struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, id, 0), .events = POLLIN};
    int64_t deadline_ms = clock_ms_monotonic() + timeout_ms, left_ms = timeout_ms;
    int count = 0, status = 0;
    while (end.fd >= 0 && left_ms > 0 && count <= 0) {
        count = poll(&end, 1, (int)left_ms);
        left_ms = deadline_ms - clock_ms_monotonic();
    }
    if (end.fd >= 0)
        (void)close(end.fd);
    if (count <= 0)
        (void)kill(-id, SIGKILL);
    (void)waitpid(id, &status, 0);
    return count > 0 ? status : -1;
}

static enum rc run_command(const struct plan_hook *hook, struct telling *telling, char *why)
{
    pid_t id;
    int error = start(hook, telling->env, &id);
    if (error) {
        (void)snprintf(why, CANARY_WHY_MAX, "hook %s: cannot start: %s",
                       plan_point_name(hook->point), strerror(error));
        return RC_CONFLICT;
    }
    int status = wait_for(id, hook->timeout_ms);
    if (status == 0)
        return RC_OK;
    if (status == -1)
        (void)snprintf(why, CANARY_WHY_MAX, "hook %s: '%.160s' took too long",
                       plan_point_name(hook->point), hook->command);
    else
        (void)snprintf(why, CANARY_WHY_MAX, "hook %s: '%.160s' ended with %s %d",
                       plan_point_name(hook->point), hook->command,
                       WIFEXITED(status) ? "status" : "signal",
                       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return RC_CONFLICT;
}

static void write_body(struct buf *body, const struct canary_state *state, enum plan_point point)
{
    buf_printf(body, "{\"point\":\"%s\",\"run\":", plan_point_name(point));
    json_text_string(body, bytes_from_str(state->run));
    buf_printf(body, ",\"name\":");
    json_text_string(body, bytes_from_str(state->name));
    buf_printf(body, ",\"phase\":\"%s\",\"step\":%u,\"share\":%g,\"why\":",
               canary_phase_name(state->phase), state->step + 1,
               100 * canary_share(state, state->was));
    json_text_string(body, bytes_from_str(state->why));
    buf_append_char(body, '}');
}

static enum rc run_call(struct aws_driver *driver, const struct plan_hook *hook,
                        const struct canary_state *state, char *why)
{
    static const struct aws_field field = {BYTES_INIT("Content-Type"),
                                           BYTES_INIT("application/json")};
    struct transport_answer answer = {.status = 0};
    struct transport *transport = aws_transport(driver);
    struct buf body;
    buf_init(&body, BODY_MAX);
    write_body(&body, state, hook->point);
    const struct transport_request request = {.method = BYTES_LIT("POST"),
                                              .url = bytes_from_str(hook->url),
                                              .fields = &field,
                                              .field_count = 1,
                                              .body = buf_bytes(&body),
                                              .deadline_ms =
                                                  clock_ms_monotonic() + hook->timeout_ms};
    enum rc rc = transport && !body.failed
                     ? transport_send(transport, &request, &driver->api.arena, &answer)
                     : RC_NOMEM;
    buf_release(&body);
    if (rc == RC_OK && answer.status / 100 == 2)
        return RC_OK;
    if (rc == RC_OK)
        (void)snprintf(why, CANARY_WHY_MAX, "hook %s: '%.120s' answers %d",
                       plan_point_name(hook->point), hook->url, answer.status);
    else
        (void)snprintf(why, CANARY_WHY_MAX, "hook %s: '%.120s': %.120s",
                       plan_point_name(hook->point), hook->url, answer.error);
    return RC_CONFLICT;
}

enum rc aws_hooks(void *context, const struct canary_state *state, enum plan_point point, char *why)
{
    struct aws_driver *driver = context;
    const struct plan *plan = driver->options.plan;
    enum rc rc = RC_OK;
    api_begin(&driver->api);
    for (size_t i = 0; i < plan->hook_count && rc == RC_OK; i++) {
        const struct plan_hook *hook = &plan->hooks[i];
        if (hook->point != point)
            continue;
        if (hook->url) {
            rc = run_call(driver, hook, state, why);
            continue;
        }
        struct telling *telling = malloc(sizeof *telling);
        if (!telling)
            return RC_NOMEM;
        make_env(telling, state, point);
        rc = run_command(hook, telling, why);
        free(telling);
    }
    return rc;
}
