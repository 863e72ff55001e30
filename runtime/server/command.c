#include "runtime/server/command.h"

#include <stdio.h>

#include "runtime/core/version.h"
#include "runtime/server/healthcheck.h"
#include "runtime/server/settings.h"

enum { ERROR_BYTES = 512 };

static int tell(const char *what)
{
    (void)fprintf(stderr, "%s\n", what);
    return 1;
}

static int run_healthcheck(const struct app_definition *definition)
{
    struct config config;
    char error[ERROR_BYTES];
    (void)definition;
    if (!settings_load(&config, error, sizeof error))
        return tell(error);
    return healthcheck_ask(&config, error, sizeof error) ? 0 : tell(error);
}

static int print_version(const struct app_definition *definition)
{
    (void)printf("%s %s (duet " DUET_VERSION ")\n", definition->name, definition->version);
    return 0;
}

static int print_config(const struct app_definition *definition)
{
    enum { SHOWN_MAX_BYTES = 1024 * 1024 }; /* of all settings; an environment may be large */
    struct config config;
    struct buf out;
    char error[ERROR_BYTES];
    (void)definition;
    if (!settings_load(&config, error, sizeof error))
        return tell(error);
    buf_init(&out, SHOWN_MAX_BYTES);
    settings_show(&config, &out);
    bool is_shown = !out.failed && fwrite(out.data, out.len, 1, stdout) == 1 && fflush(stdout) == 0;
    buf_release(&out);
    return is_shown ? 0 : tell("cannot print the settings");
}

static int print_help(const struct app_definition *definition);

static const struct command {
    const char *name;
    int (*run)(const struct app_definition *definition);
    const char *summary;
} commands[] = {
    {"healthcheck", run_healthcheck, "ask the running server: 0 healthy, 1 not"},
    {"--print-config", print_config, "print every setting and where it comes from"},
    {"--version", print_version, "print the version"},
    {"--help", print_help, "print this"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static int print_help(const struct app_definition *definition)
{
    (void)printf("%s %s: an HTTP server. Without an argument it serves until SIGTERM.\n\n",
                 definition->name, definition->version);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        (void)printf("  %-15s %s\n", commands[i].name, commands[i].summary);
    (void)puts("\nSettings are environment variables, such as PORT; --print-config lists them.");
    return 0;
}

int command_run(const struct app_definition *definition, int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(definition);
    (void)fprintf(stderr, "'%s' is no argument that this server takes; --help lists them\n",
                  argv[argc > 2 ? 2 : 1]);
    return 2;
}
