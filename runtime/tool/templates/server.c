#include "service.h"

/* The container home: an HTTP server until SIGTERM. */
int main(int argc, char **argv)
{
    return duet_server_main(&service, argc, argv);
}
