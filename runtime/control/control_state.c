#include "runtime/control/control_state.h"

#include "runtime/control/shape_json.h"
#include "runtime/core/limits.h"

static void print_rule(struct datum_maker *maker, struct datum *list, const struct alb_rule *rule)
{
    struct datum *map = datum_map(maker, list, NULL);
    datum_string(maker, map, "ruleArn", rule->arn);
    if (rule->priority)
        datum_int(maker, map, "priority", rule->priority);
    else
        datum_string(maker, map, "priority", "default");
    struct datum *groups = datum_list(maker, map, "targetGroups");
    for (size_t i = 0; rule->action.type == ALB_FORWARD && i < rule->action.forward.count; i++) {
        const struct alb_share *share = &rule->action.forward.shares[i];
        struct datum *item = datum_map(maker, groups, NULL);
        datum_string(maker, item, "name", share->group->name);
        datum_int(maker, item, "weight", share->weight);
    }
}

static void print_listener(struct datum_maker *maker, struct datum *list,
                           const struct alb_listener *listener)
{
    struct datum *map = datum_map(maker, list, NULL);
    datum_string(maker, map, "listenerArn", listener->arn);
    datum_int(maker, map, "port", listener->port);
    struct datum *rules = datum_list(maker, map, "rules");
    for (const struct alb_rule *rule = listener->rules; rule; rule = rule->next)
        print_rule(maker, rules, rule);
}

static void print_target(struct datum_maker *maker, struct datum *list,
                         const struct alb_target *target)
{
    struct datum *map = datum_map(maker, list, NULL);
    datum_string(maker, map, "id", target->id);
    if (target->port)
        datum_int(maker, map, "port", target->port);
    datum_string(maker, map, "state", alb_target_state_name(target->state));
    if (target->reason)
        datum_string(maker, map, "reason", target->reason);
    datum_int(maker, map, "requests", (int64_t)target->request_count);
    datum_int(maker, map, "inFlight", (int64_t)target->in_flight);
}

static void print_group(struct datum_maker *maker, struct datum *list,
                        const struct alb_group *group)
{
    struct datum *map = datum_map(maker, list, NULL);
    datum_string(maker, map, "name", group->name);
    datum_string(maker, map, "targetGroupArn", group->arn);
    datum_string(maker, map, "type", group->type == ALB_TARGET_IP ? "ip" : "lambda");
    datum_int(maker, map, "requests", (int64_t)group->request_count);
    struct datum *targets = datum_list(maker, map, "targets");
    for (const struct alb_target *target = group->targets; target; target = target->next)
        print_target(maker, targets, target);
}

void control_state_answer(const struct alb_model *model, struct arena *arena,
                          struct http_response *res)
{
    struct datum_maker maker = {.arena = arena};
    struct buf text;
    struct bytes body = {NULL, 0}, url = {NULL, 0};
    struct datum *root = datum_new(arena, DATUM_MAP);
    buf_init(&text, LIMIT_TARGET_BODY_BYTES);
    if (!root || arena_printf(arena, &url, "http://127.0.0.1:%u",
                              model->listeners ? model->listeners->port : 0) != RC_OK) {
        res->is_out_of_memory = true;
        return;
    }
    datum_text(&maker, root, "loadBalancer", url);
    datum_string(&maker, root, "loadBalancerArn", model->arn);
    struct datum *listeners = datum_list(&maker, root, "listeners");
    for (const struct alb_listener *each = model->listeners; each; each = each->next)
        print_listener(&maker, listeners, each);
    struct datum *groups = datum_list(&maker, root, "targetGroups");
    for (const struct alb_group *group = model->groups; group; group = group->next)
        print_group(&maker, groups, group);
    if (!maker.failed)
        shape_json_write(&text, root);
    buf_append_char(&text, '\n');
    res->is_out_of_memory =
        maker.failed || text.failed || arena_dup(arena, buf_bytes(&text), &body) != RC_OK;
    http_response_borrow(res, arena, 200, BYTES_LIT("application/json"), body);
    buf_release(&text);
}
