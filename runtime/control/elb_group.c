#include <stdio.h>

#include "runtime/control/elb_internal.h"

/* Target groups: described, made, changed, deleted. */

static const char *protocol_name(enum alb_protocol protocol)
{
    return protocol == ALB_HTTPS ? "HTTPS" : "HTTP";
}

static void write_check(struct elb_call *call, struct datum *map, const struct alb_group *group)
{
    struct datum_maker *maker = call->maker;
    const struct alb_health_check *check = &group->check;
    struct bytes port = BYTES_LIT("traffic-port");
    if (group->type == ALB_TARGET_IP) {
        if (check->port && arena_printf(call->arena, &port, "%u", check->port) != RC_OK)
            maker->failed = true;
        datum_string(maker, map, "HealthCheckProtocol", protocol_name(check->protocol));
        datum_text(maker, map, "HealthCheckPort", port);
    }
    datum_bool(maker, map, "HealthCheckEnabled", check->is_enabled);
    datum_int(maker, map, "HealthCheckIntervalSeconds", check->interval_s);
    datum_int(maker, map, "HealthCheckTimeoutSeconds", check->timeout_s);
    datum_int(maker, map, "HealthyThresholdCount", check->healthy_count);
    datum_int(maker, map, "UnhealthyThresholdCount", check->unhealthy_count);
    datum_string(maker, map, "HealthCheckPath", check->path);
    datum_string(maker, datum_map(maker, map, "Matcher"), "HttpCode", check->matcher);
}

static void write_group(struct elb_call *call, struct datum *list, const struct alb_group *group)
{
    struct datum_maker *maker = call->maker;
    struct datum *map = datum_map(maker, list, NULL);
    datum_string(maker, map, "TargetGroupArn", group->arn);
    datum_string(maker, map, "TargetGroupName", group->name);
    if (group->type == ALB_TARGET_IP) {
        datum_string(maker, map, "Protocol", protocol_name(group->protocol));
        datum_int(maker, map, "Port", group->port);
        datum_string(maker, map, "VpcId", "vpc-00000000");
        datum_string(maker, map, "ProtocolVersion", "HTTP1");
    }
    write_check(call, map, group);
    struct datum *arns = datum_list(maker, map, "LoadBalancerArns");
    if (group->is_used)
        datum_string(maker, arns, NULL, call->model->arn);
    datum_string(maker, map, "TargetType", group->type == ALB_TARGET_IP ? "ip" : "lambda");
    datum_string(maker, map, "IpAddressType", "ipv4");
}

/* --- DescribeTargetGroups --- */

typedef struct alb_group *find_fn(const struct alb_model *model, struct bytes text);

static enum alb_error add_found(struct elb_call *call, const struct datum *list, find_fn *find,
                                struct elb_items *items)
{
    for (const struct datum *item = list->first; item; item = item->next) {
        const struct alb_group *group =
            item->kind == DATUM_TEXT ? find(call->model, item->text) : NULL;
        if (!group)
            return alb_refuse(call->why, ALB_E_TARGET_GROUP_NOT_FOUND);
        elb_items_add(call, items, group);
    }
    return ALB_OK;
}

enum alb_error elb_describe_target_groups(struct elb_call *call, struct datum *result)
{
    const struct datum *arns, *names;
    struct elb_items items = {NULL, 0, 0};
    bool has_balancer = datum_get(call->input, "LoadBalancerArn") != NULL;
    enum alb_error error = elb_list(call, call->input, "TargetGroupArns", false, &arns);
    if (error == ALB_OK)
        error = elb_list(call, call->input, "Names", false, &names);
    if (error == ALB_OK && has_balancer + (arns->count > 0) + (names->count > 0) > 1)
        return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                 "A load balancer ARN, target group ARNs and target group names "
                                 "cannot be specified together");
    if (error == ALB_OK && has_balancer)
        error = elb_need_balancer(call, "LoadBalancerArn");
    if (error == ALB_OK)
        error = add_found(call, arns, alb_group_find, &items);
    if (error == ALB_OK)
        error = add_found(call, names, alb_group_named, &items);
    if (error == ALB_OK && arns->count + names->count == 0)
        for (const struct alb_group *group = call->model->groups; group; group = group->next)
            if (group->is_used || !has_balancer)
                elb_items_add(call, &items, group);
    struct datum *list = datum_list(call->maker, result, "TargetGroups");
    if (error == ALB_OK)
        error = elb_items_page(call, &items, result);
    for (size_t i = 0; error == ALB_OK && i < items.count; i++)
        write_group(call, list, items.items[i]);
    return error;
}

/* --- what a group is told --- */

static enum alb_error read_check_port(struct elb_call *call, struct alb_health_check *check)
{
    if (!bytes_eq(datum_get_text(call->input, "HealthCheckPort"), BYTES_LIT("traffic-port")))
        return elb_number(call, call->input, "HealthCheckPort", 1, 65535, &check->port);
    check->port = 0;
    return ALB_OK;
}

/* The settings that the call names; the others stay as they are. Their bounds are the model's. */
static enum alb_error read_check(struct elb_call *call, enum alb_target_type type,
                                 struct alb_health_check *check)
{
    struct {
        const char *name;
        unsigned *out;
    } numbers[] = {{"HealthCheckIntervalSeconds", &check->interval_s},
                   {"HealthCheckTimeoutSeconds", &check->timeout_s},
                   {"HealthyThresholdCount", &check->healthy_count},
                   {"UnhealthyThresholdCount", &check->unhealthy_count}};
    enum alb_error error = elb_flag(call, call->input, "HealthCheckEnabled", &check->is_enabled);
    if (error == ALB_OK && !check->is_enabled && type == ALB_TARGET_IP)
        return alb_refuse_printf(call->why, ALB_E_INVALID_CONFIGURATION_REQUEST,
                                 "Health checks must be enabled for target groups with target "
                                 "type 'ip'");
    for (size_t i = 0; error == ALB_OK && i < sizeof numbers / sizeof *numbers; i++)
        error = elb_number(call, call->input, numbers[i].name, 0, UINT32_MAX, numbers[i].out);
    if (error == ALB_OK)
        error = elb_copy(call, call->input, "HealthCheckPath", check->path, sizeof check->path);
    if (error == ALB_OK)
        error = elb_copy(call, datum_get(call->input, "Matcher"), "HttpCode", check->matcher,
                         sizeof check->matcher);
    if (error == ALB_OK)
        error = read_check_port(call, check);
    return error == ALB_OK ? elb_protocol(call, "HealthCheckProtocol", &check->protocol) : error;
}

static enum alb_error read_type(struct elb_call *call, enum alb_target_type *type)
{
    struct bytes text;
    enum alb_error error = elb_text(call, call->input, "TargetType", false, &text);
    *type = bytes_eq(text, BYTES_LIT("lambda")) ? ALB_TARGET_LAMBDA : ALB_TARGET_IP;
    if (error == ALB_OK && *type == ALB_TARGET_IP && !bytes_eq(text, BYTES_LIT("ip")))
        return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                 "The rig's target types are 'ip' and 'lambda', which must be "
                                 "said: without it, AWS takes 'instance'");
    return error;
}

static enum alb_error read_options(struct elb_call *call, struct alb_group_options *options)
{
    enum alb_error error = elb_text(call, call->input, "Name", true, &options->name);
    if (error == ALB_OK)
        error = read_type(call, &options->type);
    if (error != ALB_OK)
        return error;
    if (options->type == ALB_TARGET_LAMBDA) {
        if (datum_get(call->input, "Protocol") || datum_get(call->input, "Port"))
            error = alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                      "Protocol and port cannot be specified for target groups "
                                      "with target type 'lambda'");
        return error;
    }
    if (!datum_get(call->input, "Protocol"))
        return elb_invalid(call, call->input, "Protocol", "Member must not be null");
    if (!datum_get(call->input, "Port"))
        return elb_invalid(call, call->input, "Port", "Member must not be null");
    error = elb_number(call, call->input, "Port", 1, 65535, &options->port);
    return error == ALB_OK ? elb_protocol(call, "Protocol", &options->protocol) : error;
}

/* --- CreateTargetGroup, ModifyTargetGroup, DeleteTargetGroup --- */

enum alb_error elb_create_target_group(struct elb_call *call, struct datum *result)
{
    struct alb_group_options options = {.type = ALB_TARGET_IP};
    struct alb_health_check check;
    struct alb_group *group;
    enum alb_error error = read_options(call, &options);
    if (error != ALB_OK)
        return error;
    check = alb_health_check_default(options.type);
    check.protocol = options.protocol;
    options.check = &check;
    error = read_check(call, options.type, &check);
    if (error == ALB_OK)
        error = elb_check_tags(call, NULL);
    if (error == ALB_OK)
        error = alb_group_create(call->model, &options, &group, call->why);
    if (error != ALB_OK)
        return error;
    write_group(call, datum_list(call->maker, result, "TargetGroups"), group);
    return elb_set_tags(call, group->arn);
}

enum alb_error elb_modify_target_group(struct elb_call *call, struct datum *result)
{
    struct alb_group *group;
    struct alb_health_check check;
    enum alb_error error = elb_need_group(call, call->input, "TargetGroupArn", &group);
    if (error != ALB_OK)
        return error;
    check = group->check;
    error = read_check(call, group->type, &check);
    if (error == ALB_OK)
        error = alb_group_set_check(group, &check, call->why);
    if (error == ALB_OK)
        write_group(call, datum_list(call->maker, result, "TargetGroups"), group);
    return error;
}

enum alb_error elb_delete_target_group(struct elb_call *call, struct datum *result)
{
    struct bytes arn = datum_get_text(call->input, "TargetGroupArn");
    struct alb_group *group;
    enum alb_error error = elb_need_group(call, call->input, "TargetGroupArn", &group);
    (void)result;
    if (error == ALB_OK)
        error = alb_group_delete(group, call->why);
    if (error == ALB_OK)
        alb_tag_drop(call->model, arn, NULL);
    return error;
}
