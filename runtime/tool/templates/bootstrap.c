#include "service.h"

/* The Lambda home: answers invocations until the sandbox ends. */
int main(void)
{
    return duet_bootstrap_main(&service);
}
