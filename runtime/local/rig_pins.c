#include "runtime/local/rig_pins.h"

#include <stdio.h>

#include "runtime/alb/tag.h"

enum { HEADER_PRIORITY = 100, COOKIE_PRIORITY = 200 };

enum alb_error rig_pins_tag(struct alb_model *model, struct alb_group *const *groups,
                            struct alb_why *why)
{
    for (int i = 0; i < RIG_SLOTS; i++) {
        struct bytes arn = bytes_from_str(groups[i]->arn);
        char name[64];
        (void)snprintf(name, sizeof name, "%s-%s", model->name, rig_slot_name(i));
        if (!alb_tag_set(model, arn, BYTES_LIT("Slot"), bytes_from_str(rig_slot_name(i))) ||
            !alb_tag_set(model, arn, BYTES_LIT("Name"), bytes_from_str(name)))
            return alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    }
    return ALB_OK;
}

static enum alb_error add(struct alb_listener *listener, unsigned priority, const char *header,
                          const char *pattern, struct alb_group *group, struct alb_why *why)
{
    struct alb_condition condition = {.field = ALB_HTTP_HEADER, .value_count = 1};
    const struct alb_action action = {
        .type = ALB_FORWARD,
        .order = 1,
        .forward = {.shares = {{.group = group, .weight = 1}}, .count = 1}};
    (void)snprintf(condition.header_name, sizeof condition.header_name, "%s", header);
    (void)snprintf(condition.values[0].text, sizeof condition.values[0].text, "%s", pattern);
    return alb_rule_create(listener, priority, &condition, 1, &action, NULL, why);
}

enum alb_error rig_pins_add(struct alb_listener *listener, const struct rig_config *config,
                            struct alb_group *const *groups, struct alb_why *why)
{
    enum alb_error error = ALB_OK;
    for (unsigned i = 0; config->pin_secret && i < RIG_SLOTS && error == ALB_OK; i++) {
        const char *slot = rig_slot_name((int)i);
        char pattern[ALB_VALUE_MAX];
        (void)snprintf(pattern, sizeof pattern, "%s.%s", config->pin_secret, slot);
        error = add(listener, HEADER_PRIORITY + i, "X-Duet-Pin", pattern, groups[i], why);
        (void)snprintf(pattern, sizeof pattern, "*duet-pin=%s.%s*", config->pin_secret, slot);
        if (error == ALB_OK)
            error = add(listener, COOKIE_PRIORITY + i, "Cookie", pattern, groups[i], why);
    }
    return error;
}
