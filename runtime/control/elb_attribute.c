#include "runtime/control/elb_internal.h"

/* Attributes of the load balancer, its listeners and the target groups. */

static void write_attributes(struct elb_call *call, struct datum *result,
                             enum alb_attribute_scope scope, const void *attributes)
{
    const char *key, *value;
    struct datum *list = datum_list(call->maker, result, "Attributes");
    for (size_t i = 0; alb_attribute_at(scope, attributes, i, &key, &value); i++) {
        struct datum *map = datum_map(call->maker, list, NULL);
        datum_string(call->maker, map, "Key", key);
        datum_string(call->maker, map, "Value", value);
    }
}

static enum alb_error read_pairs(struct elb_call *call, struct alb_pair_text **pairs, size_t *count)
{
    const struct datum *list;
    enum alb_error error = elb_list(call, call->input, "Attributes", true, &list);
    if (error != ALB_OK)
        return error;
    *count = 0;
    *pairs = arena_zalloc(call->arena, list->count * sizeof **pairs);
    if (!*pairs)
        return alb_refuse(call->why, ALB_E_INTERNAL_FAILURE);
    for (const struct datum *item = list->first; item && error == ALB_OK; item = item->next) {
        struct alb_pair_text *pair = &(*pairs)[(*count)++];
        error = elb_text(call, item, "Key", true, &pair->key);
        if (error == ALB_OK)
            error = elb_text(call, item, "Value", false, &pair->value);
    }
    return error;
}

enum alb_error elb_describe_balancer_attributes(struct elb_call *call, struct datum *result)
{
    enum alb_error error = elb_need_balancer(call, "LoadBalancerArn");
    if (error == ALB_OK)
        write_attributes(call, result, ALB_OF_BALANCER, &call->model->attributes);
    return error;
}

enum alb_error elb_modify_balancer_attributes(struct elb_call *call, struct datum *result)
{
    struct alb_pair_text *pairs = NULL;
    size_t count = 0;
    enum alb_error error = elb_need_balancer(call, "LoadBalancerArn");
    if (error == ALB_OK)
        error = read_pairs(call, &pairs, &count);
    if (error == ALB_OK)
        error = alb_model_set_attributes(call->model, pairs, count, call->why);
    return error == ALB_OK ? elb_describe_balancer_attributes(call, result) : error;
}

enum alb_error elb_describe_listener_attributes(struct elb_call *call, struct datum *result)
{
    struct alb_listener *listener;
    enum alb_error error = elb_need_listener(call, "ListenerArn", &listener);
    if (error == ALB_OK)
        write_attributes(call, result, ALB_OF_LISTENER, &listener->attributes);
    return error;
}

enum alb_error elb_modify_listener_attributes(struct elb_call *call, struct datum *result)
{
    struct alb_listener *listener;
    struct alb_pair_text *pairs = NULL;
    size_t count = 0;
    enum alb_error error = elb_need_listener(call, "ListenerArn", &listener);
    if (error == ALB_OK)
        error = read_pairs(call, &pairs, &count);
    if (error == ALB_OK)
        error = alb_listener_set_attributes(listener, pairs, count, call->why);
    return error == ALB_OK ? elb_describe_listener_attributes(call, result) : error;
}

enum alb_error elb_describe_group_attributes(struct elb_call *call, struct datum *result)
{
    struct alb_group *group;
    enum alb_error error = elb_need_group(call, call->input, "TargetGroupArn", &group);
    if (error == ALB_OK)
        write_attributes(call, result, alb_group_scope(group), &group->attributes);
    return error;
}

enum alb_error elb_modify_group_attributes(struct elb_call *call, struct datum *result)
{
    struct alb_group *group;
    struct alb_pair_text *pairs = NULL;
    size_t count = 0;
    enum alb_error error = elb_need_group(call, call->input, "TargetGroupArn", &group);
    if (error == ALB_OK)
        error = read_pairs(call, &pairs, &count);
    if (error == ALB_OK)
        error = alb_group_set_attributes(group, pairs, count, call->why);
    return error == ALB_OK ? elb_describe_group_attributes(call, result) : error;
}
