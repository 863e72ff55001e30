#include "runtime/control/ssm_internal.h"

enum { PAGE_MAX = 50 };

static void write_settings(const struct ssm *ssm, struct control_call *call, struct datum *map,
                           const struct parameter *parameter,
                           const struct parameter_version *version)
{
    struct bytes user = {NULL, 0};
    if (arena_printf(call->arena, &user, "arn:aws:iam::%s:user/duet-local", ssm->options.account) !=
        RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, map, "LastModifiedUser", user);
    datum_string(&call->maker, map, "Tier", parameter_tiers[parameter->tier]);
    if (version->description.len)
        datum_text(&call->maker, map, "Description", version->description);
    if (parameter->key_id.len)
        datum_text(&call->maker, map, "KeyId", parameter->key_id);
    (void)datum_list(&call->maker, map, "Policies");
}

/* --- GetParameterHistory: oldest first --- */

void ssm_get_parameter_history(void *context, struct control_call *call)
{
    const struct ssm *ssm = context;
    struct bytes name;
    struct input_page page;
    bool is_decrypted = false;
    if (!input_text(call, call->input, "Name", true, &name) ||
        !input_flag(call, call->input, "WithDecryption", &is_decrypted))
        return;
    const struct parameter *parameter = parameters_find(&ssm->parameters, name);
    if (!parameter) {
        ssm_fail_missing(call, name);
        return;
    }
    if (!input_page(call, "MaxResults", PAGE_MAX, PAGE_MAX, "NextToken", "InvalidNextToken",
                    parameter->version_count, &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "Parameters");
    const struct parameter_version *versions[PARAMETER_VERSIONS_MAX];
    size_t at = parameter->version_count;
    for (const struct parameter_version *each = parameter->newest; each; each = each->older)
        versions[--at] = each;
    for (size_t i = page.from; i < page.to; i++) {
        const struct ssm_found found = {.parameter = parameter, .version = versions[i]};
        struct datum *map = datum_map(&call->maker, list, NULL);
        ssm_write_version(ssm, call, map, &found, is_decrypted);
        write_settings(ssm, call, map, parameter, found.version);
        (void)datum_list(&call->maker, map, "Labels");
    }
    input_page_next(call, result, "NextToken", &page, parameter->version_count);
    control_answer(call, result);
}

/* --- DescribeParameters --- */

static bool has_value(const struct datum *values, struct bytes text, bool is_prefix)
{
    for (const struct datum *each = values->first; each; each = each->next)
        if (is_prefix ? bytes_starts_with(text, each->text) : bytes_eq(text, each->text))
            return true;
    return false;
}

/* Filters that were checked: each must hold, by one of its values. */
static bool is_wanted(const struct parameter *parameter, const struct datum *filters)
{
    for (const struct datum *each = filters ? filters->first : NULL; each; each = each->next) {
        bool is_prefix = bytes_eq(datum_get_text(each, "Option"), BYTES_LIT("BeginsWith"));
        bool is_name = bytes_eq(datum_get_text(each, "Key"), BYTES_LIT("Name"));
        struct bytes text =
            is_name ? parameter->name : bytes_from_str(parameter_types[parameter->type]);
        if (!has_value(datum_get_list(each, "Values"), text, is_prefix))
            return false;
    }
    return true;
}

static bool check_filter(struct control_call *call, const struct datum *filter)
{
    struct bytes key = {NULL, 0}, option = {NULL, 0};
    const struct datum *values = NULL;
    if (!input_text(call, filter, "Key", true, &key) ||
        !input_text(call, filter, "Option", false, &option) ||
        !input_texts(call, filter, "Values", true, PAGE_MAX, &values))
        return false;
    if (!bytes_eq(key, BYTES_LIT("Name")) && !bytes_eq(key, BYTES_LIT("Type"))) {
        control_fail(call, 400, "InvalidFilterKey",
                     "The filter key '%.*s' is none of Name, Type, which are supported here",
                     BYTES_ARG(key));
        return false;
    }
    if (option.len == 0 || bytes_eq(option, BYTES_LIT("Equals")) ||
        bytes_eq(option, BYTES_LIT("BeginsWith")))
        return true;
    control_fail(call, 400, "InvalidFilterOption",
                 "The filter option '%.*s' is none of Equals, BeginsWith, which are supported here",
                 BYTES_ARG(option));
    return false;
}

void ssm_describe_parameters(void *context, struct control_call *call)
{
    const struct ssm *ssm = context;
    const struct datum *filters = NULL, *old = datum_get(call->input, "Filters");
    struct input_page page;
    size_t count = 0, at = 0;
    if (old && old->count) {
        control_fail(call, 400, "InvalidFilterKey",
                     "Filters are not supported here; ParameterFilters are");
        return;
    }
    if (!input_maps(call, call->input, "ParameterFilters", false, PAGE_MAX, &filters))
        return;
    for (const struct datum *each = filters ? filters->first : NULL; each; each = each->next)
        if (!check_filter(call, each))
            return;
    for (const struct parameter *each = ssm->parameters.first; each; each = each->next)
        count += is_wanted(each, filters);
    if (!input_page(call, "MaxResults", PAGE_MAX, 10, "NextToken", "InvalidNextToken", count,
                    &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "Parameters");
    for (const struct parameter *each = ssm->parameters.first; each; each = each->next) {
        if (!is_wanted(each, filters) || at++ < page.from || at > page.to)
            continue;
        struct datum *map = datum_map(&call->maker, list, NULL);
        datum_text(&call->maker, map, "Name", each->name);
        ssm_write_arn(ssm, call, map, each);
        datum_string(&call->maker, map, "Type", parameter_types[each->type]);
        datum_int(&call->maker, map, "Version", each->newest->number);
        datum_time(&call->maker, map, "LastModifiedDate", (double)each->newest->modified_ms / 1000);
        datum_string(&call->maker, map, "DataType", "text");
        write_settings(ssm, call, map, each, each->newest);
    }
    input_page_next(call, result, "NextToken", &page, count);
    control_answer(call, result);
}
