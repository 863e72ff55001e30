#ifndef PIPELINE_CANARY_POLICY_H
#define PIPELINE_CANARY_POLICY_H

/*
 * policy — the members of struct judge_policy as a table: names, kinds, what is allowed.
 *
 * Layer:   canary. Used by the judge's check of a policy, and by who reads and writes one.
 */

#include <stdbool.h>

#include "pipeline/canary/judge.h"

enum { POLICY_MEMBERS = 12 };

struct policy_member {
    const char *name; /* as in the struct */
    const char *must; /* "alpha: must be a number above 0 and below 0.5" */
    size_t offset;
    bool is_whole;    /* requests_min, confirm; the others are doubles */
    bool is_open;     /* neither end is allowed */
    bool may_be_zero; /* besides what is between the ends */
    double low, high;
};

extern const struct policy_member policy_members[POLICY_MEMBERS];

double policy_member_get(const struct policy_member *member, const struct judge_policy *policy);

/* false: `value` is not allowed, nothing was set. */
bool policy_member_set(const struct policy_member *member, struct judge_policy *policy,
                       double value);

#endif
