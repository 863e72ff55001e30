#include "runtime/tool/invoke_args.h"

#include <stdio.h>

#include "runtime/tool/places.h"

enum {
    OPT_BOOTSTRAP = EVENT_ARGS_NEXT,
    OPT_STORE,
    OPT_ENV,
    OPT_TIMEOUT,
    OPT_HTTP,
    OPT_HELP,
    TIMEOUT_S = 30,
    TIMEOUT_MAX_S = 900, /* Lambda's */
};

const char invoke_usage[] =
    "usage: duet invoke FILE [options]\n"
    "       duet invoke --path PATH [options]\n"
    "\n"
    "Runs the function's bootstrap on one event, and prints its answer. Its log goes to stderr.\n"
    "\n" EVENT_ARGS_USAGE "and:\n"
    "  --bootstrap PATH     the program (build/bootstrap here, or the one beside duet)\n"
    "  --store URL          its DUET_STORE (that of this shell, else sqlite:.duet/store.db)\n"
    "  --env NAME=value     for the function; may be given again\n"
    "  --timeout SECONDS    of the invocation, 1 to 900 (30)\n"
    "  --http               print the HTTP response that the load balancer would send\n"
    "  --help\n"
    "\n"
    "Exit status: 0; 1 a function error (its payload is printed), or with --http one that the\n"
    "load balancer makes; 2 bad usage, or a file that cannot be read.\n";

static const struct option options[] = {
    EVENT_ARGS_OPTIONS,
    {"bootstrap", required_argument, NULL, OPT_BOOTSTRAP},
    {"store", required_argument, NULL, OPT_STORE},
    {"env", required_argument, NULL, OPT_ENV},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"http", no_argument, NULL, OPT_HTTP},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

void invoke_args_init(struct invoke_args *args, struct arena *arena)
{
    *args = (struct invoke_args){.timeout_s = TIMEOUT_S};
    event_args_init(&args->event, arena);
}

static bool take_timeout(struct invoke_args *args, const char *value, char *error, size_t error_len)
{
    uint64_t seconds;
    if (bytes_to_u64(bytes_from_str(value), TIMEOUT_MAX_S, &seconds) && seconds > 0) {
        args->timeout_s = (unsigned)seconds;
        return true;
    }
    (void)snprintf(error, error_len, "--timeout '%s' must be a whole number from 1 to %d", value,
                   TIMEOUT_MAX_S);
    return false;
}

static bool take_env(struct invoke_args *args, const char *value, char *error, size_t error_len)
{
    size_t end = bytes_find(bytes_from_str(value), '=');
    if (end == 0 || value[end] == '\0') {
        (void)snprintf(error, error_len, "--env '%s' is not of the form NAME=value", value);
        return false;
    }
    if (args->env_count == INVOKE_ENV_MAX) {
        (void)snprintf(error, error_len, "--env '%s' is one too many", value);
        return false;
    }
    args->env[args->env_count++] = value;
    return true;
}

static bool take_option(struct invoke_args *args, int id, const char *value, char *error,
                        size_t error_len)
{
    switch (id) {
    case OPT_BOOTSTRAP:
        args->bootstrap = value;
        break;
    case OPT_STORE:
        args->store = value;
        break;
    case OPT_ENV:
        return take_env(args, value, error, error_len);
    case OPT_TIMEOUT:
        return take_timeout(args, value, error, error_len);
    case OPT_HTTP:
        args->is_http = true;
        break;
    default:
        return event_args_take(&args->event, id, value, error, error_len);
    }
    return true;
}

/* --- what was not said --- */

/* What stands behind `name`, such as "DUET_STORE="; NULL: it is not set. */
static const char *value_of(const struct invoke_args *args, struct bytes name)
{
    for (size_t i = 0; i < args->env_count; i++)
        if (bytes_starts_with(bytes_from_str(args->env[i]), name))
            return args->env[i] + name.len;
    return NULL;
}

static bool add_store_env(struct invoke_args *args, const char *url)
{
    const char *const *own = store_env_list(args->event.arena, url);
    for (; own && *own; own++)
        if (!value_of(args, bytes_make(*own, bytes_find(bytes_from_str(*own), '=') + 1)))
            args->env[args->env_count++] = *own;
    return own != NULL;
}

static bool add_store(struct invoke_args *args, char *error, size_t error_len)
{
    struct bytes entry;
    const char *url = args->store ? NULL : value_of(args, BYTES_LIT("DUET_STORE="));
    bool is_there = url != NULL;
    if (!is_there) {
        url = args->store ? args->store : store_env_url();
        url = places_store(args->event.arena, url, error, error_len);
        if (!url)
            return false;
    }
    if (arena_printf(args->event.arena, &entry, "DUET_STORE=%s", url) != RC_OK ||
        !add_store_env(args, url)) {
        (void)snprintf(error, error_len, "no memory");
        return false;
    }
    if (!is_there)
        args->env[args->env_count++] = entry.ptr;
    return true;
}

static bool fill(struct invoke_args *args, char *error, size_t error_len)
{
    if (!args->bootstrap)
        args->bootstrap = places_program(args->event.arena, "bootstrap");
    if (!args->bootstrap) {
        (void)snprintf(error, error_len, "cannot tell where 'bootstrap' is: use --bootstrap");
        return false;
    }
    /* A line for machines, between those that the function writes for people. */
    if (!value_of(args, BYTES_LIT("DUET_METRICS=")))
        args->env[args->env_count++] = "DUET_METRICS=off";
    return add_store(args, error, error_len);
}

enum invoke_verdict invoke_args_take(struct invoke_args *args, int argc, char **argv, char *error,
                                     size_t error_len)
{
    int id;
    optind = 1;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id == OPT_HELP)
            return INVOKE_SHOW_HELP;
        if (id == '?') {
            (void)snprintf(error, error_len, "see duet invoke --help");
            return INVOKE_BAD_USAGE;
        }
        if (!take_option(args, id, optarg, error, error_len))
            return INVOKE_BAD_USAGE;
    }
    if (!event_args_finish(&args->event, argc, argv, error, error_len) ||
        !fill(args, error, error_len))
        return INVOKE_BAD_USAGE;
    return INVOKE_GO_ON;
}
