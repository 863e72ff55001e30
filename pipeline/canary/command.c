#include "pipeline/canary/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "pipeline/canary/command_args.h"
#include "pipeline/canary/command_lock.h"
#include "pipeline/canary/command_show.h"
#include "pipeline/canary/engine.h"
#include "pipeline/canary/estimate.h"
#include "pipeline/canary/replay.h"
#include "pipeline/canary/report.h"
#include "runtime/aws/environment.h"

enum { ERROR_MAX = 640 };

static const char usage[] =
    "usage: duet canary COMMAND PLAN [options]\n"
    "\n"
    "Shifts a rule's traffic from one slot to another, step by step, and judges it.\n"
    "\n"
    "  run PLAN        begin, and stay until it ends or is held\n"
    "  resume PLAN     go on with one that is held or paused, or whose process is gone\n"
    "  promote PLAN    go to the last step without more baking\n"
    "  pause PLAN      stay at the share until somebody says resume\n"
    "  rollback PLAN   back to the weights before\n"
    "  abort PLAN      forget it; the weights stay as they are\n"
    "  status PLAN     where it is\n"
    "  history PLAN    how the last ones ended\n"
    "  estimate        how long a step must bake\n"
    "  judge RECORDING judge a run once more\n"
    "  report RECORDING  as Markdown, and as a picture\n"
    "\n"
    "Options:\n"
    "  --json               JSON lines instead of text\n"
    "  --record FILE        JSON lines into a file too, for judge and report\n"
    "  --ignore-alarm NAME  that alarm of the plan is no veto; may be given again\n"
    "  --lock NAME          in the place of a plan: of status, history, rollback, abort\n"
    "  --force              take it from a process that still has it; roll back a rule that\n"
    "                       somebody else has changed\n"
    "  --help\n"
    "\n"
    "Exit status: 0 promoted, or done as asked; 1 rolled back; 2 bad usage or plan; 3 held;\n"
    "4 aborted; 5 AWS refused, or gave no sense; 6 somebody else has the lock; 7 somebody else\n"
    "has changed the rule.\n";

struct session {
    struct command_args args;
    struct plan plan;
    struct aws_driver *driver;
    struct canary_out out;
    struct canary_engine engine;
};

static enum canary_exit fail(enum canary_exit code, const char *error)
{
    (void)fprintf(stderr, "duet canary: %s\n", error);
    return code;
}

static bool open_record(struct session *session, char *error)
{
    if (!session->args.record)
        return true;
    session->out.record = fopen(session->args.record, "ae");
    if (!session->out.record)
        (void)snprintf(error, ERROR_MAX, "cannot open '%s': %s", session->args.record,
                       strerror(errno));
    return session->out.record != NULL;
}

static bool make_driver(struct session *session, char *error)
{
    struct aws_driver_options options = {.plan = &session->plan,
                                         .ignored_count = session->args.ignored_count,
                                         .lookup = aws_environment_lookup};
    memcpy(options.ignored, session->args.ignored, sizeof options.ignored);
    session->driver = aws_driver_new(&options);
    if (!session->driver)
        (void)snprintf(error, ERROR_MAX, "no memory");
    return session->driver != NULL;
}

/* To end a canary its lock is enough; to go on with it takes its plan. */
static bool read_plan(struct session *session, enum canary_word word, char *error)
{
    const struct command_args *args = &session->args;
    bool is_ending = word == WORD_ROLLBACK || word == WORD_ABORT;
    if (args->plan)
        return plan_load(&session->plan, args->plan, error, ERROR_MAX);
    if (args->lock && is_ending)
        return command_lock_plan(&session->plan, args->lock, error, ERROR_MAX);
    (void)snprintf(error, ERROR_MAX, is_ending ? "which PLAN, or --lock?" : "which PLAN?");
    return false;
}

static bool open_session(struct session *session, enum canary_word word, char *error)
{
    session->out.stream = stdout;
    session->out.is_json = session->args.is_json;
    return read_plan(session, word, error) && open_record(session, error) &&
           make_driver(session, error) &&
           engine_init(&session->engine, &session->plan, aws_driver_interface(session->driver),
                       &session->out, error, ERROR_MAX);
}

static void close_session(struct session *session)
{
    engine_release(&session->engine);
    aws_driver_free(session->driver);
    plan_release(&session->plan);
    if (session->out.record)
        (void)fclose(session->out.record);
}

/* A wait takes these signals; nothing else is cut short by them. */
static void block_signals(void)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static enum canary_exit meet(const struct command_args *args, enum canary_word word)
{
    struct session session = {.args = *args};
    char error[ERROR_MAX] = "";
    enum canary_exit code;
    block_signals();
    if (!open_session(&session, word, error))
        code = fail(CANARY_USAGE, error);
    else if (word == WORD_NONE)
        code = engine_run(&session.engine);
    else
        code = engine_go_on(&session.engine, word, args->is_forced);
    close_session(&session);
    return code;
}

/* --- looking --- */

typedef enum canary_exit show_fn(struct aws_driver *driver, const char *lock, bool is_json);

static enum canary_exit look(const struct command_args *args, show_fn *show)
{
    struct session session = {.args = *args};
    char error[ERROR_MAX] = "";
    enum canary_exit code = CANARY_USAGE;
    bool is_well =
        args->plan ? plan_load(&session.plan, args->plan, error, sizeof error) : args->lock != NULL;
    if (!args->plan && !args->lock)
        (void)snprintf(error, sizeof error, "which PLAN, or --lock?");
    if (is_well && make_driver(&session, error))
        code = show(session.driver, args->lock ? args->lock : session.plan.lock, args->is_json);
    else
        (void)fail(CANARY_USAGE, error);
    close_session(&session);
    return code;
}

/* --- the table --- */

static const struct {
    const char *name;
    enum canary_word word;
    show_fn *show; /* instead of a word */
} commands[] = {
    {"run", WORD_NONE, NULL},
    {"resume", WORD_RESUME, NULL},
    {"promote", WORD_PROMOTE, NULL},
    {"pause", WORD_PAUSE, NULL},
    {"abort", WORD_ABORT, NULL},
    {"rollback", WORD_ROLLBACK, NULL},
    {"status", WORD_NONE, command_status},
    {"history", WORD_NONE, command_history},
};

static int run_one(size_t index, int argc, char **argv)
{
    struct command_args args;
    char error[ERROR_MAX];
    if (!command_args_read(&args, argc, argv, error, sizeof error))
        return fail(CANARY_USAGE, error);
    if (args.is_help)
        return fputs(usage, stdout) < 0;
    return commands[index].show ? (int)look(&args, commands[index].show)
                                : (int)meet(&args, commands[index].word);
}

/* Those that meet no canary; they have options of their own. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} others[] = {{"estimate", canary_estimate}, {"judge", canary_judge}, {"report", canary_report}};

int canary_command(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i].name) == 0)
            return others[i].run(argc - 1, argv + 1);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return run_one(i, argc - 1, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return fputs(usage, stdout) < 0;
    if (argc > 1)
        (void)fprintf(stderr, "duet canary: '%s' is no command\n\n", name);
    (void)fputs(usage, stderr);
    return CANARY_USAGE;
}
