#include "pipeline/guard/guard_look.h"

#include <stdio.h>

#include "runtime/core/buf.h"

/* --- the rule --- */

/* Its slot's name by its tag, where it has been asked for; else its own. */
static struct bytes name_of(const struct canary_rule *rule, size_t index)
{
    return *rule->slots[index] ? bytes_from_str(rule->slots[index])
                               : canary_group_name(rule->groups[index]);
}

static bool has_same_groups(const struct guard_state *state, const struct canary_rule *rule)
{
    bool is_same = state->count == rule->count;
    for (size_t i = 0; i < rule->count && is_same; i++)
        is_same = bytes_eq(name_of(rule, i), bytes_from_str(state->groups[i]));
    return is_same;
}

static void take_groups(struct guard_state *state, const struct canary_rule *rule)
{
    state->count = rule->count;
    memset(state->stand_in, 0, sizeof state->stand_in);
    for (size_t i = 0; i < rule->count; i++)
        (void)snprintf(state->groups[i], GUARD_NAME_MAX, "%.*s", BYTES_ARG(name_of(rule, i)));
    memcpy(state->normal, rule->weights, sizeof state->normal);
    memcpy(state->wished, rule->weights, sizeof state->wished);
    memcpy(state->tried, rule->weights, sizeof state->tried);
}

enum rc guard_look_rule(struct guard_look *look, struct guard_state *state, struct guard_seen *seen,
                        char *why)
{
    const struct canary_driver *world = aws_driver_interface(look->driver);
    enum rc rc = world->rule_read(world->context, &look->rule, why);
    if (rc == RC_OK)
        rc = guard_look_locks(look, seen, why);
    if (rc != RC_OK)
        return rc;
    if (!has_same_groups(state, &look->rule)) {
        take_groups(state, &look->rule);
        seen->has_new_groups = true;
    }
    for (int i = 0; i < GUARD_HOMES; i++)
        if (guard_group(state, (enum guard_home)i) == SHARES_MAX) {
            (void)snprintf(why, CANARY_WHY_MAX, "the rule has no target group of %s",
                           guard_home_name((enum guard_home)i));
            return RC_REFUSED;
        }
    if (state->phase == GUARD_WATCH && !seen->is_locked)
        guard_stand_in_look(state, look->rule.weights);
    memcpy(seen->weights, look->rule.weights, sizeof seen->weights);
    seen->has_rule = true;
    return RC_OK;
}

/* --- homes --- */

/* In quiet times, another group stands for a home whose own has no target at all. */
static enum rc look_at_others(struct guard_look *look, struct guard_state *state,
                              enum guard_home home, struct aws_health *health, char *why)
{
    enum rc rc = RC_OK;
    bool is_quiet = state->phase == GUARD_WATCH;
    size_t other = is_quiet ? guard_stand_in_other(state, home, 0) : SHARES_MAX;
    for (; rc == RC_OK && health->total == 0 && other < SHARES_MAX;
         other = guard_stand_in_other(state, home, other + 1)) {
        struct aws_health found = {.healthy = 0};
        rc = aws_group_health(look->driver, look->rule.groups[other], &found, why);
        if (rc != RC_OK || (found.healthy == 0 && !found.is_unchecked))
            continue;
        *health = found;
        state->stand_in[home] = (unsigned)other + 1;
    }
    return rc;
}

static enum rc look_at_targets(struct guard_look *look, struct guard_state *state,
                               struct guard_seen *seen, char *why)
{
    enum rc rc = RC_OK;
    for (int i = 0; i < GUARD_HOMES && rc == RC_OK; i++) {
        struct aws_health health = {.healthy = 0};
        size_t group = guard_group(state, (enum guard_home)i);
        api_begin(&look->driver->api);
        rc = aws_group_health(look->driver, look->rule.groups[group], &health, why);
        if (rc == RC_OK)
            rc = look_at_others(look, state, (enum guard_home)i, &health, why);
        if (rc != RC_OK)
            break;
        seen->homes[i].has_health = true;
        seen->homes[i].healthy = health.healthy;
        seen->homes[i].total = health.total;
        seen->homes[i].is_unchecked = health.is_unchecked;
    }
    return rc;
}

/* What the slowest tenth of the requests took at least: the lower end of its bin. */
static double tenth_slowest_ms(const struct judge_side *side)
{
    uint64_t all = 0, sum = 0;
    for (size_t i = 0; i < side->bin_count; i++)
        all += side->bins[i].count;
    for (size_t i = 0; i < side->bin_count; i++) {
        sum += side->bins[i].count;
        if (all > 0 && sum * 10 >= all * 9)
            return i > 0 ? side->bins[i - 1].upper_ms : 0;
    }
    return 0;
}

static void take_side(const struct judge_side *side, struct guard_home_seen *home)
{
    home->has_window = true;
    home->requests = side->requests;
    home->errors = side->errors;
    home->latency_ms = tenth_slowest_ms(side);
}

static enum rc look_at_metrics(struct guard_look *look, struct guard_state *state,
                               struct guard_seen *seen, char *why)
{
    int64_t period_ms = (int64_t)look->policy->plan.period_s * 1000;
    int64_t end_ms = (seen->now_ms - look->policy->plan.late_ms) / period_ms * period_ms;
    struct canary_state asked = {.count = look->rule.count};
    struct judge_sample sample;
    if (look->policy->metrics.windows == 0 || end_ms <= state->window_ms)
        return RC_OK;
    memcpy(asked.rule, look->rule.arn, sizeof asked.rule);
    memcpy(asked.groups, look->rule.groups, sizeof asked.groups);
    asked.stable = guard_group(state, GUARD_LAMBDA);
    asked.canary = guard_group(state, GUARD_FARGATE);
    enum rc rc = aws_sample(look->driver, &asked, end_ms - period_ms, end_ms, &sample, why);
    if (rc != RC_OK)
        return rc;
    state->window_ms = end_ms;
    take_side(&sample.stable, &seen->homes[GUARD_LAMBDA]);
    take_side(&sample.canary, &seen->homes[GUARD_FARGATE]);
    guard_unserved(state, look->driver->unserved, seen);
    return RC_OK;
}

enum rc guard_look_homes(struct guard_look *look, struct guard_state *state,
                         struct guard_seen *seen, char *why)
{
    enum rc rc = look_at_targets(look, state, seen, why);
    return rc == RC_OK ? look_at_metrics(look, state, seen, why) : rc;
}

/* --- telling --- */

enum rc guard_look_publish(struct guard_look *look, const char *subject, struct bytes text,
                           char *why)
{
    const struct xml_node *root;
    struct buf form;
    if (!look->policy->topic)
        return RC_OK;
    buf_init(&form, AWS_FORM_MAX);
    buf_printf(&form, "Action=Publish&Version=2010-03-31");
    api_form(&form, "TopicArn", bytes_from_str(look->policy->topic));
    api_form(&form, "Subject", bytes_from_str(subject));
    api_form(&form, "Message", text);
    api_begin(&look->driver->api);
    enum rc rc = form.failed ? RC_NOMEM
                             : api_query(&look->driver->api, API_SNS, buf_bytes(&form), &root, why);
    buf_release(&form);
    return rc;
}
