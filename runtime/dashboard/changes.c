#include "runtime/dashboard/changes.h"

#include <stdio.h>
#include <stdlib.h>

struct change_fact {
    char subject[128], value[64];
};

struct facts {
    struct change_fact *items;
    size_t count;
};

static struct change_fact *add(struct facts *facts)
{
    return facts->count < CHANGES_MAX ? &facts->items[facts->count++] : NULL;
}

static void add_rule(struct facts *facts, const struct alb_rule *rule)
{
    char priority[16] = "default";
    if (rule->priority)
        (void)snprintf(priority, sizeof priority, "%u", rule->priority);
    for (size_t i = 0; rule->action.type == ALB_FORWARD && i < rule->action.forward.count; i++) {
        const struct alb_share *share = &rule->action.forward.shares[i];
        struct change_fact *fact = add(facts);
        if (!fact)
            return;
        (void)snprintf(fact->subject, sizeof fact->subject, "rule %s, weight of %s", priority,
                       share->group->name);
        (void)snprintf(fact->value, sizeof fact->value, "%u", share->weight);
    }
}

/* A function is told by its name, and alias or version. */
static void add_target(struct facts *facts, const struct alb_target *target)
{
    const char *name = strstr(target->id, ":function:");
    struct change_fact *fact = add(facts);
    if (!fact)
        return;
    if (target->port)
        (void)snprintf(fact->subject, sizeof fact->subject, "%s %.64s:%u", target->group->name,
                       target->id, target->port);
    else
        (void)snprintf(fact->subject, sizeof fact->subject, "%s %.64s", target->group->name,
                       name ? name + strlen(":function:") : target->id);
    /* A healthy one may still have the reason of its last state. */
    const char *reason = target->state == ALB_HEALTHY ? NULL : target->reason;
    (void)snprintf(fact->value, sizeof fact->value, "%s%s%s%s",
                   alb_target_state_name(target->state), reason ? " (" : "", reason ? reason : "",
                   reason ? ")" : "");
}

static void add_version(void *context, const char *group, const char *name, const char *version)
{
    struct change_fact *fact = add(context);
    if (!fact)
        return;
    (void)snprintf(fact->subject, sizeof fact->subject, "%s runs %s", group, name);
    (void)snprintf(fact->value, sizeof fact->value, "%s", version);
}

static void gather(struct facts *facts, const struct alb_model *model,
                   const struct dashboard_source *source)
{
    if (source->versions)
        source->versions(source->context, add_version, facts);
    for (const struct alb_listener *each = model->listeners; each; each = each->next)
        for (const struct alb_rule *rule = each->rules; rule; rule = rule->next)
            add_rule(facts, rule);
    for (const struct alb_group *group = model->groups; group; group = group->next)
        for (const struct alb_target *target = group->targets; target; target = target->next)
            add_target(facts, target);
}

/* Mostly it is where it was. */
static const struct change_fact *find(const struct change_fact *facts, size_t count, size_t hint,
                                      const char *subject)
{
    if (hint < count && strcmp(facts[hint].subject, subject) == 0)
        return &facts[hint];
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].subject, subject) == 0)
            return &facts[i];
    return NULL;
}

static void compare(const struct changes *before, const struct facts *now, changes_tell_fn *tell,
                    void *context)
{
    char text[320];
    for (size_t i = 0; i < before->count; i++) {
        const struct change_fact *fact = &before->facts[i];
        if (find(now->items, now->count, i, fact->subject))
            continue;
        (void)snprintf(text, sizeof text, "%s: gone", fact->subject);
        tell(context, text);
    }
    for (size_t i = 0; i < now->count; i++) {
        const struct change_fact *fact = &now->items[i];
        const struct change_fact *old = find(before->facts, before->count, i, fact->subject);
        if (old && strcmp(old->value, fact->value) == 0)
            continue;
        (void)snprintf(text, sizeof text, "%s: %s%s%s", fact->subject, old ? old->value : "",
                       old ? " -> " : "", fact->value);
        tell(context, text);
    }
}

void changes_look(struct changes *changes, const struct alb_model *model,
                  const struct dashboard_source *source, changes_tell_fn *tell, void *context)
{
    struct facts now = {calloc(CHANGES_MAX, sizeof *now.items), 0};
    if (!now.items)
        return;
    gather(&now, model, source);
    if (changes->facts)
        compare(changes, &now, tell, context);
    free(changes->facts);
    *changes = (struct changes){now.items, now.count};
}

void changes_release(struct changes *changes)
{
    free(changes->facts);
    *changes = (struct changes){NULL, 0};
}
