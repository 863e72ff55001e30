#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "pipeline/canary/policy.h"

Test(canary_policy, what_stands_in_the_header_can_be_judged_by)
{
    struct judge_policy policy;
    judge_policy_init(&policy);
    cr_expect_null(judge_policy_check(&policy));
    cr_expect_eq(policy.alpha, 0.01);
    cr_expect_eq(policy.confirm, 2u);
}

Test(canary_policy, each_member_is_read_and_written_by_its_name)
{
    for (int i = 0; i < POLICY_MEMBERS; i++) {
        const struct policy_member *member = &policy_members[i];
        struct judge_policy policy;
        judge_policy_init(&policy);
        double value = member->is_open ? 0.25 : member->high;
        cr_expect(policy_member_set(member, &policy, value), "%s", member->name);
        cr_expect_eq(policy_member_get(member, &policy), value, "%s", member->name);
        cr_expect(strncmp(member->must, member->name, strlen(member->name)) == 0);
    }
}

Test(canary_policy, each_member_refuses_what_is_outside)
{
    for (int i = 0; i < POLICY_MEMBERS; i++) {
        const struct policy_member *member = &policy_members[i];
        struct judge_policy policy;
        judge_policy_init(&policy);
        double before = policy_member_get(member, &policy);
        const double values[] = {-1, NAN, INFINITY, member->high * 2};
        for (size_t k = 0; k < sizeof values / sizeof *values; k++)
            cr_expect_not(policy_member_set(member, &policy, values[k]), "%s %g", member->name,
                          values[k]);
        cr_expect_eq(policy_member_set(member, &policy, 0), member->may_be_zero, "%s",
                     member->name);
        if (member->is_whole)
            cr_expect_not(policy_member_set(member, &policy, 1.5));
        if (!member->may_be_zero)
            cr_expect_eq(policy_member_get(member, &policy), before, "%s", member->name);
    }
}

Test(canary_policy, members_that_contradict_each_other_are_named)
{
    struct judge_policy policy;
    judge_policy_init(&policy);
    policy.latency_ratio = 2;
    cr_expect_str_eq(judge_policy_check(&policy), "detect_latency: must be above latency_ratio");
    judge_policy_init(&policy);
    policy.alpha = 0.5;
    cr_expect_str_eq(judge_policy_check(&policy), "alpha: must be a number above 0 and below 0.5");
    judge_policy_init(&policy);
    policy.error_ratio = policy.latency_ratio = 0;
    cr_expect_not_null(judge_policy_check(&policy));
    policy.error_rate_max = 0.05;
    cr_expect_null(judge_policy_check(&policy));
}
