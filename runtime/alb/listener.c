#include <stdio.h>
#include <stdlib.h>

#include "runtime/alb/certificates.h"
#include "runtime/alb/internal.h"

/* Listeners of rule.h. Who has their sockets is asked last, so that a refusal leaves all as it was.
 */

struct alb_listener *alb_listener_find(const struct alb_model *model, struct bytes arn)
{
    for (struct alb_listener *each = model->listeners; each; each = each->next)
        if (bytes_eq(arn, bytes_from_str(each->arn)))
            return each;
    return NULL;
}

struct alb_rule *alb_listener_default(const struct alb_listener *listener)
{
    struct alb_rule *rule = listener->rules;
    while (rule->next)
        rule = rule->next;
    return rule;
}

/* For `self`, or, where that is NULL, for one more. */
static enum alb_error check_place(const struct alb_model *model, const struct alb_listener *self,
                                  unsigned port, struct alb_why *why)
{
    size_t count = 0;
    for (const struct alb_listener *each = model->listeners; each; each = each->next) {
        if (each->port == port && port != 0 && each != self)
            return alb_refuse(why, ALB_E_DUPLICATE_LISTENER);
        count++;
    }
    return self || count < ALB_LISTENERS_MAX ? ALB_OK : alb_refuse(why, ALB_E_TOO_MANY_LISTENERS);
}

static void free_listener(struct alb_listener *listener)
{
    while (listener->rules) {
        struct alb_rule *next = listener->rules->next;
        alb_rule_free(listener->rules);
        listener->rules = next;
    }
    alb_certificates_clear(listener);
    alb_attributes_release(ALB_OF_LISTENER, &listener->attributes);
    free(listener);
}

static struct alb_listener *make_listener(struct alb_model *model, unsigned port,
                                          enum alb_protocol protocol,
                                          const struct alb_action *action)
{
    struct alb_listener *item = calloc(1, sizeof *item);
    if (!item)
        return NULL;
    item->model = model;
    item->port = port;
    item->protocol = protocol;
    if (protocol == ALB_HTTPS)
        (void)snprintf(item->ssl_policy, sizeof item->ssl_policy, "%s", ALB_POLICY_USUAL);
    alb_arn_make(model, item->arn, "listener/%.*s", BYTES_ARG(alb_arn_tail(model->arn)));
    alb_attributes_init(ALB_OF_LISTENER, &item->attributes);
    item->rules = alb_rule_make(item, 0, action);
    if (item->rules)
        return item;
    free_listener(item);
    return NULL;
}

enum alb_error alb_listener_create(struct alb_model *model, unsigned port,
                                   enum alb_protocol protocol, const struct alb_action *action,
                                   struct alb_listener **listener, struct alb_why *why)
{
    const struct alb_doors *doors = &model->doors;
    struct alb_listener **last = &model->listeners;
    enum alb_error error = check_place(model, NULL, port, why);
    if (error == ALB_OK)
        error = alb_action_check(action, why);
    if (error != ALB_OK)
        return error;
    struct alb_listener *item = make_listener(model, port, protocol, action);
    if (!item)
        return alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    error = doors->open ? doors->open(doors->context, item, why) : ALB_OK;
    if (error != ALB_OK) {
        free_listener(item);
        return error;
    }
    while (*last)
        last = &(*last)->next;
    *last = *listener = item;
    alb_usage_update(model);
    return ALB_OK;
}

enum alb_error alb_listener_set_action(struct alb_listener *listener,
                                       const struct alb_action *action, struct alb_why *why)
{
    enum alb_error error = alb_action_check(action, why);
    if (error != ALB_OK)
        return error;
    alb_listener_default(listener)->action = *action;
    alb_usage_update(listener->model);
    return ALB_OK;
}

enum alb_error alb_listener_modify(struct alb_listener *listener, unsigned port,
                                   enum alb_protocol protocol, const struct alb_action *action,
                                   struct alb_why *why)
{
    const struct alb_doors *doors = &listener->model->doors;
    enum alb_error error = check_place(listener->model, listener, port, why);
    if (error == ALB_OK && action)
        error = alb_action_check(action, why);
    if (error == ALB_OK && doors->move &&
        (port != listener->port || protocol != listener->protocol))
        error = doors->move(doors->context, listener, port, protocol, why);
    if (error != ALB_OK)
        return error;
    if (protocol != listener->protocol)
        (void)snprintf(listener->ssl_policy, sizeof listener->ssl_policy, "%s",
                       protocol == ALB_HTTPS ? ALB_POLICY_USUAL : "");
    if (protocol == ALB_HTTP)
        alb_certificates_clear(listener);
    listener->port = port;
    listener->protocol = protocol;
    return action ? alb_listener_set_action(listener, action, why) : ALB_OK;
}

void alb_listener_delete(struct alb_listener *listener)
{
    struct alb_model *model = listener->model;
    struct alb_listener **link = &model->listeners;
    while (*link != listener)
        link = &(*link)->next;
    *link = listener->next;
    listener->is_deleted = true;
    if (listener->door && model->doors.close)
        model->doors.close(model->doors.context, listener);
    else
        free_listener(listener);
    alb_usage_update(model);
}

void alb_listener_close(struct alb_listener *listener)
{
    listener->door = NULL;
    if (listener->is_deleted)
        free_listener(listener);
}
