#ifndef PIPELINE_CANARY_JUDGE_INTERNAL_H
#define PIPELINE_CANARY_JUDGE_INTERNAL_H

/*
 * judge_internal — what the files of the judge share.
 *
 * A check keeps evidence, takes each window in, and then says what it knows: errors against stable
 * and against a limit in judge_errors.c, latencies in judge_latency.c.
 */

#include <stdbool.h>

#include "pipeline/canary/evidence.h"
#include "pipeline/canary/judge.h"

enum { JUDGE_TAILS = 6 }; /* thresholds of the latency check */

/* What counts as slow: what lies beyond the latency that a part `part` of requests exceeded,
 * stable's taken latency_ratio times as long. */
struct judge_tail {
    double part;
    bool of_stable; /* of stable's requests before the window; else of both slots', with it */
    double weight;  /* its part of the check's prior; they sum to 1 */
};

/* A bound of the grid, and all requests of the run in the bin below it. */
struct judge_edge {
    double upper_ms;
    uint64_t stable, canary;
};

struct judge_grid {
    struct judge_edge edges[JUDGE_BINS_MAX]; /* ascending */
    size_t count;
    uint64_t stable, canary; /* all requests in it */
};

/* What one comparison has to go by. */
struct judge_pair {
    uint64_t canary_n, stable_n;    /* of the run */
    uint64_t step_n, stable_step_n; /* of this step, the canary's and stable's */
    double compared; /* the canary's, of windows that had something to compare with */
    double overlap; /* sum of c * s / (c + s) over windows: what their sizes tell of a difference */
};

struct judge {
    struct judge_policy policy;
    double part_alpha, log_bound; /* of each check */
    struct evidence errors, error_floor, error_limit;
    struct evidence latency[JUDGE_TAILS], latency_limit;
    struct judge_tail tails[JUDGE_TAILS];
    int tail_count;
    struct judge_pair requests, timed;               /* all requests; those with a latency */
    uint64_t canary_errors, stable_errors;           /* of the run */
    uint64_t canary_step_errors, stable_step_errors; /* of this step */
    double step_minutes;
    struct judge_grid grid, merged; /* the second is where the first's next state is made */
};

/* Stable's requests per canary request that tell as much as those of all windows; 0: none. */
double judge_pair_ratio(const struct judge_pair *pair);

/* Counts a window's requests. */
void judge_pair_add(struct judge_pair *pair, uint64_t canary_n, uint64_t stable_n);

/* One window into `evidence`: against stable, or where it had no request against the upper bound of
 * its rate in the run before; nothing where there is neither. */
void judge_take(struct evidence *evidence, const struct stats_table *window, uint64_t run_hits,
                uint64_t run_n);

/* The bound of each check's log evidence under `policy`, and how many checks that is. */
double judge_log_bound(const struct judge_policy *policy);
int judge_check_count(const struct judge_policy *policy);

/* The canary's rate that must be found beside stable's `rate`, and the requests that it takes. */
double judge_errors_detect(const struct judge_policy *policy, double rate);
double judge_errors_need(const struct judge_policy *policy, double rate, double stable_per_canary,
                         double power);

/* Takes a window in; before it is counted into judge->requests. */
void judge_errors_take(struct judge *judge, const struct judge_sample *sample);

/* RC_BODY_LIMIT: too many bounds, nothing was taken in. */
enum rc judge_latency_take(struct judge *judge, const struct judge_sample *sample) MUST_CHECK;

/* Each fills one result but for `check` and `alpha`. */
void judge_errors_result(const struct judge *judge, struct judge_result *result);
void judge_error_limit_result(const struct judge *judge, struct judge_result *result);
void judge_latency_result(const struct judge *judge, struct judge_result *result);
void judge_latency_limit_result(const struct judge *judge, struct judge_result *result);

/* Of `count` requests between two bounds, those that took longer than `ms`; rounded up. */
uint64_t judge_bin_above(double lower_ms, double upper_ms, uint64_t count, double ms);

/* The thresholds that the policy asks for. */
void judge_tails_init(struct judge *judge);

/* The least bound of the grid that at most the tail's part of its requests exceed; 0: there is none
 * yet. */
double judge_threshold_ms(const struct judge *judge, const struct judge_tail *tail);

/* The latency that a part `quantile` of a slot's requests did not exceed; the greatest finite bound
 * where it lies beyond. 0: no request. */
double judge_grid_quantile(const struct judge_grid *grid, double quantile, bool of_canary);

/* What decides once figures and evidence are there. */
struct judge_state {
    double log_value, log_without; /* of the check's evidence */
    bool has_data;                 /* both slots have shown something */
    const char *missing;           /* why not */
    uint64_t step_n;               /* canary requests in this step, of this check's kind */
    double had, needed; /* canary requests of the run, for the power; needed may be INFINITY */
    const char *over;   /* "above it": what forbids a pass though it is not proven; NULL: nothing */
    const char *figures;    /* "error rate 2 % of ...": the sentence begins so */
    const char *regression; /* "one that is ...": what is to be found */
};

/* Decides, and writes the rest of the result. */
void judge_conclude(const struct judge *judge, const struct judge_state *state,
                    struct judge_result *result);

/* Writes text as printf does; what does not fit is cut off. */
void judge_text(char *text, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
