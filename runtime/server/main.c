#include "handlers/app_definition.h"
#include "runtime/server/server_main.h"

int main(void)
{
    return duet_server_main(&app_definition);
}
