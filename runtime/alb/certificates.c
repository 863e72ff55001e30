#include "runtime/alb/certificates.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/alb/model.h"

/* --- names --- */

/* true: labels of small letters, digits and inner hyphens, with dots between. */
static bool is_host(struct bytes name)
{
    char before = '.';
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!is_alnum && (before == '.' || (c != '-' && (c != '.' || before == '-'))))
            return false;
        before = c;
    }
    return name.len && before != '.' && before != '-';
}

static bool is_wildcard(struct bytes name)
{
    return bytes_starts_with(name, BYTES_LIT("*."));
}

static bool is_name(struct bytes name)
{
    static const struct bytes end = BYTES_INIT(".localhost");
    struct bytes host = is_wildcard(name) ? bytes_skip(name, 2) : name;
    return name.len <= ALB_CERTIFICATE_NAME_MAX && host.len > end.len && is_host(host) &&
           bytes_eq(bytes_skip(host, host.len - end.len), end);
}

static enum alb_error read_name(const struct alb_model *model, struct bytes arn, struct bytes *name,
                                struct alb_why *why)
{
    struct bytes usual = bytes_from_str(model->options.certificate_arn);
    size_t prefix = bytes_find(usual, '/') + 1;
    *name = bytes_make(NULL, 0);
    if (usual.len && bytes_eq(arn, usual))
        return ALB_OK;
    if (usual.len && arn.len <= ALB_ARN_MAX && arn.len > prefix &&
        bytes_starts_with(arn, bytes_make(usual.ptr, prefix)))
        *name = bytes_skip(arn, prefix);
    if (is_name(*name))
        return ALB_OK;
    return alb_refuse_printf(why, ALB_E_CERTIFICATE_NOT_FOUND,
                             "Certificate '%.*s' not found: there is '%s', and one for each name "
                             "under localhost, such as '%.*sapi.localhost'",
                             BYTES_ARG(arn), usual.len ? usual.ptr : "none", (int)prefix,
                             usual.len ? usual.ptr : "");
}

/* --- the list --- */

static struct alb_certificate *find(struct alb_certificate *list, struct bytes arn)
{
    while (list && !bytes_eq(arn, bytes_from_str(list->arn)))
        list = list->next;
    return list;
}

static void free_list(struct alb_certificate *list)
{
    while (list) {
        struct alb_certificate *next = list->next;
        free(list);
        list = next;
    }
}

static size_t count_all(const struct alb_model *model)
{
    size_t count = 0;
    for (const struct alb_listener *each = model->listeners; each; each = each->next)
        for (const struct alb_certificate *one = each->certificates; one; one = one->next)
            count++;
    return count;
}

static enum alb_error make_one(const struct alb_model *model, struct bytes arn,
                               struct alb_certificate **out, struct alb_why *why)
{
    struct bytes name;
    enum alb_error error = read_name(model, arn, &name, why);
    if (error != ALB_OK)
        return error;
    struct alb_certificate *item = calloc(1, sizeof *item);
    if (!item)
        return alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    memcpy(item->arn, arn.ptr, arn.len);
    item->name = bytes_make(item->arn + arn.len - name.len, name.len);
    if (name.len && model->doors.certify)
        error = model->doors.certify(model->doors.context, name, &item->tls, why);
    *out = item;
    if (error != ALB_OK)
        free(item);
    return error;
}

enum alb_error alb_certificates_add(struct alb_listener *listener, const struct bytes *arns,
                                    size_t count, struct alb_why *why)
{
    struct alb_certificate *made = NULL, **last = &made, **end = &listener->certificates;
    size_t total = count_all(listener->model);
    enum alb_error error = ALB_OK;
    if (listener->protocol != ALB_HTTPS)
        return alb_refuse_printf(why, ALB_E_INVALID_CONFIGURATION_REQUEST,
                                 "Certificates cannot be specified for HTTP listeners");
    for (size_t i = 0; i < count && error == ALB_OK; i++) {
        if (find(listener->certificates, arns[i]) || find(made, arns[i]))
            continue;
        error = ++total > ALB_CERTIFICATES_MAX ? alb_refuse(why, ALB_E_TOO_MANY_CERTIFICATES)
                                               : make_one(listener->model, arns[i], last, why);
        if (error == ALB_OK)
            last = &(*last)->next;
        else
            *last = NULL;
    }
    if (error != ALB_OK) {
        free_list(made);
        return error;
    }
    while (*end)
        end = &(*end)->next;
    *end = made;
    return ALB_OK;
}

void alb_certificates_remove(struct alb_listener *listener, struct bytes arn)
{
    struct alb_certificate **link = &listener->certificates;
    while (*link && !bytes_eq(arn, bytes_from_str((*link)->arn)))
        link = &(*link)->next;
    struct alb_certificate *item = *link;
    if (!item)
        return;
    *link = item->next;
    free(item);
}

void alb_certificates_clear(struct alb_listener *listener)
{
    free_list(listener->certificates);
    listener->certificates = NULL;
}

/* --- at work --- */

const struct alb_certificate *alb_certificates_choose(const struct alb_listener *listener,
                                                      struct bytes server_name)
{
    const struct alb_certificate *found = NULL;
    struct bytes parent = bytes_skip(server_name, bytes_find(server_name, '.'));
    for (const struct alb_certificate *one = listener->certificates; one; one = one->next) {
        if (one->name.len && bytes_ieq(one->name, server_name))
            return one;
        /* "*" stands for one label. */
        if (is_wildcard(one->name) && bytes_ieq(bytes_skip(one->name, 1), parent) &&
            parent.len < server_name.len)
            found = found ? found : one;
    }
    return found;
}
