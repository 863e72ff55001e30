#include "runtime/local/rig_lambda_keep.h"

#include <errno.h>
#include <stdio.h>

#include "runtime/core/limits.h"
#include "runtime/functions/code_store.h"
#include "runtime/functions/registry_state.h"
#include "runtime/local/console.h"

enum { WHY_LEN = 1024 };

static struct code *find(void *context, const char *sha256, bool is_layer, char *error,
                         size_t error_len)
{
    struct rig_lambda *lambda = context;
    const char *work = rig_lambda_folder(lambda);
    if (work)
        return code_store_take(lambda->packages, sha256, is_layer, work, error, error_len);
    (void)snprintf(error, error_len, "cannot be unpacked: %s", strerror(errno));
    return NULL;
}

/* --- sandboxes ahead of calls --- */

static void provision(struct registry_version *version, unsigned count)
{
    char error[WHY_LEN];
    if (count && !registry_provision(version, count, error, sizeof error))
        console_printf("lambda", "%s has no provisioned concurrency: %s", version->function->name,
                       error);
}

static void provision_all(const struct registry *registry)
{
    for (struct registry_function *function = registry_first(registry); function;
         function = function->next) {
        for (struct registry_version *each = function->versions; each; each = each->next)
            provision(each, each->provisioned);
        for (const struct registry_alias *each = function->aliases; each; each = each->next)
            provision(registry_version_find(function, each->version), each->provisioned);
    }
}

/* --- the file --- */

bool rig_lambda_load(struct rig_lambda *lambda, const struct settings *settings, char *error,
                     size_t error_len)
{
    char why[WHY_LEN];
    bool is_there;
    const struct registry_source source = {lambda->program, settings, find, lambda};
    if (!kept_load(&lambda->kept, &is_there, error, error_len))
        return false;
    if (is_there && !registry_state_parse(lambda->registry, buf_bytes(&lambda->kept.text), &source,
                                          why, sizeof why))
        return kept_fail(&lambda->kept, why, error, error_len);
    if (is_there)
        code_store_sweep(lambda->packages, lambda->registry);
    provision_all(lambda->registry);
    return true;
}

bool rig_lambda_keep(void *context, char *error, size_t error_len)
{
    struct rig_lambda *lambda = context;
    struct buf text;
    buf_init(&text, LIMIT_STATE_BYTES);
    registry_state_print(lambda->registry, &text);
    return kept_save(&lambda->kept, &text, error, error_len);
}
