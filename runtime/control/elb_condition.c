#include "runtime/control/elb_internal.h"

/* When a rule holds: the API's RuleCondition on one side, struct alb_condition on the other. */

struct field {
    const char *name, *config; /* "host-header", "HostHeaderConfig" */
    bool has_short_form;       /* Values beside Field, the form of 2015 */
};

static const struct field fields[] = {
    [ALB_HOST_HEADER] = {"host-header", "HostHeaderConfig", true},
    [ALB_PATH_PATTERN] = {"path-pattern", "PathPatternConfig", true},
    [ALB_HTTP_HEADER] = {"http-header", "HttpHeaderConfig", false},
    [ALB_REQUEST_METHOD] = {"http-request-method", "HttpRequestMethodConfig", false},
    [ALB_QUERY_STRING] = {"query-string", "QueryStringConfig", false},
    [ALB_SOURCE_IP] = {"source-ip", "SourceIpConfig", false},
};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

/* --- reading --- */

static enum alb_error read_text(struct elb_call *call, const struct datum *list,
                                const struct datum *item, char *out)
{
    if (item->kind != DATUM_TEXT || item->text.len == 0 || item->text.len > ALB_VALUE_MAX ||
        memchr(item->text.ptr, '\0', item->text.len))
        return elb_invalid(call, list->parent, "Values",
                           "Each value must have length from 1 to 128");
    memcpy(out, item->text.ptr, item->text.len);
    out[item->text.len] = '\0';
    return ALB_OK;
}

static enum alb_error read_value(struct elb_call *call, const struct datum *list,
                                 const struct datum *item, enum alb_field field,
                                 struct alb_value *value)
{
    *value = (struct alb_value){.net = 0};
    if (field != ALB_QUERY_STRING)
        return read_text(call, list, item, value->text);
    enum alb_error error = elb_copy(call, item, "Key", value->key, sizeof value->key);
    if (error == ALB_OK)
        error = elb_copy(call, item, "Value", value->text, sizeof value->text);
    if (error == ALB_OK && value->text[0] == '\0')
        error = elb_invalid(call, item, "Value", "Member must not be null");
    return error;
}

static enum alb_error read_values(struct elb_call *call, const struct datum *map,
                                  struct alb_condition *condition)
{
    const struct datum *config = datum_get(map, fields[condition->field].config), *list;
    condition->is_regex = datum_get(config, "RegexValues") != NULL;
    if (condition->is_regex && datum_get(config, "Values"))
        return elb_invalid(call, config, "Values", "Values and RegexValues exclude each other");
    if (!config && fields[condition->field].has_short_form)
        config = map;
    const char *name = condition->is_regex ? "RegexValues" : "Values";
    enum alb_error error = elb_list(call, config, name, true, &list);
    if (error == ALB_OK && list->count > ALB_VALUES_MAX)
        return elb_invalid(call, config, name, "A rule can have up to 5 values");
    for (const struct datum *item = error == ALB_OK ? list->first : NULL; item && error == ALB_OK;
         item = item->next)
        error = read_value(call, list, item, condition->field,
                           &condition->values[condition->value_count++]);
    if (error == ALB_OK && condition->field == ALB_HTTP_HEADER)
        error = elb_copy(call, config, "HttpHeaderName", condition->header_name,
                         sizeof condition->header_name);
    return error;
}

static enum alb_error read_condition(struct elb_call *call, const struct datum *map,
                                     struct alb_condition *condition)
{
    struct bytes name;
    enum alb_error error = elb_text(call, map, "Field", true, &name);
    if (error != ALB_OK)
        return error;
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        if (bytes_eq(name, bytes_from_str(fields[i].name))) {
            *condition = (struct alb_condition){.field = (enum alb_field)i};
            return read_values(call, map, condition);
        }
    return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                             "Condition field '%.*s' must be one of '[path-pattern, host-header, "
                             "http-header, http-request-method, query-string, source-ip]'",
                             name.len > 64 ? 64 : (int)name.len, name.ptr);
}

enum alb_error elb_read_conditions(struct elb_call *call, struct alb_condition *conditions,
                                   size_t *count)
{
    const struct datum *list;
    enum alb_error error = elb_list(call, call->input, "Conditions", true, &list);
    *count = 0;
    if (error == ALB_OK && list->count > ALB_VALUES_MAX)
        return elb_invalid(call, call->input, "Conditions", "A rule can have up to 5 conditions");
    for (const struct datum *item = error == ALB_OK ? list->first : NULL; item && error == ALB_OK;
         item = item->next)
        error = read_condition(call, item, &conditions[(*count)++]);
    return error;
}

/* --- writing --- */

static void write_values(struct elb_call *call, struct datum *map,
                         const struct alb_condition *condition)
{
    struct datum *list =
        datum_list(call->maker, map, condition->is_regex ? "RegexValues" : "Values");
    for (size_t i = 0; i < condition->value_count; i++) {
        const struct alb_value *value = &condition->values[i];
        if (condition->field != ALB_QUERY_STRING) {
            datum_string(call->maker, list, NULL, value->text);
            continue;
        }
        struct datum *pair = datum_map(call->maker, list, NULL);
        if (value->key[0])
            datum_string(call->maker, pair, "Key", value->key);
        datum_string(call->maker, pair, "Value", value->text);
    }
}

void elb_write_conditions(struct elb_call *call, struct datum *map, const struct alb_rule *rule)
{
    struct datum *list = datum_list(call->maker, map, "Conditions");
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct alb_condition *condition = &rule->conditions[i];
        const struct field *field = &fields[condition->field];
        struct datum *item = datum_map(call->maker, list, NULL);
        datum_string(call->maker, item, "Field", field->name);
        if (field->has_short_form && !condition->is_regex)
            write_values(call, item, condition);
        struct datum *config = datum_map(call->maker, item, field->config);
        if (condition->field == ALB_HTTP_HEADER)
            datum_string(call->maker, config, "HttpHeaderName", condition->header_name);
        write_values(call, config, condition);
    }
}
