#include "runtime/control/elb_internal.h"

/* Load balancers, of which there is one, and listeners. */

/* What the rig has no other answer for: the zone and network that its load balancer would be in. */
static const char vpc_id[] = "vpc-00000000";
static const char hosted_zone_id[] = "Z35SXDOTRQ7X7K"; /* of load balancers in us-east-1 */
static const char *const zones[] = {"a", "b"};

static void write_zones(struct elb_call *call, struct datum *map)
{
    struct datum *list = datum_list(call->maker, map, "AvailabilityZones");
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        struct datum *zone = datum_map(call->maker, list, NULL);
        struct bytes name = {NULL, 0}, subnet = {NULL, 0};
        if (arena_printf(call->arena, &name, "%s%s", call->model->options.region, zones[i]) !=
                RC_OK ||
            arena_printf(call->arena, &subnet, "subnet-0000000%s", zones[i]) != RC_OK)
            call->maker->failed = true;
        datum_text(call->maker, zone, "ZoneName", name);
        datum_text(call->maker, zone, "SubnetId", subnet);
        (void)datum_list(call->maker, zone, "LoadBalancerAddresses");
    }
}

static void write_balancer(struct elb_call *call, struct datum *list)
{
    const struct alb_model *model = call->model;
    struct datum *map = datum_map(call->maker, list, NULL);
    datum_string(call->maker, map, "LoadBalancerArn", model->arn);
    datum_string(call->maker, map, "DNSName", model->dns_name);
    datum_string(call->maker, map, "CanonicalHostedZoneId", hosted_zone_id);
    datum_time(call->maker, map, "CreatedTime", (double)model->created_epoch_ms / 1000);
    datum_string(call->maker, map, "LoadBalancerName", model->name);
    datum_string(call->maker, map, "Scheme", "internet-facing");
    datum_string(call->maker, map, "VpcId", vpc_id);
    datum_string(call->maker, datum_map(call->maker, map, "State"), "Code", "active");
    datum_string(call->maker, map, "Type", "application");
    write_zones(call, map);
    (void)datum_list(call->maker, map, "SecurityGroups");
    datum_string(call->maker, map, "IpAddressType", "ipv4");
}

/* true when the list is of texts that are all `only`. */
static bool names_only(const struct datum *list, const char *only)
{
    for (const struct datum *item = list->first; item; item = item->next)
        if (item->kind != DATUM_TEXT || !bytes_eq(item->text, bytes_from_str(only)))
            return false;
    return true;
}

enum alb_error elb_describe_load_balancers(struct elb_call *call, struct datum *result)
{
    const struct datum *arns, *names;
    struct elb_items items = {NULL, 0, 0};
    enum alb_error error = elb_list(call, call->input, "LoadBalancerArns", false, &arns);
    if (error == ALB_OK)
        error = elb_list(call, call->input, "Names", false, &names);
    if (error != ALB_OK)
        return error;
    if (arns->count && names->count)
        return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                 "Load balancer ARNs and names cannot be specified together");
    if (!names_only(arns, call->model->arn) || !names_only(names, call->model->name))
        return alb_refuse(call->why, ALB_E_LOAD_BALANCER_NOT_FOUND);
    struct datum *list = datum_list(call->maker, result, "LoadBalancers");
    elb_items_add(call, &items, call->model);
    error = elb_items_page(call, &items, result);
    if (error == ALB_OK && items.count)
        write_balancer(call, list);
    return error;
}

static void write_listener(struct elb_call *call, struct datum *list,
                           const struct alb_listener *listener)
{
    struct datum *map = datum_map(call->maker, list, NULL);
    bool is_https = listener->protocol == ALB_HTTPS;
    datum_string(call->maker, map, "ListenerArn", listener->arn);
    datum_string(call->maker, map, "LoadBalancerArn", call->model->arn);
    datum_int(call->maker, map, "Port", listener->port);
    datum_string(call->maker, map, "Protocol", is_https ? "HTTPS" : "HTTP");
    elb_write_action(call, map, "DefaultActions", &alb_listener_default(listener)->action);
}

/* Those of `arns`, which all have to be there, or all. */
static enum alb_error find_listeners(struct elb_call *call, const struct datum *arns,
                                     struct elb_items *items)
{
    if (arns->count == 0)
        for (const struct alb_listener *listener = call->model->listeners; listener;
             listener = listener->next)
            elb_items_add(call, items, listener);
    for (const struct datum *item = arns->first; item; item = item->next) {
        const struct alb_listener *listener =
            item->kind == DATUM_TEXT ? alb_listener_find(call->model, item->text) : NULL;
        if (!listener)
            return alb_refuse(call->why, ALB_E_LISTENER_NOT_FOUND);
        elb_items_add(call, items, listener);
    }
    return ALB_OK;
}

enum alb_error elb_describe_listeners(struct elb_call *call, struct datum *result)
{
    const struct datum *arns;
    struct elb_items items = {NULL, 0, 0};
    bool has_balancer = datum_get(call->input, "LoadBalancerArn") != NULL;
    enum alb_error error = elb_list(call, call->input, "ListenerArns", false, &arns);
    if (error == ALB_OK && has_balancer == (arns->count > 0))
        return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                 "You must specify either listener ARNs or a load balancer ARN");
    if (error == ALB_OK && has_balancer)
        error = elb_need_balancer(call, "LoadBalancerArn");
    if (error == ALB_OK)
        error = find_listeners(call, arns, &items);
    struct datum *list = datum_list(call->maker, result, "Listeners");
    if (error == ALB_OK)
        error = elb_items_page(call, &items, result);
    for (size_t i = 0; error == ALB_OK && i < items.count; i++)
        write_listener(call, list, items.items[i]);
    return error;
}

/* The rig opened the listener's socket at its start, and keeps it. */
static enum alb_error check_same(struct elb_call *call, const struct alb_listener *listener)
{
    unsigned port = listener->port;
    struct bytes protocol;
    enum alb_error error = elb_number(call, call->input, "Port", 1, 65535, &port);
    if (error == ALB_OK)
        error = elb_text(call, call->input, "Protocol", false, &protocol);
    if (error != ALB_OK)
        return error;
    if (port != listener->port ||
        (protocol.len && !bytes_eq(protocol, listener->protocol == ALB_HTTPS ? BYTES_LIT("HTTPS")
                                                                             : BYTES_LIT("HTTP"))))
        return alb_refuse_printf(call->why, ALB_E_OPERATION_NOT_PERMITTED,
                                 "The rig's listeners keep their port and protocol");
    return ALB_OK;
}

enum alb_error elb_modify_listener(struct elb_call *call, struct datum *result)
{
    struct alb_listener *listener;
    struct alb_action action;
    enum alb_error error = elb_need_listener(call, "ListenerArn", &listener);
    if (error == ALB_OK)
        error = check_same(call, listener);
    if (error == ALB_OK && datum_get(call->input, "DefaultActions")) {
        error = elb_read_action(call, "DefaultActions", &action);
        if (error == ALB_OK)
            error = alb_listener_set_action(listener, &action, call->why);
    }
    if (error == ALB_OK)
        write_listener(call, datum_list(call->maker, result, "Listeners"), listener);
    return error;
}
