#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/functions/registry_internal.h"
#include "runtime/process/mapping.h"

/*
 * A pool is a version's sandboxes with the code that they run. It outlives its version: a retired
 * one stays in the registry's list until its last call is over, which a timer looks for.
 */

enum { SWEEP_MS = 200, ERROR_LEN = 1024 };

struct registry_pool {
    struct function *function;
    struct code *code;
    char *opt; /* what its layers hold, merged; NULL: it has none */
    struct registry_pool *next;
};

/* --- life --- */

/* Whether the sandboxes of `code` see their layers as /opt. Where they cannot, that is said once. A
 * program that is in /opt itself would not be seen any more. */
static bool is_opt_mapped(struct registry *registry, const struct code *code)
{
    static const char line[] = MAPPING_AT " itself is not mapped, since this machine gives no "
                                          "mount namespace: LAMBDA_OPT_DIR says where layers are";
    if (!registry->has_looked_at_opt) {
        registry->has_looked_at_opt = true;
        registry->is_opt_mapped = mapping_is_possible();
        if (!registry->is_opt_mapped && registry->options.on_line)
            registry->options.on_line(registry->options.context, bytes_from_str(line));
    }
    return registry->is_opt_mapped && strncmp(code->program, MAPPING_AT "/", 5) != 0;
}

static void pool_release(struct registry_pool *pool)
{
    if (pool->opt)
        code_remove_folder(pool->opt);
    free(pool->opt);
    free(pool);
}

static struct registry_pool *pool_new(const struct registry_version *version, char *error,
                                      size_t error_len)
{
    const struct registry_options *registry = &version->function->registry->options;
    const struct settings *settings = &version->settings;
    char name[16], arn[REGISTRY_ARN_MAX + 32];
    struct registry_pool *pool = calloc(1, sizeof *pool);
    bool has_layers = *settings->layers != NULL;
    if (pool && has_layers)
        pool->opt =
            layers_merge(&version->function->registry->layers, settings->layers, error, error_len);
    if (!pool || (has_layers && !pool->opt)) {
        if (!pool)
            (void)snprintf(error, error_len, "no memory");
        free(pool);
        return NULL;
    }
    registry_version_name(version, name);
    (void)snprintf(arn, sizeof arn, "%s:%s", version->function->arn, name);
    struct function_options options = {
        .loop = registry->loop,
        .name = version->function->name,
        .version = name,
        .arn = version->number == REGISTRY_LATEST ? version->function->arn : arn,
        .handler = settings->handler,
        .program = version->code->program,
        .env = settings->env,
        .opt = pool->opt,
        .is_opt_mapped = pool->opt && is_opt_mapped(version->function->registry, version->code),
        .timeout_ms = settings->timeout_s * 1000,
        .memory_mb = settings->memory_mb,
        .concurrency = registry->concurrency,
        .on_line = registry->on_line,
        .log = settings->logs_json ? FUNCTION_LOG_JSON_DEBUG + settings->system_level
                                   : FUNCTION_LOG_TEXT,
        .log_level = settings_log_levels[settings->log_level],
        .is_quiet = registry->is_quiet,
        .debugger = registry->debugger,
        .cgroups = registry->cgroups,
        .context = registry->context,
    };
    pool->function = function_new(&options, error, error_len);
    if (!pool->function) {
        pool_release(pool);
        return NULL;
    }
    pool->code = code_ref(version->code);
    return pool;
}

void registry_pool_free(struct registry_pool *pool)
{
    function_free(pool->function);
    code_unref(pool->code);
    pool_release(pool);
}

void registry_pool_retire(struct registry_version *version)
{
    struct registry *registry = version->function->registry;
    struct registry_pool *pool = version->pool;
    if (!pool)
        return;
    version->pool = NULL;
    version->provisioned = 0;
    function_retire(pool->function);
    pool->next = registry->retired;
    registry->retired = pool;
    /* Not freed here: the caller may be inside one of the pool's own callbacks. */
    if (loop_timer_set(registry->options.loop, &registry->sweep_timer, clock_ms_monotonic()) !=
        RC_OK)
        return; /* the next sweep finds it */
}

static void sweep_pools(struct registry *registry)
{
    struct registry_pool **link = &registry->retired;
    while (*link) {
        struct registry_pool *pool = *link;
        if (!function_is_over(pool->function)) {
            link = &pool->next;
            continue;
        }
        *link = pool->next;
        registry_pool_free(pool);
    }
}

void registry_sweep(struct registry *registry)
{
    struct registry_function **link = &registry->deleted;
    sweep_pools(registry);
    while (*link) {
        struct registry_function *function = *link;
        if (function->running) {
            link = &function->next;
            continue;
        }
        *link = function->next;
        registry_function_free(function);
    }
    if ((registry->retired || registry->deleted) &&
        loop_timer_set(registry->options.loop, &registry->sweep_timer,
                       clock_ms_monotonic() + SWEEP_MS) != RC_OK)
        return; /* what is left goes with the next sweep, or the registry */
}

static void free_function_pools(struct registry_function *function)
{
    for (; function; function = function->next)
        for (struct registry_version *version = function->versions; version;
             version = version->next) {
            struct registry_pool *pool = version->pool;
            version->pool = NULL;
            if (pool)
                registry_pool_free(pool);
        }
}

void registry_pools_free(struct registry *registry)
{
    free_function_pools(registry->functions);
    while (registry->retired) {
        struct registry_pool *pool = registry->retired;
        registry->retired = pool->next;
        registry_pool_free(pool);
    }
}

/* --- calls --- */

/* A call on its way: it counts as its function's. */
struct registry_running {
    struct registry_function *function;
    function_done_fn *on_done;
    function_part_fn *on_part;
    void *context;
};

static void fail(const struct function_call *call, enum function_outcome outcome,
                 const char *payload, const char *type)
{
    const struct function_result result = {
        .outcome = outcome, .payload = bytes_from_str(payload), .error_type = bytes_from_str(type)};
    call->on_done(call->context, &result);
}

static void on_part(void *context, struct bytes content_type, struct bytes part)
{
    const struct registry_running *running = context;
    running->on_part(running->context, content_type, part);
}

static void on_done(void *context, const struct function_result *result)
{
    struct registry_running running = *(struct registry_running *)context;
    free(context);
    running.function->running--;
    running.on_done(running.context, result);
}

/* false: the call is refused. */
static bool has_room(const struct registry_function *function, const struct function_call *call)
{
    if (function->reserved >= 0 && function->running >= (size_t)function->reserved) {
        fail(call, FUNCTION_THROTTLED,
             "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\","
             "\"Type\":\"User\",\"message\":\"Rate Exceeded.\"}",
             "TooManyRequestsException");
        return false;
    }
    return true;
}

void registry_call(struct registry_version *version, const struct function_call *call)
{
    char error[ERROR_LEN];
    struct registry_function *function = version->function;
    struct function_call wrapped = *call;
    if (!has_room(function, call))
        return;
    if (!version->pool && !function->registry->is_freeing)
        version->pool = pool_new(version, error, sizeof error);
    struct registry_running *running = version->pool ? malloc(sizeof *running) : NULL;
    if (!running) {
        fail(call, FUNCTION_ERROR,
             "{\"errorMessage\":\"the function's program cannot be run\","
             "\"errorType\":\"Runtime.InvalidEntrypoint\"}",
             "Runtime.InvalidEntrypoint");
        return;
    }
    *running = (struct registry_running){function, call->on_done, call->on_part, call->context};
    function->running++;
    wrapped.on_done = on_done;
    wrapped.on_part = call->on_part ? on_part : NULL;
    wrapped.context = running;
    function_call(version->pool->function, &wrapped);
}

bool registry_provision(struct registry_version *version, unsigned count, char *error,
                        size_t error_len)
{
    size_t total, busy;
    if (!version->pool)
        version->pool = pool_new(version, error, error_len);
    if (!version->pool)
        return false;
    version->provisioned = count;
    function_count(version->pool->function, &total, &busy);
    for (; total < count; total++)
        function_warm(version->pool->function);
    return true;
}

struct function *registry_version_function(const struct registry_version *version)
{
    return version->pool ? version->pool->function : NULL;
}

void registry_program_changed(struct registry *registry, const struct code *code)
{
    for (struct registry_function *function = registry->functions; function;
         function = function->next)
        for (struct registry_version *version = function->versions; version;
             version = version->next)
            if (version->code == code && version->pool)
                function_replace(version->pool->function);
}
