#include "runtime/local/rig_debug.h"

#include <stdio.h>
#include <string.h>

#include "runtime/local/console.h"
#include "runtime/process/debugger.h"

static const char *const homes[RIG_HOMES] = {"lambda", "fargate"};

bool rig_debug_take(struct rig_config *config, const char *home, char *error, size_t error_len)
{
    for (int i = 0; i < RIG_HOMES; i++) {
        if (strcmp(home, homes[i]) != 0 || config->is_debugging[RIG_HOMES - 1 - i])
            continue;
        config->is_debugging[i] = true;
        return true;
    }
    (void)snprintf(error, error_len, "--debug takes lambda or fargate, one of them, not '%s'",
                   home);
    return false;
}

static bool is_set(const struct rig_config *config, const char *assignment)
{
    size_t len = bytes_find(bytes_from_str(assignment), '=') + 1;
    for (size_t i = 0; i < config->env_count; i++)
        if (strncmp(config->env[i], assignment, len) == 0)
            return true;
    return false;
}

bool rig_debug_settle(struct rig_config *config, const char *path, char *error, size_t error_len)
{
    static const char *const patient[] = {"DUET_REQUEST_TIMEOUT_MS=900000",
                                          "DUET_READ_TIMEOUT_S=4000", "DUET_WRITE_TIMEOUT_S=4000"};
    if (!config->is_debugging[RIG_LAMBDA] && !config->is_debugging[RIG_FARGATE])
        return true;
    if (!debugger_is_there(path, error, error_len))
        return false;
    for (size_t i = 0; i < sizeof patient / sizeof *patient; i++)
        if (!is_set(config, patient[i]) && !rig_config_env(config, patient[i], error, error_len))
            return false;
    config->health_interval_s = 300;
    config->unhealthy_count = 10;
    config->timeout_s = 900;
    if (config->is_debugging[RIG_LAMBDA])
        config->concurrency = 1;
    else
        config->tasks = 1;
    return true;
}

void rig_debug_line(const struct rig_config *config, int home, struct bytes line)
{
    unsigned port = config->is_debugging[home] ? debugger_port(line) : 0;
    if (port)
        console_printf("duet", "the %s home waits: gdb -ex 'target remote 127.0.0.1:%u' %s",
                       homes[home], port, home == RIG_LAMBDA ? config->bootstrap : config->server);
}
