#include "handlers/app_definition.h"
#include "runtime/server/server_main.h"

int main(int argc, char **argv)
{
    return duet_server_main(&app_definition, argc, argv);
}
