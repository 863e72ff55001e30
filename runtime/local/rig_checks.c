#include "runtime/local/rig_checks.h"

#include "runtime/alb/dispatch.h"
#include "runtime/local/console.h"

static void on_cut(void *context, struct alb_target *target)
{
    (void)context;
    alb_target_cut(target);
}

static void on_changed(void *context, const struct alb_target *target, enum alb_target_state before)
{
    (void)context;
    if (target->state == ALB_UNHEALTHY)
        console_printf("alb", "%s:%u of %s is unhealthy: %s", target->id, target->port,
                       target->group->name, target->description);
    else if (before == ALB_UNHEALTHY && target->state == ALB_HEALTHY)
        console_printf("alb", "%s:%u of %s is healthy again", target->id, target->port,
                       target->group->name);
}

struct checker *rig_checks_new(struct loop *loop, struct alb_model *model)
{
    struct checker_options options = {
        .loop = loop, .model = model, .on_cut = on_cut, .on_changed = on_changed};
    return checker_new(&options);
}
