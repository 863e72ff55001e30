#include "runtime/control/ssm_internal.h"
#include "runtime/core/clock.h"

static bool fail(struct control_call *call, const char *code, const char *text)
{
    control_fail(call, 400, code, "%s", text);
    return false;
}

/* --- PutParameter --- */

enum { TIER_INTELLIGENT = 2, TIER_UNSET, TYPE_UNSET = 3 };
static const char *const tiers[] = {"Standard", "Advanced", "Intelligent-Tiering", NULL};

/* What would be silently lost. */
static bool refuse_what_is_not_here(struct control_call *call)
{
    static const char *const names[] = {"AllowedPattern", "Policies"};
    struct bytes data_type = datum_get_text(call->input, "DataType");
    const struct datum *tags = datum_get(call->input, "Tags");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (datum_get_text(call->input, names[i]).len == 0)
            continue;
        control_fail(call, 400, "ValidationException", "%s is not supported here", names[i]);
        return false;
    }
    if (tags && tags->count)
        return fail(call, "ValidationException", "Tags are not supported here");
    if (data_type.len && !bytes_eq(data_type, BYTES_LIT("text")))
        return fail(call, "ValidationException", "DataType can be text alone here");
    return true;
}

static bool check_type(struct control_call *call, const struct parameter *old, unsigned type,
                       struct parameter_put *put)
{
    if (!old && type == TYPE_UNSET)
        return fail(call, "ValidationException",
                    "A parameter type is required when you create a parameter.");
    if (old && type != TYPE_UNSET && type != (unsigned)old->type)
        return fail(call, "HierarchyTypeMismatchException",
                    "The parameter has another type, which cannot be changed: delete the "
                    "parameter, and put it again.");
    put->type = old ? old->type : (enum parameter_type)type;
    if (put->key_id.len && put->type != PARAMETER_SECURE)
        return fail(call, "ValidationException",
                    "KeyId is required for SecureString type parameter only.");
    if (put->key_id.len == 0 && put->type == PARAMETER_SECURE)
        put->key_id = old ? old->key_id : BYTES_LIT("alias/aws/ssm");
    return true;
}

static bool check_value(struct control_call *call, const struct parameter *old, unsigned tier,
                        struct parameter_put *put)
{
    bool is_large = put->value.len > SSM_STANDARD_BYTES;
    if (put->value.len == 0) {
        input_refuse(call, call->input, "Value",
                     "Member must have length greater than or equal to 1");
        return false;
    }
    if (old && old->tier == PARAMETER_ADVANCED && tier == PARAMETER_STANDARD)
        return fail(call, "ValidationException",
                    "This parameter uses the advanced-parameter tier. You can't downgrade a "
                    "parameter from the advanced-parameter tier to the standard-parameter tier. "
                    "If necessary, you can delete the advanced parameter and recreate it as a "
                    "standard parameter.");
    if ((old && old->tier == PARAMETER_ADVANCED) || (tier == TIER_INTELLIGENT && is_large))
        tier = PARAMETER_ADVANCED;
    put->tier = tier == PARAMETER_ADVANCED ? PARAMETER_ADVANCED : PARAMETER_STANDARD;
    if (put->tier == PARAMETER_STANDARD && is_large)
        return fail(call, "ValidationException",
                    "Standard tier parameters support a maximum parameter value of 4096 "
                    "characters. To create a larger parameter value, upgrade the parameter to use "
                    "the advanced-parameter tier.");
    if (put->value.len > SSM_ADVANCED_BYTES)
        return fail(call, "ValidationException",
                    "Advanced tier parameters support a maximum parameter value of 8192 "
                    "characters.");
    return true;
}

static bool check_place(struct control_call *call, const struct ssm *ssm,
                        const struct parameter *old, bool is_overwriting)
{
    if (old && !is_overwriting)
        return fail(call, "ParameterAlreadyExists",
                    "The parameter already exists. To overwrite this value, set the overwrite "
                    "option in the request to true.");
    if (!old && ssm->parameters.count >= PARAMETER_COUNT_MAX)
        return fail(call, "ParameterLimitExceeded",
                    "You have exceeded the number of parameters for this account.");
    return true;
}

static bool read_put(struct ssm *ssm, struct control_call *call, struct parameter_put *put)
{
    bool is_overwriting = false;
    unsigned type = TYPE_UNSET, tier = TIER_UNSET;
    const struct datum *input = call->input;
    if (!input_text(call, input, "Name", true, &put->name) ||
        !input_text(call, input, "Value", true, &put->value) ||
        !input_text(call, input, "KeyId", false, &put->key_id) ||
        !input_flag(call, input, "Overwrite", &is_overwriting) ||
        !input_choice(call, input, "Type", parameter_types, &type) ||
        !input_choice(call, input, "Tier", tiers, &tier) || !refuse_what_is_not_here(call) ||
        !ssm_check_name(call, put->name))
        return false;
    const struct parameter *old = parameters_find(&ssm->parameters, put->name);
    if (old)
        put->description = old->newest->description;
    if (!input_text(call, input, "Description", false, &put->description))
        return false;
    if (put->description.len > SSM_DESCRIPTION_MAX) {
        input_refuse(call, input, "Description",
                     "Member must have length less than or equal to 1024");
        return false;
    }
    return check_place(call, ssm, old, is_overwriting) && check_type(call, old, type, put) &&
           check_value(call, old, tier, put);
}

void ssm_put_parameter(void *context, struct control_call *call)
{
    struct ssm *ssm = context;
    struct parameter_put put = {.now_ms = clock_ms_epoch()};
    const struct parameter *parameter = NULL;
    if (!read_put(ssm, call, &put))
        return;
    enum rc rc = parameters_put(&ssm->parameters, &put, &parameter);
    if (rc != RC_OK) {
        ssm_fail_keep(call, rc);
        return;
    }
    struct datum *result = control_result(call);
    datum_int(&call->maker, result, "Version", parameter->newest->number);
    datum_string(&call->maker, result, "Tier", parameter_tiers[parameter->tier]);
    control_answer(call, result);
}

/* --- DeleteParameter, DeleteParameters --- */

void ssm_delete_parameter(void *context, struct control_call *call)
{
    struct ssm *ssm = context;
    struct bytes name;
    bool is_deleted;
    if (!input_text(call, call->input, "Name", true, &name))
        return;
    enum rc rc = parameters_delete(&ssm->parameters, &name, 1, &is_deleted);
    if (rc != RC_OK)
        ssm_fail_keep(call, rc);
    else if (!is_deleted)
        ssm_fail_missing(call, name);
    else
        control_answer(call, NULL);
}

void ssm_delete_parameters(void *context, struct control_call *call)
{
    struct ssm *ssm = context;
    struct bytes names[SSM_NAMES_MAX];
    bool is_deleted[SSM_NAMES_MAX];
    const struct datum *list;
    size_t count = 0;
    if (!input_texts(call, call->input, "Names", true, SSM_NAMES_MAX, &list))
        return;
    for (const struct datum *item = list->first; item; item = item->next)
        names[count++] = item->text;
    enum rc rc = parameters_delete(&ssm->parameters, names, count, is_deleted);
    if (rc != RC_OK) {
        ssm_fail_keep(call, rc);
        return;
    }
    struct datum *result = control_result(call);
    struct datum *deleted = datum_list(&call->maker, result, "DeletedParameters");
    struct datum *invalid = datum_list(&call->maker, result, "InvalidParameters");
    for (size_t i = 0; i < count; i++)
        datum_text(&call->maker, is_deleted[i] ? deleted : invalid, NULL, names[i]);
    control_answer(call, result);
}
