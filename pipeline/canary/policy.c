#include "pipeline/canary/policy.h"

#include <math.h>

#define MEMBER(member, ...)                                                           \
    {                                                                                 \
        .name = #member, .offset = offsetof(struct judge_policy, member), __VA_ARGS__ \
    }

const struct policy_member policy_members[POLICY_MEMBERS] = {
    MEMBER(alpha, .must = "alpha: must be a number above 0 and below 0.5", .is_open = true,
           .high = 0.5),
    MEMBER(power, .must = "power: must be 0, or a number from 0.5 to 0.999", .may_be_zero = true,
           .low = 0.5, .high = 0.999),
    MEMBER(requests_min, .must = "requests_min: must be a whole number from 1 to 1000000000",
           .is_whole = true, .low = 1, .high = 1e9),
    MEMBER(confirm, .must = "confirm: must be 1 or 2", .is_whole = true, .low = 1, .high = 2),
    MEMBER(error_ratio, .must = "error_ratio: must be 0, or a number from 1 to 100",
           .may_be_zero = true, .low = 1, .high = 100),
    MEMBER(error_floor, .must = "error_floor: must be 0, or a number from 0.000001 to 0.5",
           .may_be_zero = true, .low = 1e-6, .high = 0.5),
    MEMBER(detect_errors, .must = "detect_errors: must be a number from 0.000001 to 0.9",
           .low = 1e-6, .high = 0.9),
    MEMBER(latency_quantile, .must = "latency_quantile: must be a number from 0.5 to 0.999",
           .low = 0.5, .high = 0.999),
    MEMBER(latency_ratio, .must = "latency_ratio: must be 0, or a number from 1 to 100",
           .may_be_zero = true, .low = 1, .high = 100),
    MEMBER(detect_latency, .must = "detect_latency: must be a number above 1, up to 1000",
           .low = 1.0000001, .high = 1000),
    MEMBER(error_rate_max, .must = "error_rate_max: must be 0, or a number from 0.000001 to 0.9",
           .may_be_zero = true, .low = 1e-6, .high = 0.9),
    MEMBER(latency_max_ms, .must = "latency_max_ms: must be 0, or a number from 0.001 to 10000000",
           .may_be_zero = true, .low = 0.001, .high = 1e7),
};

static void *place_of(const struct policy_member *member, const struct judge_policy *policy)
{
    return (char *)(uintptr_t)policy + member->offset;
}

double policy_member_get(const struct policy_member *member, const struct judge_policy *policy)
{
    if (member->offset == offsetof(struct judge_policy, requests_min))
        return (double)policy->requests_min;
    if (member->offset == offsetof(struct judge_policy, confirm))
        return policy->confirm;
    return *(double *)place_of(member, policy);
}

static bool is_allowed(const struct policy_member *member, double value)
{
    if (member->may_be_zero && value == 0)
        return true;
    if (member->is_whole && value != floor(value))
        return false;
    if (member->is_open)
        return value > member->low && value < member->high;
    return value >= member->low && value <= member->high;
}

bool policy_member_set(const struct policy_member *member, struct judge_policy *policy,
                       double value)
{
    if (!is_allowed(member, value))
        return false;
    if (member->offset == offsetof(struct judge_policy, requests_min))
        policy->requests_min = (uint64_t)value;
    else if (member->offset == offsetof(struct judge_policy, confirm))
        policy->confirm = (unsigned)value;
    else
        *(double *)place_of(member, policy) = value;
    return true;
}

void judge_policy_init(struct judge_policy *policy)
{
    *policy = (struct judge_policy){
        .alpha = 0.01,
        .power = 0.95,
        .requests_min = 100,
        .confirm = 2,
        .error_ratio = 1,
        .detect_errors = 0.01,
        .latency_quantile = 0.99,
        .latency_ratio = 1.1,
        .detect_latency = 1.5,
    };
}

const char *judge_policy_check(const struct judge_policy *policy)
{
    for (int i = 0; i < POLICY_MEMBERS; i++)
        if (!is_allowed(&policy_members[i], policy_member_get(&policy_members[i], policy)))
            return policy_members[i].must;
    if (policy->latency_ratio > 0 && policy->detect_latency <= policy->latency_ratio)
        return "detect_latency: must be above latency_ratio";
    if (policy->error_ratio == 0 && policy->latency_ratio == 0 && policy->error_rate_max == 0 &&
        policy->latency_max_ms == 0)
        return "error_ratio: must not be 0 when all other checks are off";
    return NULL;
}
