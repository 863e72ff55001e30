#include <stdio.h>

#include "pipeline/guard/guard_look.h"

/*
 * A guard that looks at one lock while a canary holds another one would move shares in the middle
 * of it. So it looks at each that a canary of its rule may have: the policy's, the one that the
 * release scripts take for the rule's load balancer (pipeline/common.sh), and that of a canary
 * whose plan names none. What another rule's canary holds does not count there.
 */

static const char plain_lock[] = "/duet/canary";

/* "/duet/dev/canary" for ".../listener-rule/app/duet-dev/HEX/HEX/HEX". */
static void name_of_environment(const char *rule_arn, char *name, size_t len)
{
    const char *balancer = strstr(rule_arn, "/app/");
    name[0] = 0;
    if (!balancer)
        return;
    balancer += strlen("/app/");
    if (strncmp(balancer, "duet-", 5) == 0)
        balancer += 5;
    (void)snprintf(name, len, "/duet/%.*s/canary", (int)strcspn(balancer, "/"), balancer);
}

/* By the ARN alone, whichever version of duet has written the rest. */
static bool is_of_rule(const struct canary_note *note, const char *rule_arn)
{
    char text[CANARY_ARN_MAX + 2];
    int len = snprintf(text, sizeof text, "\"%s\"", rule_arn);
    return len > 2 && memmem(note->text, note->len, text, (size_t)len) != NULL;
}

static enum rc look_at(struct guard_look *look, const char *name, bool is_policys, char *why)
{
    const struct canary_driver *world = aws_driver_interface(look->driver);
    struct canary_note note;
    enum rc rc = world->note_read(world->context, name, &note, why);
    if (rc == RC_OK && (is_policys || is_of_rule(&note, look->rule.arn)))
        (void)snprintf(look->lock, sizeof look->lock, "%s", name);
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc guard_look_locks(struct guard_look *look, struct guard_seen *seen, char *why)
{
    char environments[PLAN_LOCK_MAX + 1];
    const char *policys = look->policy->canary_lock;
    look->lock[0] = 0;
    name_of_environment(look->rule.arn, environments, sizeof environments);
    enum rc rc = look_at(look, policys, true, why);
    if (rc == RC_OK && *environments && strcmp(environments, policys) != 0 && !*look->lock)
        rc = look_at(look, environments, false, why);
    if (rc == RC_OK && strcmp(plain_lock, policys) != 0 && !*look->lock)
        rc = look_at(look, plain_lock, false, why);
    if (rc == RC_OK)
        seen->is_locked = *look->lock != 0;
    return rc;
}
