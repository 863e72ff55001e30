#include "runtime/functions/function_home.h"

#include <stdlib.h>

/* A call on its way. */
struct home_call {
    alb_invoked_fn *on_invoked;
    void *context;
};

enum alb_invoked function_home_outcome(enum function_outcome outcome)
{
    switch (outcome) {
    case FUNCTION_OK:
        return ALB_INVOKED_OK;
    case FUNCTION_THROTTLED:
        return ALB_INVOKED_THROTTLED;
    case FUNCTION_ERROR:
    case FUNCTION_TIMEOUT:
        break;
    }
    return ALB_INVOKED_ERROR;
}

static void on_done(void *context, const struct function_result *result)
{
    struct home_call call = *(struct home_call *)context;
    free(context);
    call.on_invoked(call.context, function_home_outcome(result->outcome), result->payload);
}

static void invoke(void *home, struct bytes event, alb_invoked_fn *on_invoked, void *context)
{
    struct home_call *call = malloc(sizeof *call);
    if (!call) {
        on_invoked(context, ALB_INVOKED_UNREACHABLE, bytes_make(NULL, 0));
        return;
    }
    *call = (struct home_call){on_invoked, context};
    function_invoke(home, event, on_done, call);
}

struct alb_function function_home(struct function *function)
{
    return (struct alb_function){invoke, function};
}
