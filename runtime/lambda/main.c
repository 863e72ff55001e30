#include <stdio.h>
#include <string.h>

#include "handlers/app_definition.h"
#include "runtime/core/version.h"
#include "runtime/lambda/bootstrap.h"

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("%s %s (duet %s)\n", app_definition.name, app_definition.version, DUET_VERSION);
        return 0;
    }
    return duet_bootstrap_main(&app_definition);
}
