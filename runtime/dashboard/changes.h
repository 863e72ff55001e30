#ifndef RUNTIME_DASHBOARD_CHANGES_H
#define RUNTIME_DASHBOARD_CHANGES_H

/*
 * changes — what has changed in the load balancer since the last look, as sentences: states of
 * targets, targets that came or went, weights, and the versions that target groups run.
 *
 * Layer:   dashboard. No I/O, no clock.
 * Memory:  a list of facts as they were at the last look, at most CHANGES_MAX of them; what is
 *          beyond is not watched.
 */

#include "runtime/alb/model.h"
#include "runtime/dashboard/dashboard.h"

enum { CHANGES_MAX = 512 };

struct change_fact;

struct changes {
    struct change_fact *facts; /* NULL: there was no look yet */
    size_t count;
};

typedef void changes_tell_fn(void *context, const char *text);

/* Tells each change since the last look, such as "fargate-a 127.0.0.1:40123: initial -> healthy" or
 * "rule 40000, weight of lambda-a: 50 -> 10" or "lambda-a runs duet-local: 1 -> 2". The first look
 * tells nothing, and neither does one without memory. */
void changes_look(struct changes *changes, const struct alb_model *model,
                  const struct dashboard_source *source, changes_tell_fn *tell, void *context);

/* Works on a zeroed struct. */
void changes_release(struct changes *changes);

#endif
