#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/canary/command.h"
#include "pipeline/guard/guard_command.h"
#include "runtime/core/version.h"
#include "runtime/tool/local.h"
#include "runtime/tool/tool.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};

static const struct command commands[] = {
    {"local", tool_local, "run both homes behind a load balancer on this machine"},
    {"canary", canary_command, "shift traffic to a release step by step, and judge it"},
    {"guard", guard_command, "move a failing home's share to the other one, and back later"},
    {"invoke", tool_invoke, "run the Lambda home on one event, and print its answer"},
    {"event", tool_event, "print the event that the load balancer makes of a request"},
    {"symbolize", tool_symbolize, "print the functions and lines of the crashes in a log"},
    {"init", tool_init, "make a service of your own in a new folder"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_usage(FILE *out)
{
    (void)fputs("usage: duet COMMAND [options]\n"
                "\n"
                "Commands:\n",
                out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        (void)fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    (void)fputs("\n"
                "duet COMMAND --help tells more. duet --version prints the version.\n",
                out);
}

static bool is_help(const char *name)
{
    return strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (is_help(name)) {
        print_usage(stdout);
        return 0;
    }
    if (strcmp(name, "--version") == 0) {
        (void)puts("duet " DUET_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (argc > 1)
        (void)fprintf(stderr, "duet: '%s' is no command\n\n", name);
    print_usage(stderr);
    return 2;
}
