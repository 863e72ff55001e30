#include "runtime/control/math_value.h"

#include <math.h>

static const char no_memory[] = "there is no memory for it";
static const char no_list[] = "it has a list of series where a series or a number must be";

static bool new_series(struct arena *arena, size_t room, int64_t period_s, struct math_value *out,
                       const char **error)
{
    *out = (struct math_value){.kind = MATH_SERIES, .period_s = period_s};
    out->points.points = arena_alloc(arena, room * sizeof *out->points.points);
    if (!out->points.points)
        *error = no_memory;
    return out->points.points != NULL;
}

static void add_point(struct math_value *out, int64_t second, double value)
{
    if (isfinite(value))
        out->points.points[out->points.count++] = (struct cw_point){second, value};
}

static double apply(enum math_op op, double a, double b)
{
    switch (op) {
    case MATH_ADD:
        return a + b;
    case MATH_SUB:
        return a - b;
    case MATH_MUL:
        return a * b;
    case MATH_DIV:
        return b < 0 || b > 0 ? a / b : NAN;
    case MATH_LT:
        return a < b;
    case MATH_LE:
        return a <= b;
    case MATH_GT:
        return a > b;
    case MATH_GE:
        return a >= b;
    case MATH_EQ:
        return a >= b && a <= b;
    case MATH_NE:
        return a < b || a > b;
    }
    return NAN;
}

/* The value at `second`: a number everywhere. `*at` goes along the points. false: there is none. */
static bool value_at(const struct math_value *value, int64_t second, size_t *at, double *out)
{
    if (value->kind == MATH_NUMBER) {
        *out = value->number;
        return true;
    }
    while (*at < value->points.count && value->points.points[*at].second < second)
        ++*at;
    if (*at == value->points.count || value->points.points[*at].second != second)
        return false;
    *out = value->points.points[*at].value;
    return true;
}

bool math_apply(struct arena *arena, enum math_op op, const struct math_value *a,
                const struct math_value *b, struct math_value *out, const char **error)
{
    const struct math_value *guide = a->kind == MATH_SERIES ? a : b;
    size_t at_a = 0, at_b = 0;
    double left, right;
    if (a->kind == MATH_LIST || b->kind == MATH_LIST) {
        *error = no_list;
        return false;
    }
    if (guide->kind == MATH_NUMBER) {
        *out = (struct math_value){.number = apply(op, a->number, b->number)};
        return true;
    }
    if (!new_series(arena, guide->points.count, guide->period_s, out, error))
        return false;
    for (size_t i = 0; i < guide->points.count; i++) {
        int64_t second = guide->points.points[i].second;
        if (value_at(a, second, &at_a, &left) && value_at(b, second, &at_b, &right))
            add_point(out, second, apply(op, left, right));
    }
    return true;
}

/* --- SUM, AVG, MIN, MAX --- */

struct folding {
    double sum, min, max;
    size_t count;
};

static void fold_in(struct folding *folding, double value)
{
    folding->min = !folding->count || value < folding->min ? value : folding->min;
    folding->max = !folding->count || value > folding->max ? value : folding->max;
    folding->sum += value;
    folding->count++;
}

static double fold_end(const struct folding *folding, enum math_fold fold)
{
    switch (fold) {
    case MATH_FOLD_SUM:
        return folding->sum;
    case MATH_FOLD_AVG:
        return folding->count ? folding->sum / (double)folding->count : NAN;
    case MATH_FOLD_MIN:
        return folding->count ? folding->min : NAN;
    case MATH_FOLD_MAX:
        break;
    }
    return folding->count ? folding->max : NAN;
}

static bool fold_list(struct arena *arena, enum math_fold fold, const struct math_value *a,
                      struct math_value *out, const char **error)
{
    size_t room = 0;
    size_t *at = arena_zalloc(arena, (a->item_count + 1) * sizeof *at);
    for (size_t i = 0; i < a->item_count; i++)
        room += a->items[i].points.count;
    if (!at || !new_series(arena, room, a->item_count ? a->items[0].period_s : 60, out, error)) {
        *error = no_memory;
        return false;
    }
    for (;;) {
        int64_t second = INT64_MAX;
        struct folding folding = {.count = 0};
        for (size_t i = 0; i < a->item_count; i++)
            if (at[i] < a->items[i].points.count &&
                a->items[i].points.points[at[i]].second < second)
                second = a->items[i].points.points[at[i]].second;
        if (second == INT64_MAX)
            return true;
        for (size_t i = 0; i < a->item_count; i++)
            if (at[i] < a->items[i].points.count &&
                a->items[i].points.points[at[i]].second == second)
                fold_in(&folding, a->items[i].points.points[at[i]++].value);
        add_point(out, second, fold_end(&folding, fold));
    }
}

bool math_fold(struct arena *arena, enum math_fold fold, const struct math_value *a,
               struct math_value *out, const char **error)
{
    struct folding folding = {.count = 0};
    if (a->kind == MATH_LIST)
        return fold_list(arena, fold, a, out, error);
    if (a->kind == MATH_NUMBER)
        fold_in(&folding, a->number);
    for (size_t i = 0; a->kind == MATH_SERIES && i < a->points.count; i++)
        fold_in(&folding, a->points.points[i].value);
    *out = (struct math_value){.number = fold_end(&folding, fold)};
    return true;
}

/* --- FILL, IF --- */

bool math_fill(struct arena *arena, const struct math_value *a, const double *filler,
               int64_t from_s, int64_t to_s, struct math_value *out, const char **error)
{
    if (a->kind != MATH_SERIES) {
        *error = "FILL wants a series";
        return false;
    }
    int64_t count = cw_period_count(from_s, to_s, a->period_s);
    int64_t second = cw_period_begin(from_s, a->period_s);
    size_t at = 0;
    double last = filler ? *filler : NAN;
    if (count > CW_POINTS_MAX || !new_series(arena, (size_t)count, a->period_s, out, error)) {
        *error = no_memory;
        return false;
    }
    for (; count > 0; count--, second += a->period_s) {
        double value = last;
        if (value_at(a, second, &at, &value) && !filler)
            last = value;
        add_point(out, second, value);
    }
    return true;
}

bool math_choose(struct arena *arena, const struct math_value *condition,
                 const struct math_value *then, const struct math_value *otherwise,
                 struct math_value *out, const char **error)
{
    const struct math_value *guide = condition->kind == MATH_SERIES ? condition
                                     : then->kind == MATH_SERIES    ? then
                                                                    : otherwise;
    size_t at[3] = {0, 0, 0};
    double test, value;
    if (condition->kind == MATH_LIST || then->kind == MATH_LIST || otherwise->kind == MATH_LIST) {
        *error = no_list;
        return false;
    }
    if (guide->kind == MATH_NUMBER) {
        bool is_true = condition->number < 0 || condition->number > 0;
        *out = is_true ? *then : *otherwise;
        return true;
    }
    if (!new_series(arena, guide->points.count, guide->period_s, out, error))
        return false;
    for (size_t i = 0; i < guide->points.count; i++) {
        int64_t second = guide->points.points[i].second;
        if (!value_at(condition, second, &at[0], &test))
            continue;
        bool is_true = test < 0 || test > 0;
        if (value_at(is_true ? then : otherwise, second, &at[is_true ? 1 : 2], &value))
            add_point(out, second, value);
    }
    return true;
}
