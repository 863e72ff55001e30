#include "runtime/server/settings.h"

#include <stdlib.h>
#include <unistd.h>

static const char *lookup_environment(const char *name)
{
    return getenv(name);
}

bool settings_load(struct config *config, char *error, size_t error_len)
{
    bool is_loaded = config_load(config, HOME_FARGATE, lookup_environment, error, error_len);
    /* Told in place of the other fault, which a misspelt name may be the cause of. */
    return config_check_names((const char *const *)environ, error, error_len) && is_loaded;
}

void settings_show(const struct config *config, struct buf *out)
{
    config_show(config, lookup_environment, out);
}
