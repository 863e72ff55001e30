#include "runtime/alb/certificates.h"
#include "runtime/control/elb_internal.h"

/* The certificates of HTTPS listeners. */

static void write_certificate(struct elb_call *call, struct datum *list, const char *arn,
                              bool is_default)
{
    struct datum *map = datum_map(call->maker, list, NULL);
    datum_string(call->maker, map, "CertificateArn", arn);
    datum_bool(call->maker, map, "IsDefault", is_default);
}

/* The ARNs of the call, in its arena. */
static enum alb_error read_arns(struct elb_call *call, struct bytes **arns, size_t *count)
{
    const struct datum *list;
    enum alb_error error = elb_list(call, call->input, "Certificates", true, &list);
    *count = 0;
    if (error != ALB_OK)
        return error;
    *arns = arena_alloc(call->arena, list->count * sizeof **arns);
    if (!*arns)
        return alb_refuse(call->why, ALB_E_INTERNAL_FAILURE);
    for (const struct datum *item = list->first; item && error == ALB_OK; item = item->next) {
        if (datum_get(item, "IsDefault"))
            return elb_invalid(call, item, "IsDefault", "Member must be null");
        error = elb_text(call, item, "CertificateArn", true, &(*arns)[(*count)++]);
    }
    return error;
}

enum alb_error elb_describe_certificates(struct elb_call *call, struct datum *result)
{
    struct alb_listener *listener;
    struct elb_items items = {NULL, 0, 0};
    const char *usual = call->model->options.certificate_arn;
    enum alb_error error = elb_need_listener(call, "ListenerArn", &listener);
    if (error != ALB_OK)
        return error;
    if (listener->protocol == ALB_HTTPS)
        elb_items_add(call, &items, usual);
    for (const struct alb_certificate *one = listener->certificates; one; one = one->next)
        elb_items_add(call, &items, one->arn);
    struct datum *list = datum_list(call->maker, result, "Certificates");
    error = elb_items_page(call, &items, result);
    for (size_t i = 0; error == ALB_OK && i < items.count; i++)
        write_certificate(call, list, items.items[i], items.items[i] == usual);
    return error;
}

enum alb_error elb_add_certificates(struct elb_call *call, struct datum *result)
{
    struct alb_listener *listener;
    struct bytes *arns;
    size_t count;
    enum alb_error error = elb_need_listener(call, "ListenerArn", &listener);
    if (error == ALB_OK)
        error = read_arns(call, &arns, &count);
    if (error == ALB_OK)
        error = alb_certificates_add(listener, arns, count, call->why);
    struct datum *list = datum_list(call->maker, result, "Certificates");
    const struct alb_certificate *one = error == ALB_OK ? listener->certificates : NULL;
    for (; one; one = one->next)
        write_certificate(call, list, one->arn, false);
    return error;
}

static bool is_listed(const struct alb_listener *listener, struct bytes arn)
{
    const struct alb_certificate *one = listener->certificates;
    while (one && !bytes_eq(arn, bytes_from_str(one->arn)))
        one = one->next;
    return one != NULL;
}

/* One that is not there is no error, but for the default one, which may be on the list as well. */
enum alb_error elb_remove_certificates(struct elb_call *call, struct datum *result)
{
    struct alb_listener *listener;
    struct bytes *arns, usual = bytes_from_str(call->model->options.certificate_arn);
    size_t count;
    enum alb_error error = elb_need_listener(call, "ListenerArn", &listener);
    (void)result;
    if (error == ALB_OK)
        error = read_arns(call, &arns, &count);
    for (size_t i = 0; error == ALB_OK && i < count; i++)
        if (bytes_eq(arns[i], usual) && !is_listed(listener, usual))
            error =
                alb_refuse_printf(call->why, ALB_E_OPERATION_NOT_PERMITTED,
                                  "Default certificate '%.*s' cannot be removed", BYTES_ARG(usual));
    for (size_t i = 0; error == ALB_OK && i < count; i++)
        alb_certificates_remove(listener, arns[i]);
    return error;
}
