#include <stdio.h>

#include "runtime/functions/lambda_internal.h"

/* What a function may not set: sandbox_env.c does. */
static const char *const reserved[] = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
};

static bool is_reserved(struct bytes name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (bytes_eq(name, bytes_from_str(reserved[i])))
            return true;
    return false;
}

/* A letter, then letters, digits and '_'. */
static bool is_env_name(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(i && ((c >= '0' && c <= '9') || c == '_')))
            return false;
    }
    return name.len > 1;
}

#define CANNOT "Lambda was unable to configure your environment variables because "

/* false: it is answered. */
static bool check_variable(struct control_call *call, const struct datum *variable, size_t *total)
{
    *total += variable->name.len + variable->text.len;
    if (variable->kind != DATUM_TEXT || !is_env_name(variable->name))
        control_fail(call, 400, "InvalidParameterValueException",
                     "The environment variable '%.*s' is none: its name must begin with a letter, "
                     "and have letters, digits and '_' alone, two at least; its value is a string",
                     BYTES_ARG(variable->name));
    else if (is_reserved(variable->name))
        control_fail(call, 400, "InvalidParameterValueException",
                     CANNOT "the environment variables you have provided contains reserved keys "
                            "that are currently not supported for modification. Reserved keys used "
                            "in this request: %.*s",
                     BYTES_ARG(variable->name));
    else if (*total > SETTINGS_ENV_BYTES)
        control_fail(call, 400, "InvalidParameterValueException",
                     CANNOT "the environment variables you have provided exceeded the 4KB limit.");
    else
        return true;
    return false;
}

static bool read_env(struct control_call *call, struct settings *settings)
{
    const struct datum *box = datum_get(call->input, "Environment");
    const struct datum *variables = datum_get(box, "Variables");
    size_t total = 0, count = 0;
    if (!box)
        return true;
    if (box->kind != DATUM_MAP || (variables && variables->kind != DATUM_MAP)) {
        input_refuse(call, call->input, "Environment", "Member must be a structure of Variables");
        return false;
    }
    const char **env =
        arena_zalloc(call->arena, ((variables ? variables->count : 0) + 1) * sizeof *env);
    const struct datum *variable = variables ? variables->first : NULL;
    for (; env && variable; variable = variable->next) {
        struct bytes entry = {NULL, 0};
        if (!check_variable(call, variable, &total))
            return false;
        if (arena_join(call->arena, variable->name, BYTES_LIT("="), variable->text, &entry) !=
            RC_OK)
            break;
        env[count++] = entry.ptr;
    }
    if (!env || variable) {
        lambda_no_memory(call);
        return false;
    }
    settings->env = env;
    return true;
}

/* A text of at most `max` bytes; without one, `out` stays. */
static bool read_text(struct control_call *call, const char *name, size_t max, const char **out)
{
    struct bytes text = {NULL, 0}, copy;
    char constraint[64];
    if (!input_text(call, call->input, name, false, &text))
        return false;
    if (!datum_get(call->input, name))
        return true;
    (void)snprintf(constraint, sizeof constraint,
                   "Member must have length less than or equal to %zu", max);
    if (text.len > max) {
        input_refuse(call, call->input, name, constraint);
        return false;
    }
    if (arena_dup(call->arena, text, &copy) != RC_OK) {
        lambda_no_memory(call);
        return false;
    }
    *out = copy.ptr;
    return true;
}

static bool read_number(struct control_call *call, const char *name, int64_t min, int64_t max,
                        unsigned *out)
{
    int64_t number = *out;
    if (!input_int(call, call->input, name, min, max, &number))
        return false;
    *out = (unsigned)number;
    return true;
}

static bool check_runtime(struct control_call *call, const struct settings *settings)
{
    if (strncmp(settings->runtime, "provided", 8) == 0)
        return true;
    input_refuse(call, call->input, "Runtime",
                 "here a function brings its own runtime: provided.al2023");
    return false;
}

/* The group is the function's own, whatever is asked for. */
static bool read_logging(struct control_call *call, struct settings *settings)
{
    static const char *const formats[] = {"Text", "JSON", NULL};
    const struct datum *map = datum_get(call->input, "LoggingConfig");
    unsigned format = settings->logs_json;
    if (!map)
        return true;
    if (map->kind != DATUM_MAP) {
        input_refuse(call, call->input, "LoggingConfig", "Member must be a structure");
        return false;
    }
    if (!input_choice(call, map, "LogFormat", formats, &format) ||
        !input_choice(call, map, "ApplicationLogLevel", settings_log_levels,
                      &settings->log_level) ||
        !input_choice(call, map, "SystemLogLevel", settings_system_levels, &settings->system_level))
        return false;
    settings->logs_json = format == 1;
    if (settings->logs_json ||
        !(datum_get(map, "ApplicationLogLevel") || datum_get(map, "SystemLogLevel")))
        return true;
    control_fail(call, 400, "InvalidParameterValueException",
                 "LoggingConfig: log levels are for the LogFormat JSON alone");
    return false;
}

bool lambda_read_settings(const struct lambda_api *api, struct control_call *call,
                          struct settings *settings)
{
    return read_text(call, "Description", 256, &settings->description) &&
           read_text(call, "Role", 256, &settings->role) &&
           read_text(call, "Handler", 128, &settings->handler) &&
           read_text(call, "Runtime", 64, &settings->runtime) && check_runtime(call, settings) &&
           read_number(call, "Timeout", 1, SETTINGS_TIMEOUT_MAX_S, &settings->timeout_s) &&
           read_number(call, "MemorySize", SETTINGS_MEMORY_MIN_MB, SETTINGS_MEMORY_MAX_MB,
                       &settings->memory_mb) &&
           read_env(call, settings) && read_logging(call, settings) &&
           lambda_read_layers(api, call, settings);
}

void lambda_update_function_configuration(void *context, struct control_call *call)
{
    struct registry_function *function = lambda_plain_function(context, call);
    if (!function || !lambda_is_settled(call, function) ||
        !lambda_is_revision(call, function->versions->revision_id))
        return;
    struct settings settings = function->versions->settings;
    if (!lambda_read_settings(context, call, &settings))
        return;
    struct datum *result = control_result(call);
    if (!registry_update(function, NULL, &settings)) {
        lambda_no_memory(call);
        return;
    }
    lambda_show_version(call, result, function->versions, function->versions->code, false);
    control_answer(call, result);
}
