#include "runtime/functions/sandbox_env.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/core/clock.h"
#include "runtime/process/mapping.h"

/* AWS_EXECUTION_ENV is not here: Lambda does not set it for an OS-only runtime. */
enum reserved {
    HANDLER,
    TASK_ROOT,
    RUNTIME_DIR,
    REGION,
    DEFAULT_REGION,
    FUNCTION_NAME,
    FUNCTION_VERSION,
    MEMORY_SIZE,
    LOG_GROUP,
    LOG_STREAM,
    INITIALIZATION_TYPE,
    RUNTIME_API,
    RESERVED_COUNT,
};

static const char *const reserved_names[RESERVED_COUNT] = {
    [HANDLER] = "_HANDLER",
    [TASK_ROOT] = "LAMBDA_TASK_ROOT",
    [RUNTIME_DIR] = "LAMBDA_RUNTIME_DIR",
    [REGION] = "AWS_REGION",
    [DEFAULT_REGION] = "AWS_DEFAULT_REGION",
    [FUNCTION_NAME] = "AWS_LAMBDA_FUNCTION_NAME",
    [FUNCTION_VERSION] = "AWS_LAMBDA_FUNCTION_VERSION",
    [MEMORY_SIZE] = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    [LOG_GROUP] = "AWS_LAMBDA_LOG_GROUP_NAME",
    [LOG_STREAM] = "AWS_LAMBDA_LOG_STREAM_NAME",
    [INITIALIZATION_TYPE] = "AWS_LAMBDA_INITIALIZATION_TYPE",
    [RUNTIME_API] = "AWS_LAMBDA_RUNTIME_API",
};

static const char *const defaults[] = {"LANG=en_US.UTF-8", "TZ=:UTC"};

enum { DEFAULT_COUNT = sizeof defaults / sizeof *defaults, LOGGING_COUNT = 2, OPT_COUNT = 4 };

static struct bytes name_of(const char *entry)
{
    return bytes_make(entry, bytes_find(bytes_from_str(entry), '='));
}

static bool is_reserved(const char *entry)
{
    for (int i = 0; i < RESERVED_COUNT; i++)
        if (bytes_eq(name_of(entry), bytes_from_str(reserved_names[i])))
            return true;
    return false;
}

static bool is_set_in(const char *const *env, const char *entry)
{
    for (; env && *env; env++)
        if (bytes_eq(name_of(*env), name_of(entry)))
            return true;
    return false;
}

/* Appends "NAME=value"; *env grows to a NULL behind its end. */
static bool add(char **env, size_t *count, struct bytes name, const char *value)
{
    if (asprintf(&env[*count], "%.*s=%s", BYTES_ARG(name), value) < 0) {
        env[*count] = NULL;
        return false;
    }
    (*count)++;
    return true;
}

struct texts {
    char memory[16], api[32], group[256], stream[128];
};

static void write_texts(const struct sandbox_options *options, unsigned port, struct texts *texts)
{
    time_t now_s = (time_t)(clock_ms_epoch() / 1000);
    struct tm tm;
    (void)gmtime_r(&now_s, &tm);
    (void)snprintf(texts->memory, sizeof texts->memory, "%u", options->memory_mb);
    (void)snprintf(texts->api, sizeof texts->api, "127.0.0.1:%u", port);
    (void)snprintf(texts->group, sizeof texts->group, "/aws/lambda/%s", options->name);
    size_t n = strftime(texts->stream, sizeof texts->stream, "%Y/%m/%d", &tm);
    (void)snprintf(texts->stream + n, sizeof texts->stream - n, "/[%s]%016llx%016llx",
                   options->version, (unsigned long long)random_next(options->random),
                   (unsigned long long)random_next(options->random));
}

/* A function has no say in its region; but the rig, whose region its store may be in, has. */
static const char *region_of(const char *const *env)
{
    static const char name[] = "AWS_REGION=";
    for (; env && *env; env++)
        if (bytes_starts_with(bytes_from_str(*env), bytes_from_str(name)))
            return *env + strlen(name);
    return "us-east-1";
}

static bool add_reserved(char **env, size_t *count, const struct sandbox_options *options,
                         unsigned port)
{
    struct texts texts;
    write_texts(options, port, &texts);
    const char *const values[RESERVED_COUNT] = {
        [HANDLER] = options->handler,
        [TASK_ROOT] = options->task_root,
        [RUNTIME_DIR] = "/var/runtime",
        [REGION] = region_of(options->env),
        [DEFAULT_REGION] = region_of(options->env),
        [FUNCTION_NAME] = options->name,
        [FUNCTION_VERSION] = options->version,
        [MEMORY_SIZE] = texts.memory,
        [LOG_GROUP] = texts.group,
        [LOG_STREAM] = texts.stream,
        [INITIALIZATION_TYPE] = "on-demand",
        [RUNTIME_API] = texts.api,
    };
    for (int i = 0; i < RESERVED_COUNT; i++)
        if (!add(env, count, bytes_from_str(reserved_names[i]), values[i]))
            return false;
    return true;
}

/* Without them a runtime writes as it likes, also where the platform's lines are text. */
static bool add_logging(char **env, size_t *count, const struct sandbox_options *options)
{
    const char *const names[] = {"AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL"};
    const char *const values[] = {"JSON", options->log_level};
    for (int i = 0; options->log != FUNCTION_LOG_TEXT && i < LOGGING_COUNT; i++)
        if (!is_set_in(options->env, names[i]) &&
            !add(env, count, bytes_from_str(names[i]), values[i]))
            return false;
    return true;
}

/* Where a layer's programs and libraries are looked for: in /opt, or where it is not to be had in
 * the folder that is in its place, which is named then. */
static bool add_opt(char **env, size_t *count, const struct sandbox_options *options)
{
    bool is_in_place = !options->opt || options->is_opt_mapped;
    const char *opt = is_in_place ? MAPPING_AT : options->opt, *root = options->task_root;
    char path[PATH_MAX + 64], libraries[3 * PATH_MAX], python[PATH_MAX + 64];
    (void)snprintf(path, sizeof path, "/usr/local/bin:/usr/bin/:/bin:%s/bin", opt);
    (void)snprintf(libraries, sizeof libraries, "%s:%s/lib:%s/lib", root, root, opt);
    (void)snprintf(python, sizeof python, "%s/python", opt);
    const char *const names[] = {"PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LAMBDA_OPT_DIR"};
    const char *const values[] = {path, libraries, python, opt};
    int wanted = !options->opt ? 1 : options->is_opt_mapped ? 2 : OPT_COUNT;
    for (int i = 0; i < wanted; i++)
        if (!is_set_in(options->env, names[i]) &&
            !add(env, count, bytes_from_str(names[i]), values[i]))
            return false;
    return true;
}

static bool add_others(char **env, size_t *count, const struct sandbox_options *options)
{
    for (const char *const *own = options->env; own && *own; own++) {
        struct bytes name = name_of(*own);
        if (name.len < strlen(*own) && !is_reserved(*own) &&
            !add(env, count, name, *own + name.len + 1))
            return false;
    }
    for (int i = 0; i < DEFAULT_COUNT; i++) {
        struct bytes name = name_of(defaults[i]);
        if (!is_set_in(options->env, defaults[i]) &&
            !add(env, count, name, defaults[i] + name.len + 1))
            return false;
    }
    return true;
}

char **sandbox_env_new(const struct sandbox_options *options, unsigned port)
{
    size_t own_count = 0, count = 0;
    while (options->env && options->env[own_count])
        own_count++;
    char **env = calloc(RESERVED_COUNT + own_count + OPT_COUNT + DEFAULT_COUNT + LOGGING_COUNT + 1,
                        sizeof(char *));
    if (!env)
        return NULL;
    if (add_reserved(env, &count, options, port) && add_others(env, &count, options) &&
        add_opt(env, &count, options) && add_logging(env, &count, options))
        return env;
    sandbox_env_free(env);
    return NULL;
}

const char *sandbox_env_mark(char **env)
{
    return env[RUNTIME_API];
}

void sandbox_env_free(char **env)
{
    for (char **entry = env; entry && *entry; entry++)
        free(*entry);
    free(env);
}
