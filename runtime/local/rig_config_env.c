#include <stdio.h>

#include "runtime/local/rig_config.h"

/* The environment variables of both homes, and those that a plan has for one. */

static bool is_named(struct bytes assignment, const char *name)
{
    return bytes_eq(bytes_make(assignment.ptr, bytes_find(assignment, '=')), bytes_from_str(name));
}

/* `name` ends with '='. */
static void drop_home_env(struct rig_config *config, struct bytes name)
{
    for (int home = 0; home < RIG_HOMES; home++) {
        const char **list = config->home_env[home];
        size_t *count = &config->home_env_count[home];
        for (size_t i = 0; i < *count; i++)
            if (strncmp(list[i], name.ptr, name.len) == 0) {
                list[i] = list[--*count];
                list[*count] = NULL;
                break;
            }
    }
}

bool rig_config_env(struct rig_config *config, const char *assignment, char *error,
                    size_t error_len)
{
    struct bytes text = bytes_from_str(assignment), copy;
    size_t name_len = bytes_find(text, '='), i = 0;
    if (name_len == 0 || name_len == text.len) {
        (void)snprintf(error, error_len, "'%s' is no NAME=value", assignment);
        return false;
    }
    while (i < config->env_count && strncmp(config->env[i], assignment, name_len + 1) != 0)
        i++;
    if (is_named(text, "PORT") || is_named(text, "DUET_BIND")) {
        (void)snprintf(error, error_len, "'%.*s' is not yours to set: each task gets its own",
                       (int)name_len, assignment);
        return false;
    }
    if (i == RIG_ENV_MAX || arena_dup(&config->arena, text, &copy) != RC_OK) {
        (void)snprintf(error, error_len, "more than %d environment variables", RIG_ENV_MAX);
        return false;
    }
    if (is_named(text, "DUET_STORE")) {
        const char *value = copy.ptr + name_len + 1;
        config->store = *value ? value : NULL;
        return true;
    }
    drop_home_env(config, bytes_make(assignment, name_len + 1));
    config->env[i] = copy.ptr;
    if (i == config->env_count)
        config->env[++config->env_count] = NULL;
    return true;
}

static bool is_planned(const struct rig_config *config, int home, const char *assignment)
{
    size_t len = bytes_find(bytes_from_str(assignment), '=') + 1;
    for (size_t i = 0; i < config->home_env_count[home]; i++)
        if (strncmp(config->home_env[home][i], assignment, len) == 0)
            return true;
    return false;
}

void rig_config_env_of(const struct rig_config *config, int home, const char **list)
{
    size_t n = 0;
    for (size_t i = 0; i < config->env_count; i++)
        if (!is_planned(config, home, config->env[i]))
            list[n++] = config->env[i];
    for (size_t i = 0; home == RIG_LAMBDA && i < config->home_env_count[home]; i++)
        list[n++] = config->home_env[home][i];
    list[n] = NULL;
}
