#ifndef RUNTIME_CONTROL_CLOUDWATCH_MATH_H
#define RUNTIME_CONTROL_CLOUDWATCH_MATH_H

/*
 * cloudwatch_math — CloudWatch's metric math, the part that alarms and canaries are made of.
 *
 * Layer:   control. No I/O.
 * Source:  "Using math expressions with CloudWatch metrics", CloudWatch user guide.
 *
 * Numbers; ids of other queries; + - * / with parentheses and a sign; comparisons (1 or 0);
 * FILL(m, number), FILL(m, REPEAT), IF(condition, then, otherwise); SUM, AVG, MIN and MAX of one
 * series (a number) or of [several] (a series); METRICS() for all metrics of the call. Between two
 * series an operator keeps the periods that both have; a division by zero gives no point.
 * Any other function is refused by name.
 */

#include "runtime/control/cloudwatch_internal.h"

struct math_input {
    struct bytes id, label;
    struct bytes expression; /* empty: a metric */
    struct cw_query query;   /* of a metric */
    struct cw_points points; /* of a metric; math_compute sets those of an expression */
    bool is_returned;
    enum { MATH_TO_DO, MATH_UNDER_WAY, MATH_DONE } state;
};

struct math_inputs {
    struct arena *arena;
    struct math_input *inputs;
    size_t count;
    int64_t from_s, to_s;
};

/* NULL: no query has this id. */
struct math_input *math_find(const struct math_inputs *inputs, struct bytes id);

/* Computes all expressions. false: one is wrong; `error` says which and why. */
bool math_compute(struct math_inputs *inputs, char *error, size_t error_len) MUST_CHECK;

#endif
