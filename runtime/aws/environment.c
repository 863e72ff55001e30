#include "runtime/aws/environment.h"

#include <stdlib.h>

const char *aws_environment_lookup(const char *name)
{
    return getenv(name);
}

const char *aws_environment_get(aws_lookup_fn *lookup, const char *name)
{
    const char *value = lookup(name);
    return value && value[0] ? value : NULL;
}
