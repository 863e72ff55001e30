#include "runtime/control/elb_internal.h"

/* Targets: registered, deregistered, and how they are. */

/* A TargetDescription. */
struct target_id {
    struct bytes id;
    unsigned port; /* 0: none was said */
};

static enum alb_error read_target(struct elb_call *call, const struct datum *map,
                                  const struct alb_group *group, struct target_id *out)
{
    enum alb_error error = elb_text(call, map, "Id", true, &out->id);
    out->port = 0;
    if (error == ALB_OK && group->type == ALB_TARGET_LAMBDA && datum_get(map, "Port"))
        return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                 "A port cannot be specified for a target of type 'lambda'");
    return error == ALB_OK ? elb_number(call, map, "Port", 1, 65535, &out->port) : error;
}

/* All of the list, each checked; with its group's port where it names none. */
static enum alb_error read_targets(struct elb_call *call, const struct alb_group *group,
                                   bool is_required, struct target_id **out, size_t *count)
{
    const struct datum *list;
    enum alb_error error = elb_list(call, call->input, "Targets", is_required, &list);
    if (error != ALB_OK)
        return error;
    *count = 0;
    *out = arena_zalloc(call->arena, list->count * sizeof **out);
    if (!*out)
        return alb_refuse(call->why, ALB_E_INTERNAL_FAILURE);
    for (const struct datum *item = list->first; item && error == ALB_OK; item = item->next) {
        struct target_id *target = &(*out)[(*count)++];
        error = read_target(call, item, group, target);
        if (error == ALB_OK && target->port == 0 && group->type == ALB_TARGET_IP)
            target->port = group->port;
    }
    return error;
}

/* The new ones first: only they can be refused, and then those before go again. */
static enum alb_error register_new(struct elb_call *call, struct alb_group *group,
                                   const struct target_id *targets, size_t count)
{
    struct elb_items made = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++) {
        struct alb_target *target;
        if (alb_target_find(group, targets[i].id, targets[i].port))
            continue;
        enum alb_error error =
            alb_target_register(group, targets[i].id, targets[i].port, NULL, &target, call->why);
        if (error == ALB_OK)
            elb_items_add(call, &made, target);
        for (size_t j = 0; error != ALB_OK && j < made.count; j++)
            alb_target_remove((struct alb_target *)(uintptr_t)made.items[j]);
        if (error != ALB_OK)
            return error;
    }
    return ALB_OK;
}

/* The group and the targets that a call names; no target when it is refused. */
static enum alb_error read_named(struct elb_call *call, struct alb_group **group,
                                 struct target_id **targets, size_t *count)
{
    *targets = NULL;
    *count = 0;
    enum alb_error error = elb_need_group(call, call->input, "TargetGroupArn", group);
    return error == ALB_OK ? read_targets(call, *group, true, targets, count) : error;
}

enum alb_error elb_register_targets(struct elb_call *call, struct datum *result)
{
    struct alb_group *group;
    struct target_id *targets;
    size_t count;
    enum alb_error error = read_named(call, &group, &targets, &count);
    (void)result;
    if (error == ALB_OK)
        error = register_new(call, group, targets, count);
    /* Those that are there already: one that drains is taken back. */
    for (size_t i = 0; error == ALB_OK && i < count; i++)
        error = alb_target_register(group, targets[i].id, targets[i].port, NULL, NULL, call->why);
    return error;
}

/* A target that is not there is no error ("DeregisterTargets", API reference). */
enum alb_error elb_deregister_targets(struct elb_call *call, struct datum *result)
{
    struct alb_group *group;
    struct target_id *targets;
    size_t count;
    enum alb_error error = read_named(call, &group, &targets, &count);
    (void)result;
    for (size_t i = 0; error == ALB_OK && i < count; i++) {
        struct alb_target *target = alb_target_find(group, targets[i].id, targets[i].port);
        if (target && target->state != ALB_DRAINING)
            alb_target_deregister(target);
    }
    return error;
}

/* --- DescribeTargetHealth --- */

static struct datum *write_target(struct elb_call *call, struct datum *list,
                                  const struct alb_group *group, struct bytes id, unsigned port)
{
    struct datum_maker *maker = call->maker;
    struct datum *map = datum_map(maker, list, NULL);
    struct datum *target = datum_map(maker, map, "Target");
    struct bytes check_port = {NULL, 0};
    datum_text(maker, target, "Id", id);
    if (group->type == ALB_TARGET_IP) {
        datum_int(maker, target, "Port", port);
        unsigned checked = group->check.port ? group->check.port : port;
        if (arena_printf(call->arena, &check_port, "%u", checked) != RC_OK)
            maker->failed = true;
        datum_text(maker, map, "HealthCheckPort", check_port);
    }
    return map;
}

static void write_health(struct elb_call *call, struct datum *map, const char *state,
                         const char *reason, const char *description)
{
    struct datum *health = datum_map(call->maker, map, "TargetHealth");
    datum_string(call->maker, health, "State", state);
    if (reason)
        datum_string(call->maker, health, "Reason", reason);
    if (description[0])
        datum_string(call->maker, health, "Description", description);
}

static void write_known(struct elb_call *call, struct datum *list, const struct alb_target *target,
                        bool has_anomaly)
{
    struct datum *map =
        write_target(call, list, target->group, bytes_from_str(target->id), target->port);
    write_health(call, map, alb_target_state_name(target->state), target->reason,
                 target->description);
    if (!has_anomaly || target->group->type != ALB_TARGET_IP)
        return;
    struct datum *anomaly = datum_map(call->maker, map, "AnomalyDetection");
    datum_string(call->maker, anomaly, "Result", "normal");
    datum_string(call->maker, anomaly, "MitigationInEffect", "no");
}

static bool wants_anomaly(const struct datum *include)
{
    for (const struct datum *item = include->first; item; item = item->next)
        if (item->kind == DATUM_TEXT && (bytes_eq(item->text, BYTES_LIT("AnomalyDetection")) ||
                                         bytes_eq(item->text, BYTES_LIT("All"))))
            return true;
    return false;
}

enum alb_error elb_describe_target_health(struct elb_call *call, struct datum *result)
{
    struct alb_group *group;
    struct target_id *targets = NULL;
    const struct datum *include = NULL;
    size_t count = 0;
    enum alb_error error = elb_need_group(call, call->input, "TargetGroupArn", &group);
    if (error == ALB_OK)
        error = read_targets(call, group, false, &targets, &count);
    if (error == ALB_OK)
        error = elb_list(call, call->input, "Include", false, &include);
    if (error != ALB_OK)
        return error;
    bool has_anomaly = wants_anomaly(include);
    struct datum *list = datum_list(call->maker, result, "TargetHealthDescriptions");
    for (const struct alb_target *target = count ? NULL : group->targets; target;
         target = target->next)
        write_known(call, list, target, has_anomaly);
    for (size_t i = 0; i < count; i++) {
        const struct alb_target *target = alb_target_find(group, targets[i].id, targets[i].port);
        if (target)
            write_known(call, list, target, has_anomaly);
        else
            write_health(call, write_target(call, list, group, targets[i].id, targets[i].port),
                         "unused", "Target.NotRegistered",
                         "Target is not registered to the target group");
    }
    return ALB_OK;
}
