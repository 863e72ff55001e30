#include "pipeline/canary/command_args.h"

#include <getopt.h>
#include <stdio.h>

enum { OPT_LOCK = 256, OPT_RECORD, OPT_IGNORE, OPT_JSON, OPT_FORCE, OPT_HELP };

static const struct option options[] = {
    {"lock", required_argument, NULL, OPT_LOCK},
    {"record", required_argument, NULL, OPT_RECORD},
    {"ignore-alarm", required_argument, NULL, OPT_IGNORE},
    {"json", no_argument, NULL, OPT_JSON},
    {"force", no_argument, NULL, OPT_FORCE},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static bool take(struct command_args *args, int option, char **argv, char *error, size_t error_len)
{
    switch (option) {
    case OPT_LOCK:
        args->lock = optarg;
        return true;
    case OPT_RECORD:
        args->record = optarg;
        return true;
    case OPT_IGNORE:
        if (args->ignored_count == AWS_DRIVER_IGNORED_MAX) {
            (void)snprintf(error, error_len, "--ignore-alarm may be given %d times at most",
                           AWS_DRIVER_IGNORED_MAX);
            return false;
        }
        args->ignored[args->ignored_count++] = optarg;
        return true;
    case OPT_JSON:
        args->is_json = true;
        return true;
    case OPT_FORCE:
        args->is_forced = true;
        return true;
    case OPT_HELP:
        args->is_help = true;
        return true;
    default:
        (void)snprintf(error, error_len, "%s %s", argv[optind - 1],
                       option == ':' ? "needs a value" : "is no option");
        return false;
    }
}

bool command_args_read(struct command_args *args, int argc, char **argv, char *error,
                       size_t error_len)
{
    int option;
    *args = (struct command_args){.plan = NULL};
    optind = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1)
        if (!take(args, option, argv, error, error_len))
            return false;
    if (optind < argc)
        args->plan = argv[optind++];
    if (optind < argc)
        (void)snprintf(error, error_len, "'%s' is one argument too many", argv[optind]);
    return optind == argc;
}
