#include <stdio.h>

#include "pipeline/canary/aws_internal.h"
#include "runtime/core/buf.h"

/*
 * From the name of a load balancer, or that with a port and a priority, or from tags, to the ARN of
 * a rule. Tags can be asked for by ARN only, so that each rule is looked at, 20 at a time.
 */

enum { TAGS_AT_ONCE = 20 };

/* One member after the other of a list that comes in pages. */
struct pages {
    struct aws_driver *driver;
    const char *action, *list; /* "DescribeRules", "Rules" */
    const char *filter;        /* "ListenerArn"; NULL: none */
    struct bytes value;
    struct bytes marker;
    bool is_over;
};

static enum rc next_page(struct pages *pages, const struct xml_node **first, char *why)
{
    char path[96];
    const struct xml_node *root;
    struct buf form;
    aws_elb_form(&form, pages->action);
    if (pages->filter)
        api_form(&form, pages->filter, pages->value);
    if (pages->marker.len)
        api_form(&form, "Marker", pages->marker);
    enum rc rc = aws_elb(pages->driver, &form, &root, why);
    if (rc != RC_OK)
        return rc;
    (void)snprintf(path, sizeof path, "%sResult/%s/member", pages->action, pages->list);
    *first = xml_tree_find(root, path);
    (void)snprintf(path, sizeof path, "%sResult/NextMarker", pages->action);
    pages->marker = xml_tree_text(root, path);
    pages->is_over = pages->marker.len == 0;
    return RC_OK;
}

static enum rc not_there(const char *what, const char *name, char *why)
{
    (void)snprintf(why, CANARY_WHY_MAX, "there is no %s %s", what, name);
    return RC_REFUSED;
}

/* --- tags --- */

static bool has_tag(const struct xml_node *description, const char *name, const char *value)
{
    const struct xml_node *tag = xml_tree_find(description, "Tags/member");
    for (; tag; tag = xml_tree_next(tag))
        if (bytes_eq(xml_tree_text(tag, "Key"), bytes_from_str(name)) &&
            bytes_eq(xml_tree_text(tag, "Value"), bytes_from_str(value)))
            return true;
    return false;
}

static bool has_all_tags(const struct plan_rule *rule, const struct xml_node *description)
{
    for (size_t i = 0; i < rule->tag_count; i++)
        if (!has_tag(description, rule->tag_names[i], rule->tag_values[i]))
            return false;
    return true;
}

struct finding {
    struct aws_driver *driver;
    char *arn;
    unsigned count; /* of rules that fit */
    /* Slots of those that forward to several, but not to ours. */
    char others[CANARY_WHY_MAX / 2 - 32];
};

static void take(struct finding *finding, struct bytes arn)
{
    finding->count++;
    if (arn.len < CANARY_ARN_MAX) {
        memcpy(finding->arn, arn.ptr, arn.len);
        finding->arn[arn.len] = 0;
    }
}

/* Asks for the tags of up to TAGS_AT_ONCE rules from `rule` on. */
static enum rc look_at_tags(struct finding *finding, const struct xml_node *rule, char *why)
{
    const struct xml_node *root, *description;
    char name[40];
    struct buf form;
    aws_elb_form(&form, "DescribeTags");
    for (int n = 1; rule && n <= TAGS_AT_ONCE; n++, rule = xml_tree_next(rule)) {
        (void)snprintf(name, sizeof name, "ResourceArns.member.%d", n);
        api_form(&form, name, xml_tree_text(rule, "RuleArn"));
    }
    enum rc rc = aws_elb(finding->driver, &form, &root, why);
    if (rc != RC_OK)
        return rc;
    description = xml_tree_find(root, "DescribeTagsResult/TagDescriptions/member");
    for (; description; description = xml_tree_next(description))
        if (has_all_tags(&finding->driver->options.plan->rule, description))
            take(finding, xml_tree_text(description, "ResourceArn"));
    return RC_OK;
}

/* --- rules, listeners, load balancers --- */

static void note_others(struct finding *finding, const struct canary_rule *rule)
{
    for (size_t i = 0; i < rule->count; i++) {
        size_t len = strlen(finding->others);
        struct bytes name =
            *rule->slots[i] ? bytes_from_str(rule->slots[i]) : canary_group_name(rule->groups[i]);
        (void)snprintf(finding->others + len, sizeof finding->others - len, "%s%.*s",
                       len ? ", " : "", BYTES_ARG(name));
    }
}

/* Does it forward to both of the plan's slots? */
static enum rc look_at_slots(struct finding *finding, const struct xml_node *member, char *why)
{
    const struct plan *plan = finding->driver->options.plan;
    struct canary_rule rule = {.count = 0};
    size_t index;
    if (aws_rule_take(&rule, member, why) != RC_OK || rule.count < 2)
        return RC_OK; /* a rule of somebody else's */
    enum rc rc = aws_rule_slots(finding->driver, &rule, why);
    if (rc != RC_OK)
        return rc;
    if (canary_rule_find(&rule, plan->stable, &index) &&
        canary_rule_find(&rule, plan->canary, &index))
        take(finding, bytes_from_str(rule.arn));
    else
        note_others(finding, &rule);
    return RC_OK;
}

static enum rc look_at_rule(struct finding *finding, const struct xml_node *rule, int n, char *why)
{
    const struct plan_rule *wanted = &finding->driver->options.plan->rule;
    if (wanted->tag_count)
        return n % TAGS_AT_ONCE == 0 ? look_at_tags(finding, rule, why) : RC_OK;
    if (!wanted->priority)
        return look_at_slots(finding, rule, why);
    if (bytes_eq(xml_tree_text(rule, "Priority"), bytes_from_str(wanted->priority)))
        take(finding, xml_tree_text(rule, "RuleArn"));
    return RC_OK;
}

static enum rc look_at_rules(struct finding *finding, struct bytes listener, char *why)
{
    struct pages pages = {.driver = finding->driver,
                          .action = "DescribeRules",
                          .list = "Rules",
                          .filter = "ListenerArn",
                          .value = listener};
    const struct xml_node *rule;
    enum rc rc = RC_OK;
    while (rc == RC_OK && !pages.is_over) {
        rc = next_page(&pages, &rule, why);
        for (int n = 0; rc == RC_OK && rule; rule = xml_tree_next(rule), n++)
            rc = look_at_rule(finding, rule, n, why);
    }
    return rc;
}

static enum rc look_at_listeners(struct finding *finding, struct bytes balancer, char *why)
{
    const struct plan_rule *wanted = &finding->driver->options.plan->rule;
    struct pages pages = {.driver = finding->driver,
                          .action = "DescribeListeners",
                          .list = "Listeners",
                          .filter = "LoadBalancerArn",
                          .value = balancer};
    const struct xml_node *listener;
    enum rc rc = RC_OK;
    while (rc == RC_OK && !pages.is_over) {
        rc = next_page(&pages, &listener, why);
        for (; rc == RC_OK && listener; listener = xml_tree_next(listener)) {
            uint64_t port = 0;
            if (!wanted->port || (bytes_to_u64(xml_tree_text(listener, "Port"), 65535, &port) &&
                                  port == wanted->port))
                rc = look_at_rules(finding, xml_tree_text(listener, "ListenerArn"), why);
        }
    }
    return rc;
}

static enum rc look_at_balancers(struct finding *finding, char *why)
{
    const struct plan_rule *wanted = &finding->driver->options.plan->rule;
    struct pages pages = {.driver = finding->driver,
                          .action = "DescribeLoadBalancers",
                          .list = "LoadBalancers",
                          .filter = wanted->balancer ? "Names.member.1" : NULL,
                          .value = bytes_from_str(wanted->balancer)};
    const struct xml_node *balancer;
    enum rc rc = RC_OK;
    while (rc == RC_OK && !pages.is_over) {
        rc = next_page(&pages, &balancer, why);
        for (; rc == RC_OK && balancer; balancer = xml_tree_next(balancer))
            rc = look_at_listeners(finding, xml_tree_text(balancer, "LoadBalancerArn"), why);
    }
    return rc;
}

static void name_wanted(const struct plan *plan, char *name, size_t len)
{
    const struct plan_rule *wanted = &plan->rule;
    if (wanted->tag_count)
        (void)snprintf(name, len, "with the plan's tags");
    else if (wanted->priority)
        (void)snprintf(name, len, "of priority %s at port %u of '%.64s'", wanted->priority,
                       wanted->port, wanted->balancer);
    else
        (void)snprintf(name, len, "of '%.64s' with the slots '%.32s' and '%.32s'", wanted->balancer,
                       plan->stable, plan->canary);
}

enum rc aws_rule_find(struct aws_driver *driver, char *arn, char *why)
{
    const struct plan_rule *wanted = &driver->options.plan->rule;
    struct finding finding = {.driver = driver, .arn = arn};
    char name[CANARY_WHY_MAX / 2];
    if (wanted->arn) {
        take(&finding, bytes_from_str(wanted->arn));
        return *arn ? RC_OK : not_there("rule", wanted->arn, why);
    }
    enum rc rc = look_at_balancers(&finding, why);
    if (rc != RC_OK || finding.count == 1)
        return rc;
    arn[0] = 0;
    name_wanted(driver->options.plan, name, sizeof name);
    if (finding.count == 0 && !*finding.others)
        return not_there("rule", name, why);
    if (finding.count == 0)
        (void)snprintf(why, CANARY_WHY_MAX, "there is no rule %s: it has %s", name, finding.others);
    else
        (void)snprintf(why, CANARY_WHY_MAX, "there are %u rules %s", finding.count, name);
    return RC_REFUSED;
}
