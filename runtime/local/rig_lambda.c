#include "runtime/local/rig_lambda.h"

#include <stdio.h>

#include "runtime/functions/function_home.h"
#include "runtime/local/console.h"

static void on_line(void *context, struct bytes line)
{
    (void)context;
    console_line("lambda", line);
}

/* The model may come before the function, from a state that is kept; requests do not. */
static void invoke(void *home, struct bytes event, alb_invoked_fn *on_invoked, void *context)
{
    const struct rig_lambda *lambda = home;
    struct alb_function function = function_home(lambda->function);
    function.invoke(function.home, event, on_invoked, context);
}

bool rig_lambda_find(void *context, struct bytes arn, struct alb_function *function)
{
    *function = (struct alb_function){invoke, context};
    return bytes_eq(arn, BYTES_LIT(RIG_FUNCTION_ARN));
}

static bool register_function(const struct rig_model *model, char *error, size_t error_len)
{
    struct alb_why why;
    if (alb_target_register(model->groups[RIG_LAMBDA_A], BYTES_LIT(RIG_FUNCTION_ARN), 0, NULL, NULL,
                            &why) == ALB_OK)
        return true;
    (void)snprintf(error, error_len, "cannot register the function: %s", why.text);
    return false;
}

bool rig_lambda_start(struct rig_lambda *lambda, struct loop *loop, const struct rig_config *config,
                      const struct rig_model *model, const char *program, const char *const *env,
                      char *error, size_t error_len)
{
    struct function_options options = {
        .loop = loop,
        .name = "duet-local",
        .program = program,
        .env = env,
        .timeout_ms = config->timeout_s * 1000,
        .memory_mb = config->memory_mb,
        .concurrency = config->concurrency,
        .on_line = on_line,
        .is_quiet = config->is_quiet,
    };
    lambda->function = function_new(&options, error, error_len);
    return lambda->function != NULL && register_function(model, error, error_len);
}

void rig_lambda_release(struct rig_lambda *lambda)
{
    function_free(lambda->function);
    lambda->function = NULL;
}
