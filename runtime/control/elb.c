#include "runtime/control/elb.h"

#include <stdlib.h>

#include "runtime/control/elb_internal.h"

static void run(struct elb *elb, struct control_call *call, elb_action_fn *action)
{
    struct alb_why why = {{0}};
    struct datum *result = control_result(call);
    struct elb_call this = {.elb = elb,
                            .model = elb->model,
                            .input = call->input,
                            .arena = call->arena,
                            .maker = &call->maker,
                            .why = &why};
    enum alb_error error = action(&this, result);
    if (error == ALB_OK && elb->model->keep && !elb->model->keep(elb->model, &why))
        error = ALB_E_INTERNAL_FAILURE;
    if (error == ALB_OK) {
        control_answer(call, result);
        return;
    }
    if (why.text[0] == '\0')
        (void)alb_refuse(&why, error);
    control_fail(call, alb_error_status(error), alb_error_code(error), "%s", why.text);
}

#define ELB_ACTION_RUN(name, function)                               \
    static void run_##name(void *context, struct control_call *call) \
    {                                                                \
        run(context, call, function);                                \
    }
ELB_ACTIONS(ELB_ACTION_RUN)

#define ELB_ACTION_ROW(name, function) {#name, run_##name},
static const struct control_action actions[] = {ELB_ACTIONS(ELB_ACTION_ROW)};

struct elb *elb_new(struct alb_model *model)
{
    struct elb *elb = calloc(1, sizeof *elb);
    if (!elb)
        return NULL;
    elb->model = model;
    elb->service = (struct control_service){
        .name = "elasticloadbalancing",
        .version = "2015-12-01",
        .xml_namespace = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        .actions = actions,
        .action_count = sizeof actions / sizeof *actions,
        .context = elb,
    };
    return elb;
}

void elb_free(struct elb *elb)
{
    free(elb);
}

const struct control_service *elb_service(const struct elb *elb)
{
    return &elb->service;
}
