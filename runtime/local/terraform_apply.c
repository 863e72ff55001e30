#include <stdio.h>

#include "runtime/alb/tag.h"
#include "runtime/local/terraform.h"

enum alb_error terraform_set_attributes(struct alb_model *model, const struct terraform *terraform,
                                        struct alb_why *why)
{
    return alb_model_set_attributes(model, terraform->attributes.list, terraform->attributes.count,
                                    why);
}

/* Its groups are the model's now. The rule with several has the weights of the config. */
static struct alb_action action_of(const struct terraform_rule *rule,
                                   struct alb_group *const *groups, const struct rig_config *config)
{
    struct alb_action action = rule->action;
    for (size_t i = 0; i < action.forward.count; i++) {
        action.forward.shares[i].group = groups[rule->slots[i]];
        if (action.forward.count > 1)
            action.forward.shares[i].weight = config->weights[rule->slots[i]];
    }
    return action;
}

static enum alb_error add_rule(struct alb_listener *listener, const struct terraform_rule *rule,
                               struct alb_group *const *groups, const struct rig_config *config,
                               struct alb_why *why)
{
    struct alb_rule *made;
    const struct alb_action action = action_of(rule, groups, config);
    enum alb_error error = alb_rule_create(listener, rule->priority, rule->conditions,
                                           rule->condition_count, &action, &made, why);
    if (error == ALB_OK && rule->name.len &&
        !alb_tag_set(listener->model, bytes_from_str(made->arn), BYTES_LIT("Name"), rule->name))
        error = alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    return error;
}

/* A redirect to HTTPS leads to the rig's port, not to AWS's 443. */
static void move_redirect(struct alb_action *action, const struct rig_config *config)
{
    if (action->type == ALB_REDIRECT && strcmp(action->redirect.port, "443") == 0)
        (void)snprintf(action->redirect.port, sizeof action->redirect.port, "%u",
                       config->https_port);
}

enum alb_error terraform_make_listener(struct alb_model *model, struct alb_group *const *groups,
                                       const struct rig_config *config, unsigned port,
                                       enum alb_protocol protocol, struct alb_listener **listener,
                                       struct alb_why *why)
{
    const struct terraform *terraform = config->terraform;
    bool has_rules = protocol == ALB_HTTPS || !terraform->https;
    const struct terraform_rule *none = has_rules && terraform->https ? terraform->https
                                        : terraform->http             ? terraform->http
                                                                      : terraform->https;
    struct alb_action action = action_of(none, groups, config);
    move_redirect(&action, config);
    enum alb_error error = alb_listener_create(model, port, protocol, &action, listener, why);
    if (error == ALB_OK && protocol == ALB_HTTPS && terraform->ssl_policy)
        (void)snprintf((*listener)->ssl_policy, sizeof(*listener)->ssl_policy, "%s",
                       terraform->ssl_policy);
    for (size_t i = 0; has_rules && i < terraform->rule_count && error == ALB_OK; i++)
        error = add_rule(*listener, &terraform->rules[i], groups, config, why);
    return error;
}
