#include <stdio.h>

#include "runtime/core/limits.h"
#include "runtime/local/config_line.h"
#include "runtime/local/terraform.h"
#include "runtime/local/rig_config.h"

/* "FILE:LINE: " of a setting, or nothing where the file does not have it. */
static const char *place(const struct rig_config *config, const char *path, char *text, size_t size)
{
    size_t line = config->file ? config_line(config->text, path) : 0;
    text[0] = '\0';
    if (line)
        (void)snprintf(text, size, "%s:%zu: ", config->file, line);
    return text;
}

enum { PLACE_MAX = 512 };

/* As terraform/ wants it; the secret itself is in no message. */
static bool is_secret(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t len = strlen(text);
    return len >= 16 && len <= 64 && strspn(text, allowed) == len;
}

/* The port that is set later in the table is the one that has to move. */
static bool check_ports(const struct rig_config *config, char *error, size_t error_len)
{
    char where[PLACE_MAX];
    const struct {
        const char *path;
        unsigned port;
    } ports[] = {{"port", config->port},
                 {"https_port", config->https_port},
                 {"control_port", config->control_port}};
    for (size_t i = 1; i < sizeof ports / sizeof *ports; i++)
        for (size_t k = 0; k < i; k++)
            if (ports[i].port && ports[i].port == ports[k].port) {
                if (!*place(config, ports[i].path, where, sizeof where))
                    (void)place(config, ports[k].path, where, sizeof where);
                (void)snprintf(error, error_len,
                               "%s'%s' and '%s' are both %u: each listener must have a port of "
                               "its own",
                               where, ports[k].path, ports[i].path, ports[i].port);
                return false;
            }
    return true;
}

/* What a plan and a flag or a file say of the same. */
static bool check_terraform(const struct rig_config *config, char *error, size_t error_len)
{
    const struct terraform *terraform = config->terraform;
    const char *wrong = NULL;
    if (terraform && config->pin_secret)
        wrong = "--pin-secret and --terraform: the rules of the plan have a secret already";
    else if (terraform && terraform->https && config->https_port == 0)
        wrong = "--https-port 0 and --terraform: the plan's HTTPS listener is redirected to, so "
                "that its port must be named";
    if (wrong)
        (void)snprintf(error, error_len, "%s", wrong);
    return !wrong;
}

bool rig_config_check(const struct rig_config *config, char *error, size_t error_len)
{
    char where[PLACE_MAX];
    if (config->pin_secret && !is_secret(config->pin_secret)) {
        (void)snprintf(error, error_len,
                       "%sthe pin secret must have 16 to 64 letters, digits, - and _",
                       place(config, "pin_secret", where, sizeof where));
        return false;
    }
    if (!check_ports(config, error, error_len) || !check_terraform(config, error, error_len))
        return false;
    for (int i = 0; i < RIG_SLOTS; i++)
        if (config->weights[i] > 0)
            return true;
    (void)snprintf(error, error_len, "%sall weights are 0: no request would have a home",
                   place(config, "weights", where, sizeof where));
    return false;
}
