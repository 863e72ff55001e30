#ifndef RUNTIME_DASHBOARD_HISTORY_H
#define RUNTIME_DASHBOARD_HISTORY_H

/*
 * history — the last five minutes of each target group, a line of JSON for each second.
 *
 * Layer:   dashboard. No I/O, no clock.
 * Memory:  a buffer for each second; a second's line is made once and given to all who ask.
 *
 * Requests, 4xx and times are CloudWatch's figures, from the store that the load balancer's metrics
 * go to. What AWS does not count by target group is counted here, in a store of the same kind:
 * answers with 5xx whoever made them, requests that found no target, and cold starts.
 *
 * A second is {"t":EPOCH_S,"g":{"lambda-a":{"n":12,"e":1,"c":2,"p50":1.5,"p95":4,"p99":9.5,
 * "cold":1,"w":50}}}: requests, 5xx, 4xx, milliseconds, cold starts, weight. What is 0, or not
 * known, is left out, and so is a group of which nothing is known. The times are those of the five
 * seconds up to then, as one second has few requests.
 */

#include "runtime/alb/alb.h"
#include "runtime/alb/series.h"
#include "runtime/core/buf.h"

enum { HISTORY_SECONDS = 300 };

struct history {
    const struct alb_model *model;
    const struct series_store *store; /* the load balancer's */
    struct series_store own;
    int64_t first_s, end_s; /* seconds that are there: from first_s on, before end_s */
    struct buf lines[HISTORY_SECONDS];
};

/* The production rule: that which forwards to most target groups, the first of them; NULL: no rule
 * forwards. */
const struct alb_rule *history_rule(const struct alb_model *model);

/* Of a group in a rule, which may be NULL; 0 where the rule does not name it. */
unsigned history_weight(const struct alb_rule *rule, const struct alb_group *group);

/* Fills a zeroed struct, with a history that begins at `second`. Both are borrowed. */
void history_init(struct history *history, const struct alb_model *model,
                  const struct series_store *store, int64_t second);
void history_release(struct history *history);

/* A request that was answered, and the end of a sandbox's init, in `second`. Without memory they go
 * uncounted. */
void history_count(struct history *history, int64_t second, const struct alb_record *record);
void history_count_cold_start(struct history *history, int64_t second, const char *group,
                              int64_t init_us);

/* Makes the lines of all seconds before `second` that are not there yet; the store must have them
 * in full. */
void history_advance(struct history *history, int64_t second);

/* Appends the lines from second `from_s` on as a JSON list, oldest first. */
void history_print(const struct history *history, int64_t from_s, struct buf *out);

#endif
