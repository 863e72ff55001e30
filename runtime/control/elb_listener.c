#include <stdio.h>

#include "runtime/alb/ssl_policy.h"
#include "runtime/control/elb_internal.h"

/* Listeners. */

static void write_listener(struct elb_call *call, struct datum *list,
                           const struct alb_listener *listener)
{
    struct datum *map = datum_map(call->maker, list, NULL);
    bool is_https = listener->protocol == ALB_HTTPS;
    datum_string(call->maker, map, "ListenerArn", listener->arn);
    datum_string(call->maker, map, "LoadBalancerArn", call->model->arn);
    datum_int(call->maker, map, "Port", listener->port);
    datum_string(call->maker, map, "Protocol", is_https ? "HTTPS" : "HTTP");
    if (is_https) {
        struct datum *certificates = datum_list(call->maker, map, "Certificates");
        datum_string(call->maker, datum_map(call->maker, certificates, NULL), "CertificateArn",
                     call->model->options.certificate_arn);
        datum_string(call->maker, map, "SslPolicy", listener->ssl_policy);
    }
    elb_write_action(call, map, "DefaultActions", &alb_listener_default(listener)->action);
}

/* Those of `arns`, which all have to be there, or all. */
static enum alb_error find_listeners(struct elb_call *call, const struct datum *arns,
                                     struct elb_items *items)
{
    if (arns->count == 0)
        for (const struct alb_listener *listener = call->model->listeners; listener;
             listener = listener->next)
            elb_items_add(call, items, listener);
    for (const struct datum *item = arns->first; item; item = item->next) {
        const struct alb_listener *listener =
            item->kind == DATUM_TEXT ? alb_listener_find(call->model, item->text) : NULL;
        if (!listener)
            return alb_refuse(call->why, ALB_E_LISTENER_NOT_FOUND);
        elb_items_add(call, items, listener);
    }
    return ALB_OK;
}

enum alb_error elb_describe_listeners(struct elb_call *call, struct datum *result)
{
    const struct datum *arns;
    struct elb_items items = {NULL, 0, 0};
    bool has_balancer = datum_get(call->input, "LoadBalancerArn") != NULL;
    enum alb_error error = elb_list(call, call->input, "ListenerArns", false, &arns);
    if (error == ALB_OK && has_balancer == (arns->count > 0))
        return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                 "You must specify either listener ARNs or a load balancer ARN");
    if (error == ALB_OK && has_balancer)
        error = elb_need_balancer(call, "LoadBalancerArn");
    if (error == ALB_OK)
        error = find_listeners(call, arns, &items);
    struct datum *list = datum_list(call->maker, result, "Listeners");
    if (error == ALB_OK)
        error = elb_items_page(call, &items, result);
    for (size_t i = 0; error == ALB_OK && i < items.count; i++)
        write_listener(call, list, items.items[i]);
    return error;
}

/* --- what a listener is told --- */

struct order {
    unsigned port;
    enum alb_protocol protocol;
    char policy[ALB_POLICY_MAX + 1]; /* "": as it is */
    struct alb_action action;
    bool has_action;
};

/* There is one certificate, which all HTTPS listeners have. */
static enum alb_error check_certificates(struct elb_call *call, bool is_https, bool is_required)
{
    const struct datum *list;
    const char *arn = call->model->options.certificate_arn;
    enum alb_error error = elb_list(call, call->input, "Certificates", false, &list);
    if (error != ALB_OK)
        return error;
    if (!is_https && list->count)
        return alb_refuse_printf(call->why, ALB_E_INVALID_CONFIGURATION_REQUEST,
                                 "Certificates cannot be specified for HTTP listeners");
    if (is_https && list->count != 1 && (is_required || list->count))
        return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                 "An HTTPS listener has exactly one certificate");
    for (const struct datum *item = list->first; item; item = item->next)
        if (!arn || !bytes_eq(datum_get_text(item, "CertificateArn"), bytes_from_str(arn)))
            return alb_refuse(call->why, ALB_E_CERTIFICATE_NOT_FOUND);
    return ALB_OK;
}

static enum alb_error check_policy(struct elb_call *call, const struct order *order)
{
    struct bytes policy = bytes_from_str(order->policy);
    if (policy.len == 0)
        return ALB_OK;
    if (order->protocol != ALB_HTTPS)
        return alb_refuse_printf(call->why, ALB_E_INVALID_CONFIGURATION_REQUEST,
                                 "An SSL policy cannot be specified for HTTP listeners");
    return ssl_policy_is_known(policy) ? ALB_OK : alb_refuse(call->why, ALB_E_SSL_POLICY_NOT_FOUND);
}

/* `order` holds what the listener has now. */
static enum alb_error read_order(struct elb_call *call, bool is_new, struct order *order)
{
    enum alb_protocol before = order->protocol;
    enum alb_error error = elb_number(call, call->input, "Port", 1, 65535, &order->port);
    if (error == ALB_OK && is_new && !datum_get(call->input, "Port"))
        error = elb_invalid(call, call->input, "Port", "Member must not be null");
    if (error == ALB_OK && is_new && !datum_get(call->input, "Protocol"))
        error = elb_invalid(call, call->input, "Protocol", "Member must not be null");
    if (error == ALB_OK)
        error = elb_protocol(call, "Protocol", &order->protocol);
    bool is_https = order->protocol == ALB_HTTPS;
    if (error == ALB_OK)
        error = elb_copy(call, call->input, "SslPolicy", order->policy, sizeof order->policy);
    if (error == ALB_OK)
        error = check_certificates(call, is_https, is_https && (is_new || before == ALB_HTTP));
    if (error == ALB_OK)
        error = check_policy(call, order);
    order->has_action = is_new || datum_get(call->input, "DefaultActions");
    if (error == ALB_OK && order->has_action)
        error = elb_read_action(call, "DefaultActions", &order->action);
    return error;
}

static void answer(struct elb_call *call, struct datum *result, struct alb_listener *listener,
                   const struct order *order)
{
    if (order->policy[0])
        (void)snprintf(listener->ssl_policy, sizeof listener->ssl_policy, "%s", order->policy);
    write_listener(call, datum_list(call->maker, result, "Listeners"), listener);
}

enum alb_error elb_create_listener(struct elb_call *call, struct datum *result)
{
    struct order order = {.protocol = ALB_HTTP};
    struct alb_listener *listener;
    enum alb_error error = elb_need_balancer(call, "LoadBalancerArn");
    if (error == ALB_OK)
        error = read_order(call, true, &order);
    if (error == ALB_OK)
        error = elb_check_tags(call, NULL);
    if (error == ALB_OK)
        error = alb_listener_create(call->model, order.port, order.protocol, &order.action,
                                    &listener, call->why);
    if (error == ALB_OK)
        error = elb_set_tags(call, listener->arn);
    if (error == ALB_OK)
        answer(call, result, listener, &order);
    return error;
}

enum alb_error elb_modify_listener(struct elb_call *call, struct datum *result)
{
    struct order order = {.port = 0};
    struct alb_listener *listener;
    enum alb_error error = elb_need_listener(call, "ListenerArn", &listener);
    if (error != ALB_OK)
        return error;
    order.port = listener->port;
    order.protocol = listener->protocol;
    error = read_order(call, false, &order);
    if (error == ALB_OK)
        error = alb_listener_modify(listener, order.port, order.protocol,
                                    order.has_action ? &order.action : NULL, call->why);
    if (error == ALB_OK)
        answer(call, result, listener, &order);
    return error;
}

enum alb_error elb_delete_listener(struct elb_call *call, struct datum *result)
{
    struct alb_listener *listener;
    enum alb_error error = elb_need_listener(call, "ListenerArn", &listener);
    (void)result;
    if (error != ALB_OK)
        return error;
    for (const struct alb_rule *rule = listener->rules; rule; rule = rule->next)
        alb_tag_drop(call->model, bytes_from_str(rule->arn), NULL);
    alb_tag_drop(call->model, bytes_from_str(listener->arn), NULL);
    alb_listener_delete(listener);
    return ALB_OK;
}
