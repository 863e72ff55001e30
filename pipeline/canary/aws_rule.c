#include <stdio.h>

#include "pipeline/canary/aws_internal.h"

#include "runtime/core/buf.h"
#include "runtime/core/limits.h"

void aws_elb_form(struct buf *form, const char *action)
{
    buf_init(form, AWS_FORM_MAX);
    buf_printf(form, "Action=%s&Version=2015-12-01", action);
}

enum rc aws_elb(struct aws_driver *driver, struct buf *form, const struct xml_node **root,
                char *why)
{
    enum rc rc =
        form->failed ? RC_NOMEM : api_query(&driver->api, API_ELB, buf_bytes(form), root, why);
    buf_release(form);
    return rc;
}

/* --- reading --- */

static bool take_text(struct bytes text, char *out, size_t len)
{
    if (text.len == 0 || text.len >= len)
        return false;
    memcpy(out, text.ptr, text.len);
    out[text.len] = 0;
    return true;
}

static bool take_group(struct canary_rule *rule, const struct xml_node *tuple)
{
    struct bytes weight = xml_tree_text(tuple, "Weight");
    uint64_t number = 1; /* one that is left out */
    if (rule->count == SHARES_MAX || (weight.len && !bytes_to_u64(weight, LIMIT_WEIGHT, &number)) ||
        !take_text(xml_tree_text(tuple, "TargetGroupArn"), rule->groups[rule->count],
                   CANARY_ARN_MAX))
        return false;
    rule->weights[rule->count++] = (unsigned)number;
    return true;
}

static bool take_forward(struct canary_rule *rule, const struct xml_node *forward)
{
    const struct xml_node *tuple = xml_tree_find(forward, "TargetGroups/member");
    const struct xml_node *sticky = xml_tree_find(forward, "TargetGroupStickinessConfig");
    uint64_t seconds = 0;
    for (; tuple; tuple = xml_tree_next(tuple))
        if (!take_group(rule, tuple))
            return false;
    rule->is_sticky = bytes_eq(xml_tree_text(sticky, "Enabled"), BYTES_LIT("true"));
    if (rule->is_sticky &&
        !bytes_to_u64(xml_tree_text(sticky, "DurationSeconds"), 604800, &seconds))
        return false;
    rule->sticky_s = (unsigned)seconds;
    return rule->count > 0;
}

enum rc aws_rule_take(struct canary_rule *rule, const struct xml_node *member, char *why)
{
    const struct xml_node *action = xml_tree_find(member, "Actions/member");
    const struct xml_node *forward = xml_tree_find(action, "ForwardConfig");
    rule->count = 0;
    if (!action || !take_text(xml_tree_text(member, "RuleArn"), rule->arn, sizeof rule->arn)) {
        (void)snprintf(why, CANARY_WHY_MAX, "DescribeRules gave no rule that can be understood");
        return RC_SYNTAX;
    }
    if (bytes_eq(xml_tree_text(member, "IsDefault"), BYTES_LIT("true"))) {
        (void)snprintf(why, CANARY_WHY_MAX,
                       "the rule is its listener's default one, which cannot be shifted; make one "
                       "with a priority");
        return RC_REFUSED;
    }
    if (xml_tree_next(action) || !bytes_eq(xml_tree_text(action, "Type"), BYTES_LIT("forward"))) {
        (void)snprintf(why, CANARY_WHY_MAX,
                       "the rule must have one action, a forward to its slots");
        return RC_REFUSED;
    }
    if (take_forward(rule, forward))
        return RC_OK;
    (void)snprintf(why, CANARY_WHY_MAX, "DescribeRules gave weights that make no sense");
    return RC_SYNTAX;
}

enum rc aws_rule_read(void *context, struct canary_rule *rule, char *why)
{
    struct aws_driver *driver = context;
    const struct xml_node *root = NULL;
    struct buf form;
    enum rc rc = RC_OK;
    bool is_first = !*rule->arn;
    api_begin(&driver->api);
    if (is_first)
        rc = aws_rule_find(driver, rule->arn, why);
    if (rc != RC_OK)
        return rc;
    aws_elb_form(&form, "DescribeRules");
    api_form(&form, "RuleArns.member.1", bytes_from_str(rule->arn));
    rc = aws_elb(driver, &form, &root, why);
    if (rc != RC_OK)
        return rc;
    rc = aws_rule_take(rule, xml_tree_find(root, "DescribeRulesResult/Rules/member"), why);
    return rc == RC_OK && is_first ? aws_rule_slots(driver, rule, why) : rc;
}

/* --- writing --- */

static void add_groups(struct buf *form, const struct canary_rule *rule)
{
    char name[128];
    for (size_t i = 0; i < rule->count; i++) {
        (void)snprintf(name, sizeof name,
                       "Actions.member.1.ForwardConfig.TargetGroups.member.%zu.TargetGroupArn",
                       i + 1);
        api_form(form, name, bytes_from_str(rule->groups[i]));
        buf_printf(form, "&Actions.member.1.ForwardConfig.TargetGroups.member.%zu.Weight=%u", i + 1,
                   rule->weights[i]);
    }
}

enum rc aws_rule_write(void *context, const struct canary_rule *rule, char *why)
{
    struct aws_driver *driver = context;
    const struct xml_node *root;
    struct buf form;
    api_begin(&driver->api);
    aws_elb_form(&form, "ModifyRule");
    api_form(&form, "RuleArn", bytes_from_str(rule->arn));
    buf_printf(&form, "&Actions.member.1.Type=forward&Actions.member.1.Order=1");
    add_groups(&form, rule);
    buf_printf(&form, "&Actions.member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled=%s",
               rule->is_sticky ? "true" : "false");
    if (rule->is_sticky)
        buf_printf(&form,
                   "&Actions.member.1.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds=%u",
                   rule->sticky_s);
    return aws_elb(driver, &form, &root, why);
}
