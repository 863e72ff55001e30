#include <arpa/inet.h>
#include <stdio.h>

#include "runtime/alb/internal.h"
#include "runtime/core/limits.h"

/* --- actions --- */

static enum alb_error check_forward(const struct alb_action *action, struct alb_why *why)
{
    size_t count = action->forward.count;
    if (count == 0 || count > ALB_RULE_GROUPS_MAX)
        return alb_refuse_printf(why, ALB_E_TOO_MANY_ACTIONS,
                                 "A forward action has 1 to %d target groups, not %zu",
                                 ALB_RULE_GROUPS_MAX, count);
    for (size_t i = 0; i < count; i++) {
        const struct alb_share *share = &action->forward.shares[i];
        if (share->weight > LIMIT_WEIGHT)
            return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                     "The weight '%u' of '%s' must be between 0 and %d",
                                     share->weight, share->group->name, LIMIT_WEIGHT);
        for (size_t j = 0; j < i; j++)
            if (action->forward.shares[j].group == share->group)
                return alb_refuse_printf(why, ALB_E_INVALID_CONFIGURATION_REQUEST,
                                         "The target group '%s' is in the action twice",
                                         share->group->arn);
    }
    if (action->forward.is_sticky &&
        (action->forward.sticky_s < 1 || action->forward.sticky_s > ALB_STICKY_MAX_S))
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "The stickiness duration '%u' must be between 1 and %d",
                                 action->forward.sticky_s, ALB_STICKY_MAX_S);
    return ALB_OK;
}

static bool is_status(int status, bool is_fixed)
{
    if (!is_fixed)
        return status == 301 || status == 302;
    return (status >= 200 && status < 300) || (status >= 400 && status < 600);
}

/* A redirect that changes nothing leads back to itself. */
static bool is_loop(const struct alb_action *action)
{
    return strcmp(action->redirect.protocol, "#{protocol}") == 0 &&
           strcmp(action->redirect.host, "#{host}") == 0 &&
           strcmp(action->redirect.port, "#{port}") == 0 &&
           strcmp(action->redirect.path, "/#{path}") == 0 &&
           strcmp(action->redirect.query, "#{query}") == 0;
}

static enum alb_error check_redirect(const struct alb_action *action, struct alb_why *why)
{
    static const char *const protocols[] = {"HTTP", "HTTPS", "#{protocol}"};
    bool is_known = false;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        is_known |= strcmp(action->redirect.protocol, protocols[i]) == 0;
    if (!is_known)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "The redirect's protocol '%s' must be HTTP, HTTPS or #{protocol}",
                                 action->redirect.protocol);
    if (action->redirect.path[0] != '/')
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "The redirect's path '%s' must begin with a '/'",
                                 action->redirect.path);
    if (is_loop(action))
        return alb_refuse_printf(why, ALB_E_INVALID_LOAD_BALANCER_ACTION,
                                 "The redirect leads to itself: change protocol, host, port or "
                                 "path");
    return ALB_OK;
}

enum alb_error alb_action_check(const struct alb_action *action, struct alb_why *why)
{
    bool is_fixed = action->type == ALB_FIXED_RESPONSE;
    if (action->type == ALB_FORWARD)
        return check_forward(action, why);
    int status = is_fixed ? action->fixed.status : action->redirect.status;
    if (!is_status(status, is_fixed))
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR, "The status code '%d' must be %s",
                                 status, is_fixed ? "2XX, 4XX or 5XX" : "HTTP_301 or HTTP_302");
    return is_fixed ? ALB_OK : check_redirect(action, why);
}

/* --- conditions --- */

static enum alb_error check_net(struct alb_value *value, struct alb_why *why)
{
    char text[ALB_VALUE_MAX + 1];
    uint64_t bits = 32;
    struct in_addr address;
    size_t slash = bytes_find(bytes_from_str(value->text), '/');
    (void)snprintf(text, sizeof text, "%.*s", (int)slash, value->text);
    if (value->text[slash] == '\0' ||
        !bytes_to_u64(bytes_from_str(value->text + slash + 1), 32, &bits) ||
        inet_pton(AF_INET, text, &address) != 1)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "The source IP '%s' must be an IPv4 CIDR such as 10.0.0.0/8",
                                 value->text);
    value->mask = bits ? UINT32_MAX << (32 - bits) : 0;
    value->net = ntohl(address.s_addr) & value->mask;
    return ALB_OK;
}

static size_t wildcard_count(const char *text)
{
    size_t count = 0;
    for (; *text; text++) {
        if (*text == '\\' && text[1])
            text++;
        else
            count += *text == '*' || *text == '?';
    }
    return count;
}

static bool is_visible(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static bool is_method(const char *text)
{
    size_t len = strlen(text);
    for (const char *p = text; *p; p++)
        if (!(*p >= 'A' && *p <= 'Z') && *p != '-' && *p != '_')
            return false;
    return len > 0 && len <= 40;
}

static enum alb_error check_value(const struct alb_condition *condition, struct alb_value *value,
                                  struct alb_why *why)
{
    if (condition->field == ALB_SOURCE_IP)
        return check_net(value, why);
    bool is_good = is_visible(value->text) && is_visible(value->key) && value->text[0];
    if (condition->field == ALB_REQUEST_METHOD)
        is_good = is_method(value->text);
    if (is_good)
        return ALB_OK;
    return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR, "The condition value '%s' is not valid",
                             value->text);
}

static bool is_once(enum alb_field field)
{
    return field != ALB_HTTP_HEADER && field != ALB_QUERY_STRING;
}

static enum alb_error check_condition(struct alb_condition *condition, struct alb_why *why)
{
    if (condition->value_count == 0 || condition->value_count > ALB_VALUES_MAX)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR, "A condition has 1 to %d values",
                                 ALB_VALUES_MAX);
    if (condition->field == ALB_HTTP_HEADER &&
        !http_is_token(bytes_from_str(condition->header_name)))
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "The HTTP header name '%s' is not valid", condition->header_name);
    if (condition->is_regex && condition->field > ALB_HTTP_HEADER)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "Only host-header, path-pattern and http-header take RegexValues");
    for (size_t i = 0; i < condition->value_count; i++) {
        enum alb_error error = check_value(condition, &condition->values[i], why);
        if (error != ALB_OK)
            return error;
    }
    return ALB_OK;
}

enum alb_error alb_conditions_check(struct alb_condition *conditions, size_t count,
                                    struct alb_why *why)
{
    size_t values = 0, wildcards = 0;
    for (size_t i = 0; i < count; i++) {
        enum alb_error error = check_condition(&conditions[i], why);
        if (error != ALB_OK)
            return error;
        for (size_t j = 0; j < i; j++)
            if (conditions[j].field == conditions[i].field && is_once(conditions[i].field))
                return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                         "A rule can have one condition of this field alone");
        values += conditions[i].value_count;
        for (size_t j = 0; j < conditions[i].value_count && !conditions[i].is_regex; j++)
            wildcards += wildcard_count(conditions[i].values[j].key) +
                         wildcard_count(conditions[i].values[j].text);
    }
    if (values > ALB_VALUES_MAX)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "A rule can have only '%d' condition values", ALB_VALUES_MAX);
    if (wildcards > ALB_WILDCARDS_MAX)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR, "A rule can have only '%d' wildcards",
                                 ALB_WILDCARDS_MAX);
    return ALB_OK;
}
