#include <stdio.h>

#include "runtime/core/limits.h"
#include "runtime/tool/event_args.h"
#include "runtime/tool/tool.h"

enum { OPT_HELP = EVENT_ARGS_NEXT, ERROR_MAX = 1024 };

static const char usage[] =
    "usage: duet event [options]\n"
    "       duet event FILE\n"
    "\n"
    "Prints the event that the load balancer would send to a function, as JSON.\n"
    "\n" EVENT_ARGS_USAGE "  --help\n"
    "\n"
    "Exit status: 0; 1 the load balancer would refuse the request; 2 bad usage, or a file that\n"
    "cannot be read.\n";

static const struct option options[] = {
    EVENT_ARGS_OPTIONS,
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

enum verdict { GO_ON, BAD_USAGE, SHOW_HELP };

static enum verdict take_options(struct event_args *args, int argc, char **argv, char *error)
{
    int id;
    optind = 1;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id == OPT_HELP)
            return SHOW_HELP;
        if (id == '?') {
            (void)snprintf(error, ERROR_MAX, "see duet event --help");
            return BAD_USAGE;
        }
        if (!event_args_take(args, id, optarg, error, ERROR_MAX))
            return BAD_USAGE;
    }
    return event_args_finish(args, argc, argv, error, ERROR_MAX) ? GO_ON : BAD_USAGE;
}

static int print_event(struct event_args *args, struct buf *json, char *error)
{
    struct event_made made;
    enum alb_lambda_reason reason;
    if (!event_args_make(args, json, &made, &reason, error, ERROR_MAX)) {
        (void)fprintf(stderr, "duet event: %s\n", error);
        return 2;
    }
    if (reason != ALB_LAMBDA_OK) {
        (void)fprintf(stderr, "duet event: the load balancer answers %d (%s)\n",
                      alb_lambda_reason_status(reason), alb_lambda_reason_name(reason));
        return 1;
    }
    if (fwrite(made.json.ptr, 1, made.json.len, stdout) == made.json.len &&
        (args->file || putchar('\n') != EOF) && fflush(stdout) == 0)
        return 0;
    perror("duet event: cannot write to stdout");
    return 1;
}

static int run(struct event_args *args, int argc, char **argv)
{
    char error[ERROR_MAX] = "";
    struct buf json;
    enum verdict verdict = take_options(args, argc, argv, error);
    if (verdict == SHOW_HELP) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (verdict == BAD_USAGE) {
        (void)fprintf(stderr, "duet event: %s\n", error);
        return 2;
    }
    buf_init(&json, LIMIT_INVOCATION_BYTES + 1);
    int status = print_event(args, &json, error);
    buf_release(&json);
    return status;
}

int tool_event(int argc, char **argv)
{
    struct event_args args;
    struct arena arena;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    event_args_init(&args, &arena);
    int status = run(&args, argc, argv);
    arena_release(&arena);
    return status;
}
