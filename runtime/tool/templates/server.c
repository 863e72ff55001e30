#include "service.h"

/* The container home: an HTTP server until SIGTERM. */
int main(void)
{
    return duet_server_main(&service);
}
