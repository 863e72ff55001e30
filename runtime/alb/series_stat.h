#ifndef RUNTIME_ALB_SERIES_STAT_H
#define RUNTIME_ALB_SERIES_STAT_H

/*
 * series_stat — CloudWatch's statistics of observations: from SampleCount to trimmed means.
 *
 * Layer:   alb. Pure.
 * Source:  "CloudWatch statistics definitions", CloudWatch user guide.
 *
 * Percentiles are by nearest rank: the least value that at least so many percent do not exceed.
 */

#include "runtime/alb/series.h"

enum series_stat_kind {
    STAT_SAMPLE_COUNT,
    STAT_SUM,
    STAT_AVERAGE,
    STAT_MINIMUM,
    STAT_MAXIMUM,
    STAT_PERCENTILE,      /* p99.9: `high` is the percentage */
    STAT_TRIMMED_MEAN,    /* tm90, TM(10%:90%), TM(0.1:0.5), IQM */
    STAT_WINSORIZED_MEAN, /* wm, WM */
    STAT_TRIMMED_COUNT,   /* tc, TC */
    STAT_TRIMMED_SUM,     /* ts, TS */
    STAT_PERCENTILE_RANK, /* PR(:0.3): the percentage of observations in a range of values */
};

/* A range of ranks in percent, or of values: above `low`, up to and with `high`. */
struct series_stat {
    enum series_stat_kind kind;
    bool is_of_values;
    double low, high;
};

/* Reads "Sum", "p95", "TM(2%:98%)", "PR(:300)" ... false: no statistic; `out` is untouched. */
bool series_stat_parse(struct bytes text, struct series_stat *out) MUST_CHECK;

/* RC_OK · RC_NOT_FOUND: it needs the values, which `sum` does not have; or none is in the range. */
enum rc series_stat_compute(const struct series_stat *stat, const struct series_sum *sum,
                            double *out) MUST_CHECK;

#endif
