#include <stdio.h>

#include "runtime/control/elb_internal.h"

/* What a rule does: the API's Action on one side, struct alb_action on the other. */

/* --- reading --- */

static enum alb_error read_shares(struct elb_call *call, const struct datum *config,
                                  struct alb_action *action)
{
    const struct datum *list;
    enum alb_error error = elb_list(call, config, "TargetGroups", true, &list);
    if (error == ALB_OK && list->count > ALB_RULE_GROUPS_MAX)
        return alb_refuse_printf(call->why, ALB_E_TOO_MANY_ACTIONS,
                                 "A forward action can have up to %d target groups",
                                 ALB_RULE_GROUPS_MAX);
    for (const struct datum *item = error == ALB_OK ? list->first : NULL; item; item = item->next) {
        struct alb_share *share = &action->forward.shares[action->forward.count++];
        *share = (struct alb_share){.weight = 1};
        error = elb_need_group(call, item, "TargetGroupArn", &share->group);
        if (error == ALB_OK)
            error = elb_number(call, item, "Weight", 0, 999, &share->weight);
        if (error != ALB_OK)
            return error;
    }
    return error;
}

static enum alb_error read_stickiness(struct elb_call *call, const struct datum *config,
                                      struct alb_action *action)
{
    const struct datum *sticky = datum_get(config, "TargetGroupStickinessConfig");
    enum alb_error error = elb_flag(call, sticky, "Enabled", &action->forward.is_sticky);
    if (error == ALB_OK)
        error = elb_number(call, sticky, "DurationSeconds", 1, ALB_STICKY_MAX_S,
                           &action->forward.sticky_s);
    if (error == ALB_OK && action->forward.is_sticky && action->forward.sticky_s == 0)
        return elb_invalid(call, sticky, "DurationSeconds", "Member must not be null");
    return error;
}

/* TargetGroupArn is the short form of one group; beside a ForwardConfig it has to mean the same. */
static enum alb_error read_forward(struct elb_call *call, const struct datum *map,
                                   struct alb_action *action)
{
    const struct datum *config = datum_get(map, "ForwardConfig");
    struct alb_group *group = NULL;
    enum alb_error error = ALB_OK;
    if (datum_get(map, "TargetGroupArn") || !config)
        error = elb_need_group(call, map, "TargetGroupArn", &group);
    if (error != ALB_OK)
        return error;
    if (!config) {
        action->forward.shares[0] = (struct alb_share){.group = group, .weight = 1};
        action->forward.count = 1;
        return ALB_OK;
    }
    error = read_shares(call, config, action);
    if (error == ALB_OK && group &&
        (action->forward.count != 1 || action->forward.shares[0].group != group))
        return alb_refuse_printf(call->why, ALB_E_INVALID_LOAD_BALANCER_ACTION,
                                 "The target group of the action and those of its ForwardConfig "
                                 "must be the same one");
    return error == ALB_OK ? read_stickiness(call, config, action) : error;
}

static enum alb_error read_redirect(struct elb_call *call, const struct datum *map,
                                    struct alb_action *action)
{
    const struct datum *config = datum_get(map, "RedirectConfig");
    struct bytes status;
    (void)snprintf(action->redirect.protocol, sizeof action->redirect.protocol, "#{protocol}");
    (void)snprintf(action->redirect.port, sizeof action->redirect.port, "#{port}");
    (void)snprintf(action->redirect.host, sizeof action->redirect.host, "#{host}");
    (void)snprintf(action->redirect.path, sizeof action->redirect.path, "/#{path}");
    (void)snprintf(action->redirect.query, sizeof action->redirect.query, "#{query}");
    if (!config)
        return elb_invalid(call, map, "RedirectConfig", "Member must not be null");
    struct {
        const char *name;
        char *out;
        size_t size;
    } texts[] = {{"Protocol", action->redirect.protocol, sizeof action->redirect.protocol},
                 {"Port", action->redirect.port, sizeof action->redirect.port},
                 {"Host", action->redirect.host, sizeof action->redirect.host},
                 {"Path", action->redirect.path, sizeof action->redirect.path},
                 {"Query", action->redirect.query, sizeof action->redirect.query}};
    enum alb_error error = elb_text(call, config, "StatusCode", true, &status);
    for (size_t i = 0; error == ALB_OK && i < sizeof texts / sizeof *texts; i++)
        error = elb_copy(call, config, texts[i].name, texts[i].out, texts[i].size);
    if (error != ALB_OK)
        return error;
    action->redirect.status = bytes_eq(status, BYTES_LIT("HTTP_301"))   ? 301
                              : bytes_eq(status, BYTES_LIT("HTTP_302")) ? 302
                                                                        : 0;
    return action->redirect.status ? ALB_OK
                                   : elb_invalid(call, config, "StatusCode",
                                                 "Member must satisfy enum value set: "
                                                 "[HTTP_301, HTTP_302]");
}

static enum alb_error read_fixed(struct elb_call *call, const struct datum *map,
                                 struct alb_action *action)
{
    const struct datum *config = datum_get(map, "FixedResponseConfig");
    unsigned status = 0;
    if (!config)
        return elb_invalid(call, map, "FixedResponseConfig", "Member must not be null");
    enum alb_error error = elb_number(call, config, "StatusCode", 200, 599, &status);
    if (error == ALB_OK && status == 0)
        error = elb_invalid(call, config, "StatusCode", "Member must not be null");
    if (error == ALB_OK)
        error = elb_copy(call, config, "ContentType", action->fixed.content_type,
                         sizeof action->fixed.content_type);
    if (error == ALB_OK)
        error =
            elb_copy(call, config, "MessageBody", action->fixed.body, sizeof action->fixed.body);
    action->fixed.status = (int)status;
    return error;
}

enum alb_error elb_read_action(struct elb_call *call, const char *list_name,
                               struct alb_action *action)
{
    const struct datum *list;
    struct bytes type;
    enum alb_error error = elb_list(call, call->input, list_name, true, &list);
    *action = (struct alb_action){.type = ALB_FORWARD};
    if (error == ALB_OK && list->count > 1)
        return alb_refuse_printf(call->why, ALB_E_INVALID_LOAD_BALANCER_ACTION,
                                 "The rig takes exactly one action: forward, redirect or "
                                 "fixed-response");
    if (error == ALB_OK)
        error = elb_text(call, list->first, "Type", true, &type);
    if (error == ALB_OK)
        error = elb_number(call, list->first, "Order", 1, ALB_PRIORITY_MAX, &action->order);
    if (error != ALB_OK)
        return error;
    if (bytes_eq(type, BYTES_LIT("forward")))
        return read_forward(call, list->first, action);
    action->type = ALB_REDIRECT;
    if (bytes_eq(type, BYTES_LIT("redirect")))
        return read_redirect(call, list->first, action);
    action->type = ALB_FIXED_RESPONSE;
    if (bytes_eq(type, BYTES_LIT("fixed-response")))
        return read_fixed(call, list->first, action);
    return elb_invalid(call, list->first, "Type",
                       "The rig knows the actions [forward, redirect, fixed-response]");
}

/* --- writing --- */

/* One group is said in both forms, as AWS does. */
static void write_forward(struct elb_call *call, struct datum *map, const struct alb_action *action)
{
    struct datum_maker *maker = call->maker;
    if (action->forward.count == 1)
        datum_string(maker, map, "TargetGroupArn", action->forward.shares[0].group->arn);
    struct datum *config = datum_map(maker, map, "ForwardConfig");
    struct datum *list = datum_list(maker, config, "TargetGroups");
    for (size_t i = 0; i < action->forward.count; i++) {
        struct datum *share = datum_map(maker, list, NULL);
        datum_string(maker, share, "TargetGroupArn", action->forward.shares[i].group->arn);
        datum_int(maker, share, "Weight", action->forward.shares[i].weight);
    }
    struct datum *sticky = datum_map(maker, config, "TargetGroupStickinessConfig");
    datum_bool(maker, sticky, "Enabled", action->forward.is_sticky);
    if (action->forward.sticky_s)
        datum_int(maker, sticky, "DurationSeconds", action->forward.sticky_s);
}

static void write_redirect(struct elb_call *call, struct datum *map,
                           const struct alb_action *action)
{
    struct datum_maker *maker = call->maker;
    struct datum *config = datum_map(maker, map, "RedirectConfig");
    datum_string(maker, config, "Protocol", action->redirect.protocol);
    datum_string(maker, config, "Port", action->redirect.port);
    datum_string(maker, config, "Host", action->redirect.host);
    datum_string(maker, config, "Path", action->redirect.path);
    datum_string(maker, config, "Query", action->redirect.query);
    datum_string(maker, config, "StatusCode",
                 action->redirect.status == 301 ? "HTTP_301" : "HTTP_302");
}

static void write_fixed(struct elb_call *call, struct datum *map, const struct alb_action *action)
{
    struct datum_maker *maker = call->maker;
    struct datum *config = datum_map(maker, map, "FixedResponseConfig");
    struct bytes status = {NULL, 0};
    if (arena_printf(call->arena, &status, "%d", action->fixed.status) != RC_OK)
        maker->failed = true;
    datum_text(maker, config, "StatusCode", status);
    if (action->fixed.content_type[0])
        datum_string(maker, config, "ContentType", action->fixed.content_type);
    if (action->fixed.body[0])
        datum_string(maker, config, "MessageBody", action->fixed.body);
}

void elb_write_action(struct elb_call *call, struct datum *map, const char *list_name,
                      const struct alb_action *action)
{
    static const char *const types[] = {[ALB_FORWARD] = "forward",
                                        [ALB_REDIRECT] = "redirect",
                                        [ALB_FIXED_RESPONSE] = "fixed-response"};
    struct datum *item = datum_map(call->maker, datum_list(call->maker, map, list_name), NULL);
    datum_string(call->maker, item, "Type", types[action->type]);
    if (action->order)
        datum_int(call->maker, item, "Order", action->order);
    switch (action->type) {
    case ALB_FORWARD:
        write_forward(call, item, action);
        break;
    case ALB_REDIRECT:
        write_redirect(call, item, action);
        break;
    case ALB_FIXED_RESPONSE:
        write_fixed(call, item, action);
        break;
    }
}
