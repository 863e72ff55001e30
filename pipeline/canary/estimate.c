#include "pipeline/canary/estimate.h"

#include <math.h>

#include "pipeline/canary/judge_internal.h"
#include "runtime/core/limits.h"

/* Traffic is not as even as the estimate's, and the window that confirms must come after one that
 * nearly decides. So a little more is asked than is promised, and a window is added. */
static const double margin = 0.7;

static bool is_traffic(const struct estimate_traffic *traffic)
{
    return traffic->requests_per_second > 0 && traffic->share > 0 && traffic->share < 1 &&
           traffic->stable_share >= 0 && traffic->stable_share + traffic->share <= 1 &&
           traffic->error_rate >= 0 && traffic->error_rate < 1 && traffic->window_minutes > 0;
}

enum rc estimate_bake(const struct judge_policy *policy, const struct estimate_traffic *traffic,
                      struct estimate *estimate)
{
    if (!is_traffic(traffic))
        return RC_SYNTAX;
    if (policy->power == 0 || policy->error_ratio == 0)
        return RC_UNSUPPORTED;
    double stable = traffic->stable_share > 0 ? traffic->stable_share : 1 - traffic->share;
    double power = 1 - (1 - policy->power) * margin;
    double needed =
        fmax(judge_errors_need(policy, traffic->error_rate, stable / traffic->share, power),
             (double)policy->requests_min);
    double in_window = traffic->requests_per_second * 60 * traffic->window_minutes * traffic->share;
    double windows = ceil(needed / in_window) + (policy->confirm - 1);
    if (!(windows * traffic->window_minutes <= LIMIT_CANARY_ESTIMATE_MINUTES))
        return RC_UNSUPPORTED;
    *estimate = (struct estimate){
        .minutes = windows * traffic->window_minutes,
        .canary_requests = (uint64_t)ceil(windows * in_window),
        .windows = (uint64_t)windows,
    };
    return RC_OK;
}
