#include "runtime/control/elb_internal.h"

/* Load balancers, of which there is one. */

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
