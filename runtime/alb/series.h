#ifndef RUNTIME_ALB_SERIES_H
#define RUNTIME_ALB_SERIES_H

/*
 * series — metrics in memory, as CloudWatch keeps them: what was counted in which second, under a
 * namespace, a name and dimensions.
 *
 * Layer:   alb. Knows core/. No I/O, no clock.
 * Memory:  the store owns all series; pointers to them hold as long as the store. Each series keeps
 *          its newest SERIES_POINTS_MAX seconds that had anything.
 * Threads: all on the loop's thread.
 *
 * Nothing is kept for a second in which nothing was counted: that is CloudWatch's "missing", which
 * is something else than zero.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

enum {
    SERIES_POINTS_MAX = 3 * 60 * 60, /* seconds of one series: CloudWatch's 3 hours at 1 s */
    SERIES_MAX = 4096,               /* of one store; more are refused */
    SERIES_DIMENSIONS_MAX = 30,      /* of one series, as CloudWatch */
    SERIES_VALUES_MAX = 1024,        /* different values of one second; more lose percentiles */
};

struct series_dimension {
    struct bytes name, value;
};

/* What identifies a series. Dimensions in any order, each name once. */
struct series_id {
    struct bytes space; /* the namespace: "AWS/ApplicationELB" */
    struct bytes name;  /* "RequestCount" */
    const struct series_dimension *dimensions;
    size_t dimension_count;
};

/* `count` observations of one value. */
struct series_value {
    double value, count;
};

/* Observations together. Invariant: where `values` is not NULL they are ascending, each value once,
 * and their counts' sum is `count`; where it is NULL the distribution is not known. */
struct series_sum {
    double count; /* not 0 */
    double sum, min, max;
    const struct series_value *values;
    size_t value_count;
};

struct series_point {
    int64_t second; /* since 1970 */
    struct series_sum sum;
};

struct series {
    struct series_id id;         /* dimensions by name, ascending; texts end with a NUL */
    struct bytes unit;           /* CloudWatch's word: "Count"; static */
    struct series_point *points; /* by second, ascending */
    size_t point_count, point_capacity;
    struct series *next;
};

struct series_store {
    struct series *first;
    size_t count;
};

/* Frees all series; works on a zeroed store, and twice. */
void series_store_release(struct series_store *store);

/* NULL: there is none. */
struct series *series_find(const struct series_store *store, const struct series_id *id);

/* The one that is there, or a new one. Texts are copied, but for `unit`, which a new one borrows.
 * NULL: no memory, over SERIES_MAX or SERIES_DIMENSIONS_MAX. */
struct series *series_open(struct series_store *store, const struct series_id *id,
                           struct bytes unit) MUST_CHECK;

/* Adds to what the second has; the values are copied. A second older than all that a full series
 * keeps is left out. RC_OK · RC_NOMEM: the series is as it was. */
enum rc series_add(struct series *series, int64_t second, const struct series_sum *sum) MUST_CHECK;

/* The same for `count` observations of one value. */
enum rc series_add_value(struct series *series, int64_t second, double value,
                         double count) MUST_CHECK;

/* All that was counted from `from_s` on and before `to_s`; values in `arena`.
 * RC_OK · RC_NOT_FOUND: nothing was · RC_NOMEM */
enum rc series_between(const struct series *series, int64_t from_s, int64_t to_s,
                       struct arena *arena, struct series_sum *out) MUST_CHECK;

#endif
