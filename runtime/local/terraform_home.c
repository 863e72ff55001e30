#include <stdio.h>

#include "runtime/functions/settings.h"
#include "runtime/local/terraform_internal.h"

/* The settings of the two homes. */

/* Takes a number into the config's own member; false where AWS would not have it either. */
static bool take_number(struct terraform_reader *reader, const cJSON *values, const char *name,
                        const char *path)
{
    char text[16], why[256];
    unsigned number;
    if (!terraform_number(values, name, 0, 1000000, &number))
        return true; /* AWS's default is the rig's */
    (void)snprintf(text, sizeof text, "%u", number);
    return rig_config_number(reader->config, path, text, why, sizeof why) ||
           terraform_fail(reader, why);
}

/* The place of a level in `list`; -1: it is not said. */
static int level_of(const cJSON *block, const char *name, const char *const *list)
{
    struct bytes text = json_bytes(cJSON_GetObjectItemCaseSensitive(block, name));
    for (int i = 0; list[i]; i++)
        if (bytes_eq(text, bytes_from_str(list[i])))
            return i;
    return -1;
}

static void take_logging(struct terraform *terraform, const cJSON *block)
{
    struct bytes format = json_bytes(cJSON_GetObjectItemCaseSensitive(block, "log_format"));
    terraform->logs_json = bytes_eq(format, BYTES_LIT("JSON"));
    terraform->log_level = level_of(block, "application_log_level", settings_log_levels);
    terraform->system_level = level_of(block, "system_log_level", settings_system_levels);
}

bool terraform_take_function(struct terraform_reader *reader, const cJSON *resource,
                             const cJSON *values)
{
    (void)resource;
    const cJSON *environment = terraform_block(values, "environment");
    const cJSON *variable = cJSON_GetObjectItemCaseSensitive(environment, "variables");
    reader->function = terraform_text(reader, values, "function_name");
    if (!reader->function)
        return false;
    for (variable = variable ? variable->child : NULL; variable; variable = variable->next)
        if (cJSON_IsString(variable) &&
            !terraform_env(reader, RIG_LAMBDA, variable->string, variable->valuestring))
            return false;
    take_logging(reader->terraform, terraform_block(values, "logging_config"));
    const cJSON *reserved =
        cJSON_GetObjectItemCaseSensitive(values, "reserved_concurrent_executions");
    bool is_reserved = cJSON_IsNumber(reserved) && reserved->valuedouble > 0;
    return take_number(reader, values, "memory_size", "lambda.memory_mb") &&
           take_number(reader, values, "timeout", "lambda.timeout_s") &&
           (!is_reserved ||
            take_number(reader, values, "reserved_concurrent_executions", "lambda.concurrency"));
}

/* --- the task definition --- */

static bool take_environment(struct terraform_reader *reader, const cJSON *container)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(container, "environment");
    for (item = item ? item->child : NULL; item; item = item->next) {
        struct bytes name = json_bytes(cJSON_GetObjectItemCaseSensitive(item, "name"));
        struct bytes value = json_bytes(cJSON_GetObjectItemCaseSensitive(item, "value"));
        if (name.len && value.ptr && !terraform_env(reader, RIG_FARGATE, name.ptr, value.ptr))
            return false;
    }
    return true;
}

bool terraform_take_task(struct terraform_reader *reader, const cJSON *resource,
                         const cJSON *values)
{
    (void)resource;
    cJSON *containers = NULL;
    struct terraform *terraform = reader->terraform;
    struct bytes text =
        json_bytes(cJSON_GetObjectItemCaseSensitive(values, "container_definitions"));
    if (json_parse(&reader->config->arena, text, &containers, NULL) != RC_OK ||
        !cJSON_IsArray(containers) || !containers->child)
        return terraform_fail(reader, "its container_definitions are not known, or no JSON list");
    if (containers->child->next)
        terraform_note(reader, "%s: of its containers the first alone is taken over",
                       reader->address);
    reader->cluster_family = terraform_text(reader, values, "family");
    terraform->cpu = terraform_text(reader, values, "cpu");
    terraform->memory = terraform_text(reader, values, "memory");
    return reader->cluster_family && terraform->cpu && terraform->memory &&
           take_environment(reader, containers->child) &&
           take_number(reader, containers->child, "stopTimeout", "fargate.stop_timeout_s");
}

/* --- the services, whose keys are the letters of their slots --- */

bool terraform_take_service(struct terraform_reader *reader, const cJSON *resource,
                            const cJSON *values)
{
    unsigned count = 0;
    struct bytes key = json_bytes(cJSON_GetObjectItemCaseSensitive(resource, "index"));
    bool is_a = bytes_eq(key, BYTES_LIT("a"));
    if (!is_a && !bytes_eq(key, BYTES_LIT("b")))
        return terraform_fail(reader, "its key is neither \"a\" nor \"b\"");
    if (!terraform_number(values, "desired_count", 0, 100, &count))
        return terraform_fail(reader, "its desired_count is not known, or over 100");
    if (!is_a)
        reader->config->tasks_b = count;
    else if (count > 0)
        reader->config->tasks = count;
    else
        terraform_note(reader, "%s: its desired_count of 0 is 1 here: slot a is always there",
                       reader->address);
    return true;
}
