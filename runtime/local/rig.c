#include "runtime/local/rig.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/local/console.h"
#include "runtime/local/rebuild.h"
#include "runtime/local/rig_checks.h"
#include "runtime/local/rig_control.h"
#include "runtime/local/rig_dashboard.h"
#include "runtime/local/rig_fargate.h"
#include "runtime/local/rig_lambda.h"
#include "runtime/local/rig_listeners.h"
#include "runtime/local/rig_metrics.h"
#include "runtime/local/rig_model.h"
#include "runtime/net/fd_limit.h"

enum { DRAIN_MS = 5000 };

struct rig {
    const struct rig_config *config;
    struct loop loop;
    struct loop_io signals, terminal;
    struct loop_timer drain_timer;
    struct rig_model model;
    struct checker *checker;
    struct rig_metrics metrics;
    struct relay *relay;
    struct rig_lambda lambda;
    struct rig_fargate fargate;
    struct rig_listeners listeners;
    char https_note[512]; /* why there is no HTTPS; "": there is, or none is wanted */
    struct rig_dashboard dashboard;
    struct rig_control control;
    struct rebuild *rebuild;
    const char *env[RIG_HOMES][1 + RIG_ENV_ALL_MAX];
    char store[4200];
    unsigned port, https_port, control_port; /* at the start; https_port 0: there is none */
    bool is_up, is_stopping;
    int status;
    char error[1400];
};

/* --- what people see --- */

static void on_record(void *context, const struct alb_record *record)
{
    struct rig *rig = context;
    rig_metrics_record(&rig->metrics, record);
    dashboard_record(rig->dashboard.dashboard, record);
    if (!rig->config->is_quiet)
        rig_metrics_show(record);
}

static void show_https(const struct rig *rig, const char *address)
{
    const struct certificate *files = &rig->listeners.certificate;
    if (rig->https_note[0])
        console_printf("duet", "no HTTPS: %s", rig->https_note);
    if (!rig->https_port)
        return;
    console_printf("duet", "https://%s:%u, by a rule of its own; curl --cacert %s trusts it%s",
                   address, rig->https_port, files->authority_file,
                   files->is_new_authority ? " (made now)" : "");
}

static void tell(struct rig *rig, const char *source, const char *text)
{
    console_line(source, bytes_from_str(text));
    dashboard_event(rig->dashboard.dashboard, source, "%s", text);
}

static void on_service_ready(void *context)
{
    struct rig *rig = context;
    if (rig->is_up) {
        tell(rig, "duet", "the fargate home is replaced");
        return;
    }
    rig->is_up = true;
    const unsigned *weights = rig->config->weights;
    const char *address =
        strcmp(rig->config->bind, "0.0.0.0") == 0 ? "127.0.0.1" : rig->config->bind;
    console_printf("duet", "http://%s:%u -> lambda %u, fargate %u", address, rig->port,
                   weights[RIG_LAMBDA_A] + weights[RIG_LAMBDA_B],
                   weights[RIG_FARGATE_A] + weights[RIG_FARGATE_B]);
    show_https(rig, address);
    console_printf(
        "duet", "control port http://127.0.0.1:%u, a dashboard in browsers; Ctrl-C ends all of it",
        rig->control_port);
    console_printf("duet",
                   "AWS_ENDPOINT_URL=http://127.0.0.1:%u aws elbv2 describe-target-groups "
                   "(any region, any credentials)",
                   rig->control_port);
}

/* --- stopping --- */

static void on_service_stopped(void *context)
{
    struct rig *rig = context;
    loop_stop(&rig->loop);
}

static void stop_homes(struct rig *rig)
{
    loop_timer_clear(&rig->loop, &rig->drain_timer);
    rig_fargate_stop(&rig->fargate, on_service_stopped, rig);
}

static void on_drained(void *context)
{
    stop_homes(context);
}

static void on_drain_timer(struct loop *loop, struct loop_timer *timer)
{
    (void)loop;
    stop_homes((void *)((char *)timer - offsetof(struct rig, drain_timer)));
}

static void stop(struct rig *rig)
{
    rig->is_stopping = true;
    if (loop_timer_set(&rig->loop, &rig->drain_timer, clock_ms_monotonic() + DRAIN_MS) != RC_OK)
        stop_homes(rig);
    else
        rig_listeners_drain(&rig->listeners, on_drained);
}

static void on_signal(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct rig *rig = (void *)((char *)io - offsetof(struct rig, signals));
    struct signalfd_siginfo info;
    (void)events;
    if (read(io->fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (rig->is_stopping) {
        loop_stop(loop);
        return;
    }
    tell(rig, "duet", "stopping");
    stop(rig);
}

/* Its other end is closed. The signal of that goes to the leader of the session, which may be a
 * make that waits for the rig. */
static void on_terminal_gone(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct rig *rig = (void *)((char *)io - offsetof(struct rig, terminal));
    (void)events;
    loop_io_remove(loop, io);
    if (!rig->is_stopping)
        stop(rig);
}

static void on_service_failed(void *context, const char *reason)
{
    struct rig *rig = context;
    if (rig->is_up) {
        tell(rig, "fargate", reason);
        return;
    }
    if (rig->is_stopping)
        return;
    (void)snprintf(rig->error, sizeof rig->error, "cannot start the fargate home: %s", reason);
    rig->status = 1;
    stop(rig);
}

/* --- starting --- */

static void set_env(struct rig *rig)
{
    (void)snprintf(rig->store, sizeof rig->store, "DUET_STORE=%s", rig->config->store);
    for (int home = 0; home < RIG_HOMES; home++) {
        rig->env[home][0] = rig->store;
        rig_config_env_of(rig->config, home, rig->env[home] + 1);
    }
}

static bool fail(struct rig *rig, const char *what)
{
    (void)snprintf(rig->error, sizeof rig->error, "%s: %s", what, strerror(errno));
    return false;
}

/* What a home runs: with --watch a copy, which no make writes to. */
static const char *program_of(const struct rig *rig, int which)
{
    if (rig->rebuild)
        return rebuild_program(rig->rebuild, which);
    return which == RIG_LAMBDA ? rig->config->bootstrap : rig->config->server;
}

static bool start_homes(struct rig *rig)
{
    struct rig_fargate_options options = {
        .loop = &rig->loop,
        .config = rig->config,
        .model = &rig->model,
        .program = program_of(rig, RIG_FARGATE),
        .env = rig->env[RIG_FARGATE],
        .on_failed = on_service_failed,
        .on_ready = on_service_ready,
        .context = rig,
    };
    return rig_lambda_start(&rig->lambda, rig->config, &rig->model, program_of(rig, RIG_LAMBDA),
                            rig->env[RIG_LAMBDA], rig->error, sizeof rig->error) &&
           rig_fargate_start(&rig->fargate, &options, rig->error, sizeof rig->error);
}

static bool fail_why(struct rig *rig, const char *what, const char *why)
{
    (void)snprintf(rig->error, sizeof rig->error, "%s: %s", what, why);
    return false;
}

static bool start_model(struct rig *rig)
{
    struct alb_why why;
    rig->relay = relay_new(&rig->loop, rig->config->forwards, rig->config->forward_count,
                           rig->error, sizeof rig->error);
    if (!rig->relay)
        return false;
    if (!rig_lambda_init(&rig->lambda, &rig->loop, rig->config,
                         relay_url(rig->relay, BYTES_LIT("s3"))))
        return fail(rig, "cannot make the functions");
    if (!rig_model_init(&rig->model, rig->config, rig_lambda_find, &rig->lambda, &why))
        return fail_why(rig, "cannot make the load balancer", why.text);
    rig->checker = rig_checks_new(&rig->loop, rig->model.model);
    return rig->checker || fail(rig, "cannot start the health checks");
}

static bool start_listeners(struct rig *rig)
{
    struct alb_why why;
    struct rig_model *model = &rig->model;
    rig->listeners = (struct rig_listeners){.loop = &rig->loop,
                                            .model = model->model,
                                            .bind = rig->config->bind,
                                            .folder = ".duet",
                                            .on_record = on_record,
                                            .context = rig};
    if (!rig_listeners_open_all(&rig->listeners, model->is_https_optional ? model->https : NULL,
                                rig->https_note, sizeof rig->https_note))
        return fail_why(rig, "cannot start the load balancer", rig->https_note);
    rig->port = model->listener->port;
    rig->https_port = model->https && !rig->https_note[0] ? model->https->port : 0;
    return rig_model_keep(model, rig->config, &why) ||
           fail_why(rig, "cannot keep the load balancer", why.text);
}

static bool start_control(struct rig *rig)
{
    if (!rig_metrics_init(&rig->metrics, &rig->loop, rig->model.model, rig->config->access_log,
                          rig->error, sizeof rig->error))
        return false;
    if (!rig_dashboard_init(&rig->dashboard, &rig->loop, &rig->metrics, rig->model.model,
                            &rig->lambda, &rig->fargate, rig->config->has_control_ui))
        return fail(rig, "cannot make the dashboard");
    int fd =
        httpd_listen("127.0.0.1", rig->config->control_port, false, rig->error, sizeof rig->error);
    if (fd < 0)
        return false;
    rig->control_port = httpd_port(fd);
    rig_fargate_init(&rig->fargate);
    const struct control_service *const others[] = {
        cloudwatch_service(rig->metrics.cloudwatch), lambda_api_service(rig->lambda.api),
        &rig->fargate.ecs.service, &rig->fargate.scaling.service};
    struct rig_control_options control = {
        .loop = &rig->loop,
        .listen_fd = fd,
        .model = rig->model.model,
        .state = rig->config->state,
        .others = others,
        .other_count = sizeof others / sizeof others[0],
        .pages = rig_dashboard_pages(&rig->dashboard),
        .relay = rig->relay,
    };
    if (!rig_control_init(&rig->control, &control, rig->error, sizeof rig->error))
        return false;
    dashboard_set_parameters(rig->dashboard.dashboard, ssm_parameters(rig->control.ssm));
    return true;
}

static void on_new_program(void *context, int which)
{
    struct rig *rig = context;
    if (which == RIG_LAMBDA) {
        rig_lambda_replace(&rig->lambda);
        tell(rig, "duet", "the lambda home is replaced");
    } else {
        rig_fargate_replace(&rig->fargate);
    }
}

static bool start_watching(struct rig *rig)
{
    struct rebuild_options options = {
        .loop = &rig->loop,
        .programs = {[RIG_LAMBDA] = rig->config->bootstrap, [RIG_FARGATE] = rig->config->server},
        .on_new = on_new_program,
        .context = rig,
    };
    if (!rig->config->is_watching)
        return true;
    rig->rebuild = rebuild_new(&options, rig->error, sizeof rig->error);
    return rig->rebuild != NULL;
}

static bool watch_signals(struct rig *rig)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    rig->signals =
        (struct loop_io){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .fn = on_signal};
    return rig->signals.fd >= 0 && loop_io_add(&rig->loop, &rig->signals, EPOLLIN) == RC_OK
               ? true
               : fail(rig, "cannot watch for signals");
}

/* epoll tells of a hang-up without being asked for any event. */
static bool watch_terminal(struct rig *rig)
{
    rig->terminal = (struct loop_io){.fd = STDOUT_FILENO, .fn = on_terminal_gone};
    return !isatty(STDOUT_FILENO) || loop_io_add(&rig->loop, &rig->terminal, 0) == RC_OK ||
           fail(rig, "cannot watch the terminal");
}

/* Those that wait, and those that targets of others have. */
static void end_requests(struct alb_model *model)
{
    for (struct alb_group *group = model->groups; group; group = group->next) {
        alb_group_refuse(group);
        for (struct alb_target *target = group->targets; target; target = target->next)
            alb_target_cut(target);
    }
}

static void release(struct rig *rig)
{
    /* Calls that are still open get their answer here, so the load balancer goes after it. */
    relay_free(rig->relay);
    rig_lambda_release(&rig->lambda);
    rig_fargate_release(&rig->fargate);
    if (rig->model.model)
        end_requests(rig->model.model);
    rebuild_free(rig->rebuild);             /* with the programs that they ran */
    rig_listeners_release(&rig->listeners); /* whose last requests are recorded then */
    rig_control_release(&rig->control);
    rig_dashboard_release(&rig->dashboard);
    rig_metrics_release(&rig->metrics);
    rig_model_release(&rig->model);
    checker_free(rig->checker);
    if (rig->signals.fd >= 0)
        (void)close(rig->signals.fd);
    loop_release(&rig->loop);
}

int rig_run(const struct rig_config *config)
{
    struct rig rig = {.config = config, .signals.fd = -1, .drain_timer.fn = on_drain_timer};
    if (loop_init(&rig.loop) != RC_OK) {
        (void)fprintf(stderr, "duet local: cannot make an event loop: %s\n", strerror(errno));
        return 1;
    }
    fd_limit_raise(); /* a sandbox takes six descriptors, a client's request two */
    set_env(&rig);
    if (!watch_signals(&rig) || !watch_terminal(&rig) || !start_model(&rig) ||
        !start_listeners(&rig) || !start_control(&rig) || !start_watching(&rig) ||
        !start_homes(&rig))
        rig.status = 1;
    else if (loop_run(&rig.loop) != RC_OK)
        rig.status = fail(&rig, "the event loop failed") ? 0 : 1;
    release(&rig);
    if (rig.status)
        (void)fprintf(stderr, "duet local: %s\n", rig.error);
    return rig.status;
}
