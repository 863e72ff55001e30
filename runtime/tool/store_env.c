#include "runtime/tool/store_env.h"

#include <stdlib.h>

/* Those of the shared configuration of AWS's SDKs that the store's client reads, and where the
 * files with profiles are. */
static const char *const names[] = {
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "HOME",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
};

enum { NAME_COUNT = sizeof names / sizeof *names };

_Static_assert(NAME_COUNT + 1 <= STORE_ENV_MAX, "the region comes before them");

static const char *value_of(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

const char *store_env_url(void)
{
    return value_of("DUET_STORE");
}

static const char *region(void)
{
    const char *own = value_of("AWS_REGION");
    if (!own)
        own = value_of("AWS_DEFAULT_REGION");
    return own ? own : "us-east-1";
}

static bool add(struct arena *arena, const char **list, size_t *count, const char *name,
                const char *value)
{
    struct bytes entry;
    if (!value)
        return true;
    if (arena_printf(arena, &entry, "%s=%s", name, value) != RC_OK)
        return false;
    list[(*count)++] = entry.ptr;
    return true;
}

const char *const *store_env_list(struct arena *arena, const char *url)
{
    size_t count = 0;
    const char **list = arena_zalloc(arena, (NAME_COUNT + 2) * sizeof *list);
    if (!list || !bytes_starts_with(bytes_from_str(url), BYTES_LIT("dynamodb:")))
        return list;
    if (!add(arena, list, &count, "AWS_REGION", region()))
        return NULL;
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (!add(arena, list, &count, names[i], value_of(names[i])))
            return NULL;
    return list;
}
