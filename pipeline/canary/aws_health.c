#include <stdio.h>

#include "pipeline/canary/aws_internal.h"
#include "runtime/core/buf.h"

enum { SICK_MOST = 2 }; /* looks in a row, so that one task that is replaced is no reason */

enum rc aws_group_health(struct aws_driver *driver, const char *arn, struct aws_health *health,
                         char *why)
{
    const struct xml_node *root, *target;
    struct buf form;
    aws_elb_form(&form, "DescribeTargetHealth");
    api_form(&form, "TargetGroupArn", bytes_from_str(arn));
    enum rc rc = aws_elb(driver, &form, &root, why);
    if (rc != RC_OK)
        return rc;
    *health = (struct aws_health){.healthy = 0};
    target = xml_tree_find(root, "DescribeTargetHealthResult/TargetHealthDescriptions/member");
    for (; target; target = xml_tree_next(target)) {
        health->total++;
        health->healthy +=
            bytes_eq(xml_tree_text(target, "TargetHealth/State"), BYTES_LIT("healthy"));
        health->is_unchecked |= bytes_eq(xml_tree_text(target, "TargetHealth/Reason"),
                                         BYTES_LIT("Target.HealthCheckDisabled"));
    }
    return RC_OK;
}

static const char *slot_name(const struct canary_state *state, char *name, size_t len)
{
    (void)snprintf(name, len, "%.*s", BYTES_ARG(canary_group_name(state->groups[state->canary])));
    return name;
}

/* How many targets must be healthy for a part of the home. */
static unsigned needed_targets(const struct plan_capacity *capacity, double part)
{
    unsigned tasks = capacity->service ? aws_tasks(capacity, part) : 0;
    return tasks > capacity->healthy ? tasks : capacity->healthy;
}

enum rc aws_prepare(void *context, const struct canary_state *state, double part, char *why)
{
    struct aws_driver *driver = context;
    const struct plan *plan = driver->options.plan;
    struct aws_health health;
    char name[CANARY_NAME_MAX];
    unsigned needed = needed_targets(&plan->capacity, part);
    api_begin(&driver->api);
    enum rc rc = aws_capacity(driver, part, why);
    if (rc == RC_OK)
        rc = aws_group_health(driver, state->groups[state->canary], &health, why);
    if (rc != RC_OK)
        return rc;
    driver->sick = 0;
    slot_name(state, name, sizeof name);
    if (health.is_unchecked && !plan->smoke.url) {
        (void)snprintf(why, CANARY_WHY_MAX,
                       "'%s' has no health checks: the plan needs a smoke to know that it works",
                       name);
        return RC_CONFLICT;
    }
    if (health.is_unchecked || health.healthy >= needed)
        return RC_OK;
    (void)snprintf(why, CANARY_WHY_MAX, "'%s' has %u healthy targets of %u, and needs %u", name,
                   health.healthy, health.total, needed);
    return RC_AGAIN;
}

/* --- while it bakes --- */

static bool is_ignored(const struct aws_driver *driver, struct bytes name)
{
    for (size_t i = 0; i < driver->options.ignored_count; i++)
        if (bytes_eq(name, bytes_from_str(driver->options.ignored[i])))
            return true;
    return false;
}

/* How many of the list are there; the first that is a veto is put into `why`. */
static unsigned look_at(const struct aws_driver *driver, const struct xml_node *alarm, char *why)
{
    unsigned count = 0;
    for (; alarm; alarm = xml_tree_next(alarm), count++) {
        struct bytes name = xml_tree_text(alarm, "AlarmName");
        if (!*why && bytes_eq(xml_tree_text(alarm, "StateValue"), BYTES_LIT("ALARM")) &&
            !is_ignored(driver, name))
            (void)snprintf(why, CANARY_WHY_MAX, "the alarm '%.*s' is in ALARM",
                           (int)(name.len < 200 ? name.len : 200), name.ptr);
    }
    return count;
}

static enum rc look_at_alarms(struct aws_driver *driver, char *why)
{
    const struct plan *plan = driver->options.plan;
    const struct xml_node *root;
    char name[40];
    struct buf form;
    buf_init(&form, AWS_FORM_MAX);
    buf_printf(&form, "Action=DescribeAlarms&Version=2010-08-01&AlarmTypes.member.1=MetricAlarm"
                      "&AlarmTypes.member.2=CompositeAlarm");
    for (size_t i = 0; i < plan->alarm_count; i++) {
        (void)snprintf(name, sizeof name, "AlarmNames.member.%zu", i + 1);
        api_form(&form, name, bytes_from_str(plan->alarms[i]));
    }
    enum rc rc = form.failed
                     ? RC_NOMEM
                     : api_query(&driver->api, API_CLOUDWATCH, buf_bytes(&form), &root, why);
    buf_release(&form);
    if (rc != RC_OK)
        return rc;
    why[0] = 0;
    unsigned count =
        look_at(driver, xml_tree_find(root, "DescribeAlarmsResult/MetricAlarms/member"), why) +
        look_at(driver, xml_tree_find(root, "DescribeAlarmsResult/CompositeAlarms/member"), why);
    if (*why)
        return RC_CONFLICT;
    if (count == plan->alarm_count)
        return RC_OK;
    (void)snprintf(why, CANARY_WHY_MAX, "of the plan's %zu alarms there are only %u",
                   plan->alarm_count, count);
    return RC_REFUSED;
}

/* It is asked for at each look while the canary bakes, and so ends with that. */
static enum rc keep_load_on(struct aws_driver *driver)
{
    const struct plan_load *load = &driver->options.plan->load;
    if (load->url && !driver->load)
        driver->load = aws_load_new(load, driver->options.lookup);
    if (driver->load)
        aws_load_keep_on(driver->load);
    return load->url && !driver->load ? RC_NOMEM : RC_OK;
}

enum rc aws_alarms(void *context, const struct canary_state *state, char *why)
{
    struct aws_driver *driver = context;
    struct aws_health health;
    char name[CANARY_NAME_MAX];
    api_begin(&driver->api);
    enum rc rc = keep_load_on(driver);
    if (rc == RC_OK)
        rc = aws_group_health(driver, state->groups[state->canary], &health, why);
    if (rc != RC_OK)
        return rc;
    bool is_sick = !health.is_unchecked && health.healthy == 0;
    driver->sick = is_sick ? driver->sick + 1 : 0;
    if (driver->sick >= SICK_MOST) {
        (void)snprintf(why, CANARY_WHY_MAX, "'%s' has no healthy target any more",
                       slot_name(state, name, sizeof name));
        return RC_CONFLICT;
    }
    return driver->options.plan->alarm_count ? look_at_alarms(driver, why) : RC_OK;
}
