#include "runtime/functions/registry_home.h"

#include <stdlib.h>

#include "runtime/functions/function_home.h"
#include "runtime/functions/registry_internal.h"

/* A target; the views look into `text`. */
struct registry_home {
    struct registry *registry;
    struct bytes name, qualifier, arn;
    struct registry_home *next;
    char text[];
};

/* A call on its way. */
struct home_call {
    alb_invoked_fn *on_invoked;
    void *context;
};

static void on_done(void *context, const struct function_result *result)
{
    struct home_call call = *(struct home_call *)context;
    free(context);
    call.on_invoked(call.context, function_home_outcome(result->outcome), result->payload);
}

static struct registry_version *resolve(const struct registry *registry, struct bytes name,
                                        struct bytes qualifier)
{
    struct registry_function *function = registry_find(registry, name);
    return function ? registry_resolve(function, qualifier) : NULL;
}

static void invoke(void *context, struct bytes event, alb_invoked_fn *on_invoked,
                   void *invoked_context)
{
    const struct registry_home *home = context;
    struct registry_version *version = resolve(home->registry, home->name, home->qualifier);
    struct home_call *call = version ? malloc(sizeof *call) : NULL;
    if (!call) {
        on_invoked(invoked_context, ALB_INVOKED_UNREACHABLE, bytes_make(NULL, 0));
        return;
    }
    *call = (struct home_call){on_invoked, invoked_context};
    struct function_call function_call = {
        .event = event, .arn = home->arn, .on_done = on_done, .context = call};
    registry_call(version, &function_call);
}

/* arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER] */
static bool is_arn(struct bytes arn)
{
    struct bytes name, qualifier;
    registry_split(arn, &name, &qualifier);
    return bytes_starts_with(arn, BYTES_LIT("arn:aws:lambda:")) && name.ptr != arn.ptr &&
           registry_is_name(name) && bytes_find(qualifier, ':') == qualifier.len;
}

bool registry_home_is_there(const struct registry *registry, struct bytes arn)
{
    struct bytes name, qualifier;
    registry_split(arn, &name, &qualifier);
    return is_arn(arn) && resolve(registry, name, qualifier) != NULL;
}

/* NULL: no memory. */
static struct registry_home *home_new(struct registry *registry, struct bytes arn)
{
    struct registry_home *home = malloc(sizeof *home + arn.len);
    if (!home)
        return NULL;
    memcpy(home->text, arn.ptr, arn.len);
    home->registry = registry;
    home->arn = bytes_make(home->text, arn.len);
    registry_split(home->arn, &home->name, &home->qualifier);
    home->next = registry->homes;
    registry->homes = home;
    return home;
}

bool registry_home(struct registry *registry, struct bytes arn, struct alb_function *function)
{
    struct registry_home *home = registry->homes;
    while (home && !bytes_eq(arn, home->arn))
        home = home->next;
    if (!home && is_arn(arn))
        home = home_new(registry, arn);
    *function = (struct alb_function){invoke, home};
    return home != NULL;
}

void registry_homes_free(struct registry *registry)
{
    while (registry->homes) {
        struct registry_home *home = registry->homes;
        registry->homes = home->next;
        free(home);
    }
}
