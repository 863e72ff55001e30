#include "pipeline/guard/guard_lambda.h"
#include "runtime/core/version.h"
#include "runtime/lambda/bootstrap.h"

/* The guard has no routes: a schedule and alarms are all that calls it. */
static const struct route routes[] = {ROUTES_END};

static const struct app_definition definition = {.name = "duet-guard",
                                                 .version = DUET_VERSION,
                                                 .routes = routes,
                                                 .raw_handler = guard_lambda_handle};

int main(void)
{
    return duet_bootstrap_main(&definition);
}
