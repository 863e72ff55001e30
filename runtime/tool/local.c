#include "runtime/tool/local.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/local/rig.h"
#include "runtime/local/rig_debug.h"
#include "runtime/local/terraform.h"
#include "runtime/tool/places.h"
#include "runtime/tool/store_env.h"

enum { ERROR_MAX = 1024 };

static const char usage[] =
    "usage: duet local [options]\n"
    "\n"
    "Runs a load balancer on http://127.0.0.1:8080 that spreads requests by weight over both "
    "homes\n"
    "of a service: Lambda sandboxes that run build/bootstrap, and tasks that run build/server.\n"
    "\n"
    "  --port N             of the load balancer (8080; 0: any free one)\n"
    "  --https-port N       of its HTTPS listener (beside 8080: 8443 where that is free, else "
    "none;\n"
    "                       0: any free one); its certificate's authority is .duet/ca.pem\n"
    "  --bind ADDRESS       of the load balancer (127.0.0.1; 0.0.0.0: all of this machine's)\n"
    "  --control-port N     of the control port (4566; 0: any free one)\n"
    "  --weights LIST       lambda=N,fargate=N, each 0 to 999 (lambda=50,fargate=50); also by "
    "slot:\n"
    "                       lambda-a, lambda-b, fargate-a, fargate-b\n"
    "  --terraform FILE     the rig as `terraform show -json` of a plan or state of terraform/ has "
    "it;\n"
    "                       what is not taken over is named; flags and --config win\n"
    "  --config FILE        the same settings, and more, as JSON; flags win\n"
    "  --store URL          sqlite:PATH, dynamodb:TABLE or memory (DUET_STORE of this shell,\n"
    "                       else sqlite:.duet/store.db)\n"
    "  --state DIR          keeps the load balancer (rules, weights, groups, targets) in this "
    "folder;\n"
    "                       what is there wins over --weights\n"
    "  --pin-secret TEXT    requests with the header X-Duet-Pin: TEXT.SLOT go to that slot\n"
    "  --env NAME=value     for both homes; may be given again\n"
    "  --forward NAME=URL   calls of this service of AWS go on from the control port to URL, such "
    "as\n"
    "                       s3=http://127.0.0.1:5000; may be given again\n"
    "  --bootstrap PATH     the Lambda home's program (build/bootstrap)\n"
    "  --server PATH        the Fargate home's program (build/server)\n"
    "  --tasks N            tasks of the Fargate home (1)\n"
    "  --access-log FILE    a line for each request, with the fields of an ALB's access log\n"
    "  --control-ui         the dashboard, on the control port, may set weights\n"
    "  --watch              run make when a source changes, and replace both homes\n"
    "  --debug HOME         lambda or fargate: that home waits for gdb, and has no time limits\n"
    "  --debug-port N       of its gdbserver (any free one)\n"
    "  --quiet              no lines for requests, but for calls that fail\n"
    "  --help\n";

enum option_id {
    OPT_PORT = 256,
    OPT_HTTPS_PORT,
    OPT_BIND,
    OPT_CONTROL_PORT,
    OPT_WEIGHTS,
    OPT_CONFIG,
    OPT_TERRAFORM,
    OPT_STORE,
    OPT_STATE,
    OPT_PIN_SECRET,
    OPT_ENV,
    OPT_FORWARD,
    OPT_BOOTSTRAP,
    OPT_SERVER,
    OPT_TASKS,
    OPT_ACCESS_LOG,
    OPT_CONTROL_UI,
    OPT_WATCH,
    OPT_DEBUG,
    OPT_DEBUG_PORT,
    OPT_QUIET,
    OPT_HELP,
};

static const struct option options[] = {
    {"port", required_argument, NULL, OPT_PORT},
    {"https-port", required_argument, NULL, OPT_HTTPS_PORT},
    {"bind", required_argument, NULL, OPT_BIND},
    {"control-port", required_argument, NULL, OPT_CONTROL_PORT},
    {"weights", required_argument, NULL, OPT_WEIGHTS},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"store", required_argument, NULL, OPT_STORE},
    {"terraform", required_argument, NULL, OPT_TERRAFORM},
    {"state", required_argument, NULL, OPT_STATE},
    {"pin-secret", required_argument, NULL, OPT_PIN_SECRET},
    {"env", required_argument, NULL, OPT_ENV},
    {"forward", required_argument, NULL, OPT_FORWARD},
    {"bootstrap", required_argument, NULL, OPT_BOOTSTRAP},
    {"server", required_argument, NULL, OPT_SERVER},
    {"tasks", required_argument, NULL, OPT_TASKS},
    {"access-log", required_argument, NULL, OPT_ACCESS_LOG},
    {"control-ui", no_argument, NULL, OPT_CONTROL_UI},
    {"watch", no_argument, NULL, OPT_WATCH},
    {"debug", required_argument, NULL, OPT_DEBUG},
    {"debug-port", required_argument, NULL, OPT_DEBUG_PORT},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

enum verdict { GO_ON, BAD_USAGE, SHOW_HELP };

/* Where the number of an option stands in the file of --config; NULL: it is none. */
static const char *number_path(int id)
{
    static const struct {
        int id;
        const char *path;
    } rows[] = {
        {OPT_PORT, "port"},
        {OPT_HTTPS_PORT, "https_port"},
        {OPT_CONTROL_PORT, "control_port"},
        {OPT_TASKS, "fargate.tasks"},
        {OPT_DEBUG_PORT, "debug_port"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].id == id)
            return rows[i].path;
    return NULL;
}

static enum verdict take_option(struct rig_config *config, int id, const char *value, char *error)
{
    bool is_good = true;
    if (number_path(id))
        return rig_config_number(config, number_path(id), value, error, ERROR_MAX) ? GO_ON
                                                                                   : BAD_USAGE;
    switch (id) {
    case OPT_BIND:
        config->bind = value;
        break;
    case OPT_WEIGHTS:
        is_good = rig_config_weights(config, value, error, ERROR_MAX);
        break;
    case OPT_ENV:
        is_good = rig_config_env(config, value, error, ERROR_MAX);
        break;
    case OPT_FORWARD:
        is_good = rig_config_forward(config, value, error, ERROR_MAX);
        break;
    case OPT_STORE:
        config->store = value;
        break;
    case OPT_PIN_SECRET:
        config->pin_secret = value;
        break;
    case OPT_STATE:
        config->state = value;
        break;
    case OPT_BOOTSTRAP:
        config->bootstrap = value;
        break;
    case OPT_SERVER:
        config->server = value;
        break;
    case OPT_ACCESS_LOG:
        config->access_log = value;
        break;
    case OPT_CONTROL_UI:
        config->has_control_ui = 1;
        break;
    case OPT_WATCH:
        config->is_watching = true;
        break;
    case OPT_DEBUG:
        is_good = rig_debug_take(config, value, error, ERROR_MAX);
        break;
    case OPT_QUIET:
        config->is_quiet = true;
        break;
    case OPT_CONFIG: /* these are taken before the others */
    case OPT_TERRAFORM:
        break;
    case OPT_HELP:
        return SHOW_HELP;
    default:
        (void)snprintf(error, ERROR_MAX, "see duet local --help");
        return BAD_USAGE;
    }
    return is_good ? GO_ON : BAD_USAGE;
}

/* Flags win over the files wherever they stand, and the settings over the plan, so each has a pass
 * of its own. */
enum pass { PASS_TERRAFORM, PASS_CONFIG, PASS_FLAGS };

static enum verdict take_all(struct rig_config *config, int argc, char **argv, enum pass pass,
                             char *error)
{
    int id;
    enum verdict verdict = GO_ON;
    optind = 1;
    opterr = pass == PASS_FLAGS;
    while (verdict == GO_ON && (id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (pass == PASS_FLAGS)
            verdict = take_option(config, id, optarg, error);
        else if (pass == PASS_CONFIG && id == OPT_CONFIG &&
                 !rig_config_load(config, optarg, error, ERROR_MAX))
            verdict = BAD_USAGE;
        else if (pass == PASS_TERRAFORM && id == OPT_TERRAFORM &&
                 !terraform_load(config, optarg, error, ERROR_MAX))
            verdict = BAD_USAGE;
    }
    if (verdict == GO_ON && pass == PASS_FLAGS && optind < argc) {
        (void)snprintf(error, ERROR_MAX, "'%s' is no option", argv[optind]);
        verdict = BAD_USAGE;
    }
    return verdict;
}

static bool is_set(const struct rig_config *config, const char *entry)
{
    size_t len = bytes_find(bytes_from_str(entry), '=') + 1;
    for (size_t i = 0; i < config->env_count; i++)
        if (strncmp(config->env[i], entry, len) == 0)
            return true;
    return false;
}

/* Where the store is, and what both homes need to reach it. */
static bool find_store(struct rig_config *config, char *error)
{
    const char *url = config->store ? config->store : store_env_url();
    config->store = places_store(&config->arena, url, error, ERROR_MAX);
    if (!config->store)
        return false;
    const char *const *entry = store_env_list(&config->arena, config->store);
    for (; entry && *entry; entry++)
        if (!is_set(config, *entry) && !rig_config_env(config, *entry, error, ERROR_MAX))
            return false;
    if (!entry)
        (void)snprintf(error, ERROR_MAX, "no memory");
    return entry != NULL;
}

/* A name without a folder is that of a file here, not of a program in PATH. NULL: no memory. */
static const char *find_program(struct arena *arena, const char *said, const char *usual)
{
    struct bytes path;
    if (!said)
        return places_program(arena, usual);
    if (strchr(said, '/'))
        return said;
    return arena_printf(arena, &path, "./%s", said) == RC_OK ? path.ptr : NULL;
}

static int run(struct rig_config *config, int argc, char **argv)
{
    char error[ERROR_MAX] = "";
    enum verdict verdict = GO_ON;
    for (enum pass pass = PASS_TERRAFORM; pass <= PASS_FLAGS && verdict == GO_ON; pass++)
        verdict = take_all(config, argc, argv, pass, error);
    if (verdict == SHOW_HELP) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (verdict == GO_ON && !rig_config_check(config, error, sizeof error))
        verdict = BAD_USAGE;
    if (verdict == BAD_USAGE) {
        (void)fprintf(stderr, "duet local: %s\n", error);
        return 2;
    }
    for (size_t i = 0; config->terraform && i < config->terraform->note_count; i++)
        (void)fprintf(stderr, "duet local: plan: %s\n", config->terraform->notes[i]);
    if (!rig_debug_settle(config, getenv("PATH"), error, sizeof error) ||
        !find_store(config, error)) {
        (void)fprintf(stderr, "duet local: %s\n", error);
        return 1;
    }
    config->bootstrap = find_program(&config->arena, config->bootstrap, "bootstrap");
    config->server = find_program(&config->arena, config->server, "server");
    if (config->bootstrap && config->server)
        return rig_run(config);
    (void)fputs("duet local: no memory\n", stderr);
    return 1;
}

int tool_local(int argc, char **argv)
{
    struct rig_config config;
    rig_config_init(&config);
    int status = run(&config, argc, argv);
    rig_config_release(&config);
    return status;
}
