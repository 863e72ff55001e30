#include "pipeline/guard/guard_command.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "pipeline/guard/guard_engine.h"
#include "pipeline/guard/guard_picture.h"
#include "runtime/core/clock.h"

enum { ERROR_MAX = 640, PAST_MAX = 200, PICTURE_BYTES = 1024 * 1024 };
enum { OPT_JSON = 256, OPT_FORCE, OPT_SVG, OPT_HELP };

static const char usage[] =
    "usage: duet guard COMMAND [POLICY] [options]\n"
    "\n"
    "Watches both homes; when one fails, moves its share to the other, and brings it back later.\n"
    "\n"
    "  run [POLICY]      until SIGTERM; without a policy, the rig of make run\n"
    "  status [POLICY]   its state, as JSON\n"
    "  history [POLICY]  what it did and why, the oldest first, as JSON lines\n"
    "  clear [POLICY]    the weights as they are are the normal ones from now on\n"
    "\n"
    "Options:\n"
    "  --json      JSON lines instead of text\n"
    "  --force     take it from a guard that still has it\n"
    "  --svg FILE  of history: the shares over time with each act, as a picture too\n"
    "  --help\n"
    "\n"
    "Exit status: 0 ended as asked; 2 bad usage, or a policy that cannot be met; 5 AWS refuses, "
    "or\n"
    "gives no sense; 6 another guard has the parameter.\n";

struct arguments {
    const char *policy, *svg;
    bool is_json, is_forced, is_help;
};

struct session {
    struct guard_policy policy;
    struct aws_driver *driver;
    struct guard_engine engine;
};

static int fail(int code, const char *error)
{
    (void)fprintf(stderr, "duet guard: %s\n", error);
    return code;
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

static bool open_session(struct session *session, const struct arguments *args, char *error)
{
    *session = (struct session){.driver = NULL};
    if (!guard_policy_load(&session->policy, args->policy, error, ERROR_MAX))
        return false;
    const struct aws_driver_options options = {.plan = &session->policy.plan,
                                               .lookup = aws_environment_lookup};
    session->driver = aws_driver_new(&options);
    if (!session->driver)
        (void)snprintf(error, ERROR_MAX, "no memory");
    return session->driver != NULL;
}

static void close_session(struct session *session)
{
    guard_engine_release(&session->engine);
    aws_driver_free(session->driver);
    guard_policy_release(&session->policy);
}

/* --- commands --- */

static int run(struct session *session, const struct arguments *args)
{
    const struct guard_out out = {.stream = stdout, .is_json = args->is_json};
    char error[ERROR_MAX] = "";
    if (!guard_engine_init(&session->engine, &session->policy, session->driver, out,
                           aws_environment_lookup, error, sizeof error))
        return fail(GUARD_USAGE, error);
    return (int)guard_engine_run(&session->engine,
                                 &(struct guard_run){.is_forced = args->is_forced});
}

static int clear(struct session *session, const struct arguments *args)
{
    const struct guard_out out = {.stream = stdout, .is_json = args->is_json};
    char error[ERROR_MAX] = "";
    session->policy.probes.url = NULL;
    if (!guard_engine_init(&session->engine, &session->policy, session->driver, out,
                           aws_environment_lookup, error, sizeof error))
        return fail(GUARD_USAGE, error);
    return (int)guard_engine_clear(&session->engine);
}

static int status(struct session *session, const struct arguments *args)
{
    const struct canary_driver *world = aws_driver_interface(session->driver);
    const char *parameter = session->policy.parameter;
    struct canary_note note;
    char why[CANARY_WHY_MAX] = "";
    enum rc rc = world->note_read(world->context, parameter, &note, why);
    (void)args;
    if (rc == RC_NOT_FOUND)
        (void)snprintf(why, sizeof why, "there is no guard in '%.80s'", parameter);
    if (rc != RC_OK)
        return fail(rc == RC_NOT_FOUND ? GUARD_USAGE : GUARD_BROKEN, why);
    (void)printf("%.*s\n", (int)note.len, note.text);
    return GUARD_DONE;
}

/* Acts of the history, which AWS gives in no order; their names end with their time. */
struct past {
    struct {
        struct bytes name, text;
    } acts[PAST_MAX];
    size_t count;
};

static bool is_before(struct bytes a, struct bytes b)
{
    return memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len) < 0;
}

static void keep_past(void *context, struct bytes name, struct bytes text)
{
    struct past *past = context;
    size_t at = past->count;
    if (at == PAST_MAX)
        return;
    for (; at > 0 && is_before(name, past->acts[at - 1].name); at--)
        past->acts[at] = past->acts[at - 1];
    past->acts[at].name = name;
    past->acts[at].text = text;
    past->count++;
}

/* false: it cannot be written; errno says why. */
static bool write_file(const char *path, struct bytes text)
{
    FILE *stream = fopen(path, "we");
    if (!stream)
        return false;
    bool is_written = fwrite(text.ptr, 1, text.len, stream) == text.len;
    return fclose(stream) == 0 && is_written;
}

static int draw(const struct past *past, const char *path)
{
    struct guard_picture_act acts[PAST_MAX];
    struct arena arena;
    struct buf out;
    char error[ERROR_MAX];
    size_t count = 0;
    arena_init(&arena, PICTURE_BYTES);
    buf_init(&out, PICTURE_BYTES);
    for (size_t i = 0; i < past->count; i++)
        count += guard_picture_read(&arena, past->acts[i].text, &acts[count]);
    guard_picture_draw(acts, count, clock_ms_epoch(), &out);
    errno = ENOMEM;
    bool is_written = !out.failed && write_file(path, buf_bytes(&out));
    if (!is_written)
        (void)snprintf(error, sizeof error, "cannot write '%.500s': %s", path, strerror(errno));
    buf_release(&out);
    arena_release(&arena);
    return is_written ? GUARD_DONE : fail(GUARD_USAGE, error);
}

static int history(struct session *session, const struct arguments *args)
{
    char path[PLAN_LOCK_MAX + 16], why[CANARY_WHY_MAX];
    struct past past = {.count = 0};
    (void)snprintf(path, sizeof path, "%.*s/history", PLAN_LOCK_MAX, session->policy.parameter);
    if (aws_driver_notes(session->driver, path, keep_past, &past, why) != RC_OK)
        return fail(GUARD_BROKEN, why);
    for (size_t i = 0; i < past.count; i++)
        (void)printf("%.*s\n", BYTES_ARG(past.acts[i].text));
    return args->svg ? draw(&past, args->svg) : GUARD_DONE;
}

/* --- arguments --- */

static bool read_arguments(struct arguments *args, int argc, char **argv, char *error)
{
    static const struct option options[] = {{"json", no_argument, NULL, OPT_JSON},
                                            {"force", no_argument, NULL, OPT_FORCE},
                                            {"svg", required_argument, NULL, OPT_SVG},
                                            {"help", no_argument, NULL, OPT_HELP},
                                            {NULL, 0, NULL, 0}};
    int option;
    *args = (struct arguments){.policy = NULL};
    optind = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        args->is_json |= option == OPT_JSON;
        args->is_forced |= option == OPT_FORCE;
        args->is_help |= option == OPT_HELP;
        if (option == OPT_SVG)
            args->svg = optarg;
        if (option < OPT_JSON) {
            (void)snprintf(error, ERROR_MAX, "%s %s", argv[optind - 1],
                           option == ':' ? "wants a value" : "is no option");
            return false;
        }
    }
    if (optind < argc)
        args->policy = argv[optind++];
    if (optind < argc)
        (void)snprintf(error, ERROR_MAX, "'%s' is one argument too many", argv[optind]);
    return optind >= argc;
}

static const struct {
    const char *name;
    int (*run)(struct session *session, const struct arguments *args);
} commands[] = {{"run", run}, {"status", status}, {"history", history}, {"clear", clear}};

static int run_one(size_t index, int argc, char **argv)
{
    struct arguments args;
    struct session session;
    char error[ERROR_MAX] = "";
    if (!read_arguments(&args, argc, argv, error))
        return fail(GUARD_USAGE, error);
    if (args.is_help)
        return fputs(usage, stdout) < 0;
    block_signals();
    int code = open_session(&session, &args, error) ? commands[index].run(&session, &args)
                                                    : fail(GUARD_USAGE, error);
    close_session(&session);
    return code;
}

int guard_command(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return run_one(i, argc - 1, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return fputs(usage, stdout) < 0;
    if (argc > 1)
        (void)fprintf(stderr, "duet guard: '%s' is no command\n\n", name);
    (void)fputs(usage, stderr);
    return GUARD_USAGE;
}
