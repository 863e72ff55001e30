#include "runtime/alb/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/alb/internal.h"
#include "runtime/alb/tag.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/net/tls.h"

void alb_arn_make(struct alb_model *model, char arn[ALB_ARN_MAX + 1], const char *format, ...)
{
    char tail[ALB_ARN_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(tail, sizeof tail - 64, format, args);
    va_end(args);
    (void)snprintf(arn, ALB_ARN_MAX + 1, "arn:aws:elasticloadbalancing:%s:%s:%.120s/%016llx",
                   model->options.region, model->options.account, tail,
                   (unsigned long long)random_next(&model->random));
}

struct bytes alb_arn_tail(const char *arn)
{
    const char *colon = strrchr(arn, ':');
    struct bytes tail = bytes_from_str(colon ? colon + 1 : arn);
    struct bytes balancer = BYTES_LIT("loadbalancer/");
    return bytes_starts_with(tail, balancer) ? bytes_skip(tail, balancer.len) : tail;
}

struct alb_model *alb_model_new(const struct alb_model_options *options)
{
    struct alb_model *model;
    if (alb_name_check(bytes_from_str(options->name), "load balancer", NULL) != ALB_OK)
        return NULL;
    model = calloc(1, sizeof *model);
    if (!model || sticky_key_make(&model->sticky_key) != RC_OK) {
        free(model);
        return NULL;
    }
    model->options = *options;
    if (!model->options.region)
        model->options.region = "us-east-1";
    if (!model->options.account)
        model->options.account = "000000000000";
    if (!model->options.interval_min_s)
        model->options.interval_min_s = 5;
    model->created_epoch_ms = clock_ms_epoch();
    buf_init(&model->outgoing, LIMIT_INPUT_BYTES);
    random_init(&model->random, options->seed);
    (void)snprintf(model->name, sizeof model->name, "%s", options->name);
    (void)snprintf(model->dns_name, sizeof model->dns_name, "%s", options->dns_name);
    alb_arn_make(model, model->arn, "loadbalancer/app/%s", model->name);
    alb_attributes_init(ALB_OF_BALANCER, &model->attributes);
    return model;
}

void alb_model_free(struct alb_model *model)
{
    if (!model)
        return;
    while (model->listeners)
        alb_listener_delete(model->listeners);
    while (model->groups)
        alb_group_drop(model->groups);
    while (model->tags) {
        struct alb_tag *tag = model->tags;
        model->tags = tag->next;
        free(tag);
    }
    alb_attributes_release(ALB_OF_BALANCER, &model->attributes);
    buf_release(&model->outgoing);
    tls_context_free(model->tls);
    free(model);
}

/* --- watchers --- */

void alb_model_watch(struct alb_model *model, const struct alb_watcher *watcher)
{
    if (model->watcher_count < ALB_WATCHERS_MAX)
        model->watchers[model->watcher_count++] = *watcher;
}

void alb_tell_group(struct alb_group *group)
{
    const struct alb_model *model = group->model;
    for (size_t i = 0; i < model->watcher_count; i++)
        if (model->watchers[i].on_group)
            model->watchers[i].on_group(model->watchers[i].context, group);
}

void alb_tell_target(struct alb_target *target)
{
    const struct alb_model *model = target->group->model;
    for (size_t i = 0; i < model->watcher_count; i++)
        if (model->watchers[i].on_target)
            model->watchers[i].on_target(model->watchers[i].context, target);
}

void alb_tell_target_gone(struct alb_target *target)
{
    const struct alb_model *model = target->group->model;
    for (size_t i = 0; i < model->watcher_count; i++)
        if (model->watchers[i].on_target_gone)
            model->watchers[i].on_target_gone(model->watchers[i].context, target);
}

/* --- which groups are used --- */

static bool is_forwarded_to(const struct alb_model *model, const struct alb_group *group)
{
    for (const struct alb_listener *each = model->listeners; each; each = each->next)
        for (const struct alb_rule *rule = each->rules; rule; rule = rule->next)
            for (size_t i = 0; rule->action.type == ALB_FORWARD && i < rule->action.forward.count;
                 i++)
                if (rule->action.forward.shares[i].group == group)
                    return true;
    return false;
}

void alb_usage_update(struct alb_model *model)
{
    for (struct alb_group *group = model->groups; group; group = group->next) {
        bool is_used = is_forwarded_to(model, group);
        if (is_used == group->is_used)
            continue;
        group->is_used = is_used;
        for (struct alb_target *target = group->targets; target; target = target->next)
            if (target->state != ALB_DRAINING)
                alb_target_begin(target);
        alb_tell_group(group);
    }
}

/* --- attributes --- */

static enum alb_error set_all(enum alb_attribute_scope scope, void *attributes,
                              const struct alb_pair_text *pairs, size_t count, struct alb_why *why)
{
    enum alb_error error = ALB_OK;
    for (size_t i = 0; i < count && error == ALB_OK; i++)
        error = alb_attribute_check(scope, pairs[i].key, pairs[i].value, why);
    for (size_t i = 0; i < count && error == ALB_OK; i++)
        error = alb_attribute_set(scope, attributes, pairs[i].key, pairs[i].value, why);
    return error;
}

enum alb_error alb_model_set_attributes(struct alb_model *model, const struct alb_pair_text *pairs,
                                        size_t count, struct alb_why *why)
{
    return set_all(ALB_OF_BALANCER, &model->attributes, pairs, count, why);
}

enum alb_error alb_listener_set_attributes(struct alb_listener *listener,
                                           const struct alb_pair_text *pairs, size_t count,
                                           struct alb_why *why)
{
    return set_all(ALB_OF_LISTENER, &listener->attributes, pairs, count, why);
}

/* What of an attribute will hold when all pairs are set. */
static struct bytes value_after(const struct alb_group *group, const struct alb_pair_text *pairs,
                                size_t count, const char *key)
{
    const char *now = alb_attribute_get(alb_group_scope(group), &group->attributes, key);
    struct bytes value = bytes_from_str(now);
    for (size_t i = 0; i < count; i++)
        if (bytes_eq(pairs[i].key, bytes_from_str(key)))
            value = pairs[i].value;
    return value;
}

/* Of the pair that is named by `form`; 0: off. */
static uint64_t least_after(const struct alb_group *group, const struct alb_pair_text *pairs,
                            size_t count, const char *what, const char *form)
{
    char key[128];
    uint64_t number = 0;
    (void)snprintf(key, sizeof key, "target_group_health.%s.minimum_healthy_targets.%s", what,
                   form);
    return bytes_to_u64(value_after(group, pairs, count, key), UINT64_MAX, &number) ? number : 0;
}

/* A zone's addresses leave DNS before, or when, its sick targets get requests. */
static bool fails_over_too_late(const struct alb_group *group, const struct alb_pair_text *pairs,
                                size_t count, const char *form)
{
    uint64_t dns = least_after(group, pairs, count, "dns_failover", form);
    return dns && dns < least_after(group, pairs, count, "unhealthy_state_routing", form);
}

enum alb_error alb_group_set_attributes(struct alb_group *group, const struct alb_pair_text *pairs,
                                        size_t count, struct alb_why *why)
{
    struct bytes slow = value_after(group, pairs, count, "slow_start.duration_seconds"),
                 algorithm = value_after(group, pairs, count, "load_balancing.algorithm.type");
    if (group->type == ALB_TARGET_IP && !bytes_eq(slow, BYTES_LIT("0")) &&
        !bytes_eq(algorithm, BYTES_LIT("round_robin")))
        return alb_refuse_printf(why, ALB_E_INVALID_CONFIGURATION_REQUEST,
                                 "Slow start goes with the algorithm 'round_robin' alone");
    if (group->type == ALB_TARGET_IP && (fails_over_too_late(group, pairs, count, "count") ||
                                         fails_over_too_late(group, pairs, count, "percentage")))
        return alb_refuse_printf(why, ALB_E_INVALID_CONFIGURATION_REQUEST,
                                 "The threshold of dns_failover must not be less than that of "
                                 "unhealthy_state_routing");
    enum alb_error error = set_all(alb_group_scope(group), &group->attributes, pairs, count, why);
    if (error == ALB_OK)
        alb_tell_group(group);
    return error;
}
