#include "runtime/tool/tool.h"

#include <stdio.h>

#include "runtime/tool/duet_home.h"
#include "runtime/tool/scaffold.h"

static const char usage[] =
    "usage: duet init DIR\n"
    "Makes a service of your own in DIR, a new folder: a Makefile, a handler with its route\n"
    "table, a main for each home, and a test that calls the handler in its own process.\n"
    "Exit status: 0 made, 1 could not be made (nothing is left), 2 bad usage.\n";

/* A Makefile has no quotes: a blank, '$' or '#' in a path would be read as something else. */
static bool make_can_take(const char *path)
{
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c <= ' ' || strchr("$#:;%\\\"'`*?[]()|&<>", *c))
            return false;
    return true;
}

static int fail(const char *error)
{
    (void)fprintf(stderr, "duet init: %s\n", error);
    return 1;
}

static int make_service(const char *folder)
{
    char home[DUET_HOME_MAX_BYTES], name[SCAFFOLD_NAME_MAX_BYTES + 1], error[2 * sizeof home];
    if (!duet_home_own(home, error, sizeof error))
        return fail(error);
    if (!make_can_take(home)) {
        (void)snprintf(error, sizeof error, "no Makefile can name '%s', where Duet is: move it",
                       home);
        return fail(error);
    }
    scaffold_name(bytes_from_str(folder), name);
    struct scaffold_words words = {bytes_from_str(name), bytes_from_str(home)};
    if (scaffold_write(folder, tool_templates, &words, error, sizeof error) != RC_OK)
        return fail(error);
    (void)printf("%s: a service named %s\n", folder, name);
    (void)printf("  cd %s && make && make test\n", folder);
    return 0;
}

int tool_init(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (argc != 2 || argv[1][0] == '-' || argv[1][0] == '\0') {
        if (argc == 2)
            (void)fprintf(stderr, "duet init: '%s' is no name of a new folder\n", argv[1]);
        (void)fputs(usage, stderr);
        return 2;
    }
    return make_service(argv[1]);
}
