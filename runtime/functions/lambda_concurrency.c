#include "runtime/functions/lambda_internal.h"

/* --- reserved: how many calls of a function there may be at once --- */

static void answer_reserved(struct control_call *call, const struct registry_function *function)
{
    struct datum *result = control_result(call);
    if (function->reserved >= 0)
        datum_int(&call->maker, result, "ReservedConcurrentExecutions", function->reserved);
    control_answer(call, result);
}

void lambda_put_concurrency(void *context, struct control_call *call)
{
    int64_t count = -1;
    struct registry_function *function = lambda_plain_function(context, call);
    if (!function ||
        !input_int(call, call->input, "ReservedConcurrentExecutions", 0, INT32_MAX, &count))
        return;
    if (count < 0) {
        input_refuse(call, call->input, "ReservedConcurrentExecutions", "Member must not be null");
        return;
    }
    unsigned all = registry_options(function->registry)->concurrency;
    if (count > all) {
        control_fail(call, 400, "InvalidParameterValueException",
                     "Specified ReservedConcurrentExecutions for function is over what there is: "
                     "%u",
                     all);
        return;
    }
    function->reserved = count;
    answer_reserved(call, function);
}

void lambda_get_concurrency(void *context, struct control_call *call)
{
    const struct registry_function *function = lambda_plain_function(context, call);
    if (function)
        answer_reserved(call, function);
}

void lambda_delete_concurrency(void *context, struct control_call *call)
{
    struct registry_function *function = lambda_plain_function(context, call);
    if (!function)
        return;
    function->reserved = -1;
    control_answer_raw(call, 204, BYTES_LIT("application/json"), bytes_make(NULL, 0));
}

/* --- provisioned: sandboxes of a version that are there before its calls --- */

/* What the required qualifier names: a version, or an alias and its version. */
struct subject {
    struct registry_version *version;
    struct registry_alias *alias; /* NULL: the version itself */
};

static bool find(void *context, struct control_call *call, struct subject *subject)
{
    struct bytes qualifier = {NULL, 0};
    struct registry_function *function = lambda_function(context, call, &qualifier);
    if (!function)
        return false;
    subject->alias = registry_alias_find(function, qualifier);
    subject->version = lambda_version(call, function, qualifier);
    if (subject->version && subject->version->number == REGISTRY_LATEST) {
        control_fail(call, 400, "InvalidParameterValueException",
                     "Provisioned Concurrency Configs cannot be applied to unpublished function "
                     "versions.");
        return false;
    }
    return subject->version != NULL;
}

static unsigned *count_of(const struct subject *subject)
{
    return subject->alias ? &subject->alias->provisioned : &subject->version->provisioned;
}

static void answer_provisioned(struct control_call *call, const struct subject *subject)
{
    struct datum_maker *maker = &call->maker;
    const struct function *pool = registry_version_function(subject->version);
    struct datum *result = control_result(call);
    int64_t asked = *count_of(subject);
    size_t total = 0, busy;
    if (pool)
        function_count(pool, &total, &busy);
    int64_t there = (int64_t)total < asked ? (int64_t)total : asked;
    datum_int(maker, result, "RequestedProvisionedConcurrentExecutions", asked);
    datum_int(maker, result, "AllocatedProvisionedConcurrentExecutions", there);
    datum_int(maker, result, "AvailableProvisionedConcurrentExecutions", there);
    datum_string(maker, result, "Status", there == asked ? "READY" : "IN_PROGRESS");
    control_answer(call, result);
}

void lambda_put_provisioned(void *context, struct control_call *call)
{
    struct subject subject;
    char error[512];
    int64_t count = 0;
    if (!find(context, call, &subject))
        return;
    unsigned all = registry_options(subject.version->function->registry)->concurrency;
    if (!input_int(call, call->input, "ProvisionedConcurrentExecutions", 1, all, &count))
        return;
    if (count == 0) {
        input_refuse(call, call->input, "ProvisionedConcurrentExecutions",
                     "Member must not be null");
        return;
    }
    if (!registry_provision(subject.version, (unsigned)count, error, sizeof error)) {
        control_fail(call, 500, "ServiceException", "%s", error);
        return;
    }
    *count_of(&subject) = (unsigned)count;
    call->status = 202;
    answer_provisioned(call, &subject);
}

/* false: it is answered. */
static bool is_there(struct control_call *call, const struct subject *subject)
{
    if (*count_of(subject) == 0)
        control_fail(call, 404, "ProvisionedConcurrencyConfigNotFoundException",
                     "No Provisioned Concurrency Config found for this function");
    return *count_of(subject) != 0;
}

void lambda_get_provisioned(void *context, struct control_call *call)
{
    struct subject subject;
    if (find(context, call, &subject) && is_there(call, &subject))
        answer_provisioned(call, &subject);
}

/* Its sandboxes end as all do that wait for long. */
void lambda_delete_provisioned(void *context, struct control_call *call)
{
    struct subject subject;
    if (!find(context, call, &subject))
        return;
    *count_of(&subject) = 0;
    control_answer_raw(call, 204, BYTES_LIT("application/json"), bytes_make(NULL, 0));
}
