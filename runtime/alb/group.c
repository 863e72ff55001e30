#include "runtime/alb/group.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/alb/internal.h"
#include "runtime/alb/matcher.h"

/* --- settings --- */

struct alb_health_check alb_health_check_default(enum alb_target_type type)
{
    bool is_ip = type == ALB_TARGET_IP;
    return (struct alb_health_check){.is_enabled = is_ip,
                                     .path = "/",
                                     .interval_s = is_ip ? 30 : 35,
                                     .timeout_s = is_ip ? 5 : 30,
                                     .healthy_count = 5,
                                     .unhealthy_count = is_ip ? 2 : 5,
                                     .matcher = "200"};
}

enum alb_error alb_health_check_valid(const struct alb_model *model,
                                      const struct alb_health_check *check, struct alb_why *why)
{
    struct matcher matcher;
    const struct {
        const char *name;
        unsigned value, min, max;
    } rows[] = {
        {"interval", check->interval_s, model->options.interval_min_s, 300},
        {"timeout", check->timeout_s, model->options.interval_min_s < 5 ? 1 : 2, 120},
        {"healthy threshold", check->healthy_count, 2, 10},
        {"unhealthy threshold", check->unhealthy_count, 2, 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value < rows[i].min || rows[i].value > rows[i].max)
            return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                     "Health check %s '%u' must be between '%u' and '%u'",
                                     rows[i].name, rows[i].value, rows[i].min, rows[i].max);
    if (check->interval_s < check->timeout_s)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "Health check timeout '%u' must be smaller than the interval '%u'",
                                 check->timeout_s, check->interval_s);
    if (check->path[0] != '/')
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "Health check path '%s' must begin with a '/' character",
                                 check->path);
    if (matcher_parse(&matcher, bytes_from_str(check->matcher)) != RC_OK)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "Health check matcher HTTP code '%s' must be within '200-499'",
                                 check->matcher);
    if (check->port > 65535)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR, "Health check port '%u' is not valid",
                                 check->port);
    return ALB_OK;
}

static bool is_name(struct bytes name)
{
    if (name.len == 0 || name.len > ALB_NAME_MAX || name.ptr[0] == '-' ||
        name.ptr[name.len - 1] == '-')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

enum alb_error alb_name_check(struct bytes name, const char *what, struct alb_why *why)
{
    if (is_name(name))
        return ALB_OK;
    return alb_refuse_printf(
        why, ALB_E_VALIDATION_ERROR,
        "The %s name '%.*s' must have 1 to %d letters, digits and hyphens, and "
        "no hyphen at an end",
        what, BYTES_ARG(name), ALB_NAME_MAX);
}

/* --- making --- */

static enum alb_error check_options(const struct alb_model *model,
                                    const struct alb_group_options *options,
                                    struct alb_health_check *check, struct alb_why *why)
{
    enum alb_error error = alb_name_check(options->name, "target group", why);
    if (error != ALB_OK)
        return error;
    if (options->type == ALB_TARGET_IP && (options->port < 1 || options->port > 65535))
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR, "'%u' is no port: it must be 1-65535",
                                 options->port);
    *check = options->check ? *options->check : alb_health_check_default(options->type);
    return alb_health_check_valid(model, check, why);
}

static bool is_same(const struct alb_group *group, const struct alb_group_options *options,
                    const struct alb_health_check *check)
{
    const struct alb_health_check *its = &group->check;
    return group->type == options->type && group->protocol == options->protocol &&
           group->port == options->port && its->is_enabled == check->is_enabled &&
           its->protocol == check->protocol && its->port == check->port &&
           its->interval_s == check->interval_s && its->timeout_s == check->timeout_s &&
           its->healthy_count == check->healthy_count &&
           its->unhealthy_count == check->unhealthy_count && strcmp(its->path, check->path) == 0 &&
           strcmp(its->matcher, check->matcher) == 0;
}

static struct alb_group *make(struct alb_model *model, const struct alb_group_options *options,
                              const struct alb_health_check *check)
{
    struct alb_group *group = calloc(1, sizeof *group), **last = &model->groups;
    if (!group)
        return NULL;
    group->model = model;
    (void)snprintf(group->name, sizeof group->name, "%.*s", BYTES_ARG(options->name));
    alb_arn_make(model, group->arn, "targetgroup/%s", group->name);
    group->type = options->type;
    group->protocol = options->protocol;
    group->port = options->port;
    group->check = *check;
    group->waiting_last = &group->waiting;
    alb_attributes_init(alb_group_scope(group), &group->attributes);
    while (*last)
        last = &(*last)->next;
    *last = group;
    return group;
}

enum alb_error alb_group_create(struct alb_model *model, const struct alb_group_options *options,
                                struct alb_group **group, struct alb_why *why)
{
    struct alb_health_check check;
    size_t count = 0;
    enum alb_error error = check_options(model, options, &check, why);
    if (error != ALB_OK)
        return error;
    struct alb_group *old = alb_group_named(model, options->name);
    if (old && !is_same(old, options, &check))
        return alb_refuse(why, ALB_E_DUPLICATE_TARGET_GROUP_NAME);
    for (const struct alb_group *each = model->groups; each; each = each->next)
        count++;
    if (!old && count >= ALB_GROUPS_MAX)
        return alb_refuse(why, ALB_E_TOO_MANY_TARGET_GROUPS);
    *group = old ? old : make(model, options, &check);
    return *group ? ALB_OK : alb_refuse(why, ALB_E_INTERNAL_FAILURE);
}

enum alb_error alb_group_set_check(struct alb_group *group, const struct alb_health_check *check,
                                   struct alb_why *why)
{
    enum alb_error error = alb_health_check_valid(group->model, check, why);
    if (error != ALB_OK)
        return error;
    if (group->type == ALB_TARGET_IP && !check->is_enabled)
        return alb_refuse_printf(why, ALB_E_INVALID_CONFIGURATION_REQUEST,
                                 "Health checks of a target group of type ip cannot be disabled");
    group->check = *check;
    alb_tell_group(group);
    return ALB_OK;
}

enum alb_attribute_scope alb_group_scope(const struct alb_group *group)
{
    return group->type == ALB_TARGET_IP ? ALB_OF_IP_GROUP : ALB_OF_LAMBDA_GROUP;
}

/* --- looking up --- */

struct alb_group *alb_group_find(const struct alb_model *model, struct bytes arn)
{
    for (struct alb_group *group = model->groups; group; group = group->next)
        if (bytes_eq(arn, bytes_from_str(group->arn)))
            return group;
    return NULL;
}

struct alb_group *alb_group_named(const struct alb_model *model, struct bytes name)
{
    for (struct alb_group *group = model->groups; group; group = group->next)
        if (bytes_eq(name, bytes_from_str(group->name)))
            return group;
    return NULL;
}

/* --- ends --- */

static void free_if_unused(struct alb_group *group)
{
    if (!group->is_deleted || group->use_count)
        return;
    alb_attributes_release(alb_group_scope(group), &group->attributes);
    free(group);
}

void alb_group_drop(struct alb_group *group)
{
    struct alb_group **link = &group->model->groups;
    while (*link != group)
        link = &(*link)->next;
    *link = group->next;
    alb_group_hold(group);
    while (group->targets)
        alb_target_remove(group->targets);
    group->is_deleted = true;
    alb_group_let_go(group);
}

enum alb_error alb_group_delete(struct alb_group *group, struct alb_why *why)
{
    if (group->is_used)
        return alb_refuse_printf(why, ALB_E_RESOURCE_IN_USE,
                                 "Target group '%s' is currently in use by a listener or a rule",
                                 group->arn);
    alb_group_drop(group);
    return ALB_OK;
}

void alb_group_hold(struct alb_group *group)
{
    group->use_count++;
}

void alb_group_let_go(struct alb_group *group)
{
    group->use_count--;
    free_if_unused(group);
}
