#include "pipeline/canary/judge.h"

#include <math.h>
#include <stdlib.h>

#include "pipeline/canary/judge_internal.h"

static bool is_wanted(const struct judge_policy *policy, enum judge_check check)
{
    switch (check) {
    case JUDGE_ERRORS:
        return policy->error_ratio > 0;
    case JUDGE_LATENCY:
        return policy->latency_ratio > 0;
    case JUDGE_ERROR_LIMIT:
        return policy->error_rate_max > 0;
    case JUDGE_LATENCY_LIMIT:
        return policy->latency_max_ms > 0;
    case JUDGE_CHECKS:
        break;
    }
    return false;
}

int judge_check_count(const struct judge_policy *policy)
{
    int count = 0;
    for (int check = 0; check < JUDGE_CHECKS; check++)
        count += is_wanted(policy, (enum judge_check)check);
    return count;
}

double judge_log_bound(const struct judge_policy *policy)
{
    return -log(policy->alpha / judge_check_count(policy));
}

struct judge *judge_new(const struct judge_policy *policy)
{
    struct judge *judge = calloc(1, sizeof *judge);
    if (!judge)
        return NULL;
    judge->policy = *policy;
    judge->log_bound = judge_log_bound(policy);
    judge->part_alpha = exp(-judge->log_bound);
    evidence_init(&judge->errors, fmax(1, policy->error_ratio));
    evidence_init(&judge->error_floor, 1);
    evidence_init(&judge->error_limit, 1);
    evidence_init(&judge->latency_limit, 1);
    judge_tails_init(judge);
    return judge;
}

void judge_free(struct judge *judge)
{
    free(judge);
}

void judge_step(struct judge *judge)
{
    judge->requests.step_n = judge->timed.step_n = 0;
    judge->requests.stable_step_n = judge->timed.stable_step_n = 0;
    judge->canary_step_errors = judge->stable_step_errors = 0;
    judge->step_minutes = 0;
}

static bool is_side(const struct judge_side *side)
{
    double last = 0;
    for (size_t i = 0; i < side->bin_count; i++) {
        if (!(side->bins[i].upper_ms > last))
            return false;
        last = side->bins[i].upper_ms;
    }
    return side->errors <= side->requests;
}

static void report_fill(const struct judge *judge, struct judge_report *report)
{
    static void (*const results[JUDGE_CHECKS])(const struct judge *, struct judge_result *) = {
        [JUDGE_ERRORS] = judge_errors_result,
        [JUDGE_LATENCY] = judge_latency_result,
        [JUDGE_ERROR_LIMIT] = judge_error_limit_result,
        [JUDGE_LATENCY_LIMIT] = judge_latency_limit_result,
    };
    static const int badness[] = {
        [JUDGE_PASS] = 0, [JUDGE_INCONCLUSIVE] = 1, [JUDGE_NO_DATA] = 2, [JUDGE_FAIL] = 3};
    *report = (struct judge_report){.verdict = JUDGE_PASS};
    for (int check = 0; check < JUDGE_CHECKS; check++) {
        if (!is_wanted(&judge->policy, (enum judge_check)check))
            continue;
        struct judge_result *result = &report->results[report->count++];
        result->check = (enum judge_check)check;
        result->alpha = judge->part_alpha;
        results[check](judge, result);
        if (!report->worst || badness[result->verdict] > badness[report->verdict]) {
            report->worst = result;
            report->verdict = result->verdict;
        }
        if (result->requests_needed > report->requests_needed)
            report->requests_needed = result->requests_needed;
        if (result->minutes_needed < 0 || report->minutes_needed < 0)
            report->minutes_needed = -1;
        else
            report->minutes_needed = fmax(report->minutes_needed, result->minutes_needed);
    }
}

enum rc judge_look(struct judge *judge, const struct judge_sample *sample,
                   struct judge_report *report)
{
    if (!(sample->minutes > 0) || isinf(sample->minutes) || !is_side(&sample->stable) ||
        !is_side(&sample->canary))
        return RC_SYNTAX;
    enum rc rc = judge_latency_take(judge, sample);
    if (rc)
        return rc;
    judge_errors_take(judge, sample);
    judge->step_minutes += sample->minutes;
    report_fill(judge, report);
    return RC_OK;
}

const char *judge_verdict_name(enum judge_verdict verdict)
{
    static const char *const names[] = {[JUDGE_PASS] = "pass",
                                        [JUDGE_FAIL] = "fail",
                                        [JUDGE_INCONCLUSIVE] = "inconclusive",
                                        [JUDGE_NO_DATA] = "no data"};
    return names[verdict];
}

const char *judge_check_name(enum judge_check check)
{
    static const char *const names[JUDGE_CHECKS] = {[JUDGE_ERRORS] = "errors",
                                                    [JUDGE_LATENCY] = "latency",
                                                    [JUDGE_ERROR_LIMIT] = "error limit",
                                                    [JUDGE_LATENCY_LIMIT] = "latency limit"};
    return names[check];
}
