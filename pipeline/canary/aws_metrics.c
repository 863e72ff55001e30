#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/canary/aws_internal.h"
#include "runtime/core/buf.h"
#include "runtime/core/clock.h"

/*
 * One GetMetricData asks for all of a window: counts of both slots, their latencies as trimmed
 * counts between bounds that never change, and what the load balancer itself answered.
 *
 * Of what the load balancer answers in a target's place (502, 503, 504) there is no metric for a
 * target group, but for Lambda functions' errors. So a group's requests that no target has answered
 * are errors as far as the load balancer as a whole has answered for somebody: a request that is
 * counted in one period and answered in the next is none.
 */

enum { BOUND_COUNT = AWS_BINS - 1, REST = 4000 /* s; an idle timeout's most */ };

/* From a millisecond on each bound is a tenth more than the one before it, in three digits, up to
 * half a minute: as fine as the ratios that a judge is asked about. */
static double bound_s(int index)
{
    double exact = 0.001 * pow(1.1, index), unit = pow(10, floor(log10(exact)) - 2);
    return round(exact / unit) * unit;
}

enum count { REQUESTS, ANSWERED_2, ANSWERED_3, ANSWERED_4, ANSWERED_5, USER, INTERNAL, COUNTS };
enum { STABLE, CANARY, SIDES };
enum { ELB_502, ELB_503, ELB_504, ELBS };

static const char *const count_metrics[COUNTS] = {"RequestCount",
                                                  "HTTPCode_Target_2XX_Count",
                                                  "HTTPCode_Target_3XX_Count",
                                                  "HTTPCode_Target_4XX_Count",
                                                  "HTTPCode_Target_5XX_Count",
                                                  "LambdaUserError",
                                                  "LambdaInternalError"};
static const char *const elb_metrics[ELBS] = {"HTTPCode_ELB_502_Count", "HTTPCode_ELB_503_Count",
                                              "HTTPCode_ELB_504_Count"};

/* What came back; an id names its place. */
struct figures {
    double counts[SIDES][COUNTS], bins[SIDES][AWS_BINS], elb[ELBS];
};

/* --- asking --- */

struct asking {
    struct buf *form;
    struct bytes balancer, groups[SIDES];
    unsigned period_s;
    unsigned count;
};

static void add_query(struct asking *asking, const char *id, const char *metric, int side,
                      const char *stat)
{
    char prefix[64], name[128];
    struct buf *form = asking->form;
    (void)snprintf(prefix, sizeof prefix, "MetricDataQueries.member.%u", ++asking->count);
    buf_printf(form, "&%s.Id=%s&%s.MetricStat.Period=%u", prefix, id, prefix, asking->period_s);
    (void)snprintf(name, sizeof name, "%s.MetricStat.Stat", prefix);
    api_form(form, name, bytes_from_str(stat));
    buf_printf(form, "&%s.MetricStat.Metric.Namespace=AWS%%2FApplicationELB", prefix);
    buf_printf(form, "&%s.MetricStat.Metric.MetricName=%s", prefix, metric);
    buf_printf(form, "&%s.MetricStat.Metric.Dimensions.member.1.Name=LoadBalancer", prefix);
    (void)snprintf(name, sizeof name, "%s.MetricStat.Metric.Dimensions.member.1.Value", prefix);
    api_form(form, name, asking->balancer);
    if (side == SIDES)
        return;
    buf_printf(form, "&%s.MetricStat.Metric.Dimensions.member.2.Name=TargetGroup", prefix);
    (void)snprintf(name, sizeof name, "%s.MetricStat.Metric.Dimensions.member.2.Value", prefix);
    api_form(form, name, asking->groups[side]);
}

static void add_side(struct asking *asking, int side)
{
    char id[32], stat[64];
    for (int i = 0; i < COUNTS; i++) {
        (void)snprintf(id, sizeof id, "c%d_%d", side, i);
        add_query(asking, id, count_metrics[i], side, "Sum");
    }
    for (int i = 0; i < AWS_BINS; i++) {
        (void)snprintf(id, sizeof id, "b%d_%d", side, i);
        (void)snprintf(stat, sizeof stat, "TC(%g:%g)", i ? bound_s(i - 1) : 0.0,
                       i < BOUND_COUNT ? bound_s(i) : (double)REST);
        add_query(asking, id, "TargetResponseTime", side, stat);
    }
}

static void add_all(struct asking *asking)
{
    char id[32];
    for (int side = 0; side < SIDES; side++)
        add_side(asking, side);
    for (int i = 0; i < ELBS; i++) {
        (void)snprintf(id, sizeof id, "e0_%d", i);
        add_query(asking, id, elb_metrics[i], SIDES, "Sum");
    }
}

/* --- answers --- */

static double *place_of(struct figures *figures, struct bytes id)
{
    uint64_t side, index;
    size_t under = bytes_find(id, '_');
    if (id.len < 4 || under == id.len ||
        !bytes_to_u64(bytes_make(id.ptr + 1, under - 1), SIDES - 1, &side) ||
        !bytes_to_u64(bytes_skip(id, under + 1), AWS_BINS - 1, &index))
        return NULL;
    if (id.ptr[0] == 'c' && index < COUNTS)
        return &figures->counts[side][index];
    if (id.ptr[0] == 'b')
        return &figures->bins[side][index];
    return id.ptr[0] == 'e' && index < ELBS ? &figures->elb[index] : NULL;
}

static bool to_number(struct bytes text, double *out)
{
    char copy[64], *end;
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    *out = strtod(copy, &end);
    return *end == 0 && isfinite(*out) && *out >= 0;
}

/* The sum of a result's values, one for each period. */
static bool take_result(struct figures *figures, const struct xml_node *result)
{
    double *place = place_of(figures, xml_tree_text(result, "Id"));
    const struct xml_node *value = xml_tree_find(result, "Values/member");
    for (; place && value; value = xml_tree_next(value)) {
        double number;
        if (!to_number(value->text, &number))
            return false;
        *place += number;
    }
    return place != NULL;
}

static enum rc take_page(struct aws_driver *driver, struct bytes form, struct figures *figures,
                         struct bytes *token, char *why)
{
    const struct xml_node *root;
    enum rc rc = api_query(&driver->api, API_CLOUDWATCH, form, &root, why);
    if (rc != RC_OK)
        return rc;
    const struct xml_node *result =
        xml_tree_find(root, "GetMetricDataResult/MetricDataResults/member");
    *token = xml_tree_text(root, "GetMetricDataResult/NextToken");
    for (; result; result = xml_tree_next(result))
        if (!take_result(figures, result)) {
            (void)snprintf(why, CANARY_WHY_MAX, "GetMetricData gave figures that make no sense");
            return RC_SYNTAX;
        }
    return RC_OK;
}

static enum rc ask(struct aws_driver *driver, struct buf *form, struct figures *figures, char *why)
{
    struct bytes token = {NULL, 0};
    size_t len = form->len;
    enum rc rc;
    do {
        form->len = len;
        if (token.len)
            api_form(form, "NextToken", token);
        rc = form->failed ? RC_NOMEM : take_page(driver, buf_bytes(form), figures, &token, why);
    } while (rc == RC_OK && token.len);
    return rc;
}

/* --- what it means --- */

static double unanswered(const struct figures *figures, int side)
{
    const double *counts = figures->counts[side];
    double left = counts[REQUESTS];
    for (int i = ANSWERED_2; i < COUNTS; i++)
        left -= counts[i];
    return fmax(left, 0);
}

static void fill_side(const struct figures *figures, int side, double balancers,
                      struct judge_bin *bins, struct judge_side *out)
{
    const double *counts = figures->counts[side];
    double known = counts[ANSWERED_5] + counts[USER] + counts[INTERNAL];
    double errors = known + fmin(unanswered(figures, side), balancers);
    out->requests = (uint64_t)llround(fmax(counts[REQUESTS], known));
    out->errors = (uint64_t)llround(fmin(errors, (double)out->requests));
    for (int i = 0; i < AWS_BINS; i++)
        bins[i] = (struct judge_bin){.upper_ms = i < BOUND_COUNT ? 1000 * bound_s(i) : INFINITY,
                                     .count = (uint64_t)llround(figures->bins[side][i])};
    out->bins = bins;
    out->bin_count = AWS_BINS;
}

static void fill_sample(struct aws_driver *driver, const struct figures *figures,
                        struct judge_sample *sample)
{
    double balancers = 0;
    for (int i = 0; i < ELBS; i++)
        balancers += figures->elb[i];
    for (int side = 0; side < SIDES; side++)
        balancers -= figures->counts[side][USER] + figures->counts[side][INTERNAL];
    driver->unserved = (uint64_t)llround(figures->elb[ELB_503]);
    fill_side(figures, STABLE, fmax(balancers, 0), driver->bins, &sample->stable);
    fill_side(figures, CANARY, fmax(balancers, 0), driver->bins + AWS_BINS, &sample->canary);
}

/* "app/NAME/HEX" of a rule's ARN, ".../listener-rule/app/NAME/HEX/HEX/HEX". */
static struct bytes balancer_of(const char *rule_arn)
{
    struct bytes rest = bytes_from_str(rule_arn);
    size_t len = 0;
    rest = bytes_skip(rest, bytes_find(rest, '/') < rest.len ? bytes_find(rest, '/') + 1 : 0);
    for (int parts = 0; len < rest.len && parts < 3; len++)
        parts += rest.ptr[len] == '/';
    return bytes_make(rest.ptr, len ? len - 1 : 0);
}

/* "targetgroup/NAME/HEX": what stands behind the last colon. */
static struct bytes group_of(const char *arn)
{
    const char *colon = strrchr(arn, ':');
    return bytes_from_str(colon ? colon + 1 : arn);
}

enum rc aws_sample(void *context, const struct canary_state *state, int64_t start_ms,
                   int64_t end_ms, struct judge_sample *sample, char *why)
{
    struct aws_driver *driver = context;
    struct figures figures = {.elb = {0}};
    char start[CLOCK_RFC3339_LEN + 1], end[CLOCK_RFC3339_LEN + 1];
    struct buf form;
    struct asking asking = {
        .form = &form,
        .balancer = balancer_of(state->rule),
        .groups = {group_of(state->groups[state->stable]), group_of(state->groups[state->canary])},
        .period_s = driver->options.plan->period_s};
    api_begin(&driver->api);
    clock_rfc3339(start_ms, start);
    clock_rfc3339(end_ms, end);
    buf_init(&form, AWS_FORM_MAX);
    buf_printf(&form, "Action=GetMetricData&Version=2010-08-01");
    api_form(&form, "StartTime", bytes_from_str(start));
    api_form(&form, "EndTime", bytes_from_str(end));
    add_all(&asking);
    enum rc rc = ask(driver, &form, &figures, why);
    buf_release(&form);
    if (rc == RC_OK)
        fill_sample(driver, &figures, sample);
    return rc;
}
