#include <stdio.h>

#include "pipeline/canary/aws_internal.h"
#include "runtime/core/buf.h"

/*
 * The names that a plan has for its slots. Where target groups get names that are not the same
 * everywhere (terraform/ leaves their ends to AWS), their tag Slot is.
 */

static void take_slot(struct canary_rule *rule, const struct xml_node *description)
{
    const struct xml_node *tag = xml_tree_find(description, "Tags/member");
    struct bytes arn = xml_tree_text(description, "ResourceArn"), value = {NULL, 0};
    for (; tag; tag = xml_tree_next(tag))
        if (bytes_eq(xml_tree_text(tag, "Key"), BYTES_LIT("Slot")))
            value = xml_tree_text(tag, "Value");
    for (size_t i = 0; i < rule->count; i++)
        if (bytes_eq(arn, bytes_from_str(rule->groups[i])) && value.len < CANARY_SLOT_MAX)
            (void)snprintf(rule->slots[i], CANARY_SLOT_MAX, "%.*s", BYTES_ARG(value));
}

enum rc aws_rule_slots(struct aws_driver *driver, struct canary_rule *rule, char *why)
{
    const struct plan *plan = driver->options.plan;
    const struct xml_node *root, *description;
    char name[48];
    struct buf form;
    size_t index;
    if (canary_rule_find(rule, plan->stable, &index) &&
        canary_rule_find(rule, plan->canary, &index))
        return RC_OK;
    aws_elb_form(&form, "DescribeTags");
    for (size_t i = 0; i < rule->count; i++) {
        (void)snprintf(name, sizeof name, "ResourceArns.member.%zu", i + 1);
        api_form(&form, name, bytes_from_str(rule->groups[i]));
    }
    enum rc rc = aws_elb(driver, &form, &root, why);
    if (rc != RC_OK)
        return rc;
    description = xml_tree_find(root, "DescribeTagsResult/TagDescriptions/member");
    for (; description; description = xml_tree_next(description))
        take_slot(rule, description);
    return RC_OK;
}
