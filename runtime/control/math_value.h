#ifndef RUNTIME_CONTROL_MATH_VALUE_H
#define RUNTIME_CONTROL_MATH_VALUE_H

/*
 * math_value — what an expression of metric math has for values, and what is done with them.
 *
 * Layer:   control, for cloudwatch_math.c alone.
 * Memory:  all in the call's arena. A NULL array of points with a count of 0 is an empty series.
 *
 * Each function returns false when the arena has no room, or the kinds do not fit; `*error` is then
 * a text, static.
 */

#include "runtime/control/cloudwatch_internal.h"

enum math_kind { MATH_NUMBER, MATH_SERIES, MATH_LIST };

struct math_value {
    enum math_kind kind;
    double number;
    struct cw_points points;
    int64_t period_s;         /* of a series */
    struct math_value *items; /* of a list: series */
    size_t item_count;
};

enum math_op {
    MATH_ADD,
    MATH_SUB,
    MATH_MUL,
    MATH_DIV,
    MATH_LT,
    MATH_LE,
    MATH_GT,
    MATH_GE,
    MATH_EQ,
    MATH_NE
};

/* One of two numbers, of a number and each point, or of the points of the same periods. */
bool math_apply(struct arena *arena, enum math_op op, const struct math_value *a,
                const struct math_value *b, struct math_value *out, const char **error) MUST_CHECK;

enum math_fold { MATH_FOLD_SUM, MATH_FOLD_AVG, MATH_FOLD_MIN, MATH_FOLD_MAX };

/* Of a series a number; of a list a series, with a point wherever one of the list has one. */
bool math_fold(struct arena *arena, enum math_fold fold, const struct math_value *a,
               struct math_value *out, const char **error) MUST_CHECK;

/* The series with a point in each period of the range: `filler`, or where that is NULL the point
 * before it (and nothing before the first). */
bool math_fill(struct arena *arena, const struct math_value *a, const double *filler,
               int64_t from_s, int64_t to_s, struct math_value *out, const char **error) MUST_CHECK;

/* `then` where the condition is not 0, else `otherwise`; each a number or a series. */
bool math_choose(struct arena *arena, const struct math_value *condition,
                 const struct math_value *then, const struct math_value *otherwise,
                 struct math_value *out, const char **error) MUST_CHECK;

#endif
