#ifndef RUNTIME_LOCAL_RIG_DASHBOARD_H
#define RUNTIME_LOCAL_RIG_DASHBOARD_H

/*
 * rig_dashboard — the dashboard with what it shows: the rig's load balancer, sandboxes and tasks.
 *
 * Layer:   local.
 * Memory:  owns the dashboard; all else is borrowed and outlives it.
 */

#include "runtime/control/control_port.h"
#include "runtime/dashboard/dashboard.h"
#include "runtime/local/rig_fargate.h"
#include "runtime/local/rig_lambda.h"
#include "runtime/local/rig_metrics.h"

enum { RIG_DASHBOARD_FAILURES_MAX = 64 };

/* How many inits of a version had failed at the last look. */
struct rig_dashboard_failures {
    char name[REGISTRY_NAME_MAX + 17]; /* "duet-local:1" */
    uint64_t count;
};

struct rig_dashboard {
    const struct alb_model *model;
    const struct rig_lambda *lambda;
    const struct rig_fargate *fargate;
    struct dashboard *dashboard; /* NULL before rig_dashboard_init */
    /* Of versions with such inits; of those beyond, none is told. */
    struct rig_dashboard_failures failures[RIG_DASHBOARD_FAILURES_MAX];
    size_t failure_count;
};

/* Fills a zeroed struct, which stays where it is. `lambda` and `fargate` may be started later.
 * has_controls: as dashboard_options. false: no memory. */
bool rig_dashboard_init(struct rig_dashboard *rig_dashboard, struct loop *loop,
                        const struct rig_metrics *metrics, struct alb_model *model,
                        const struct rig_lambda *lambda, const struct rig_fargate *fargate,
                        bool has_controls) MUST_CHECK;

/* What the control port shows with it. */
struct control_pages rig_dashboard_pages(const struct rig_dashboard *rig_dashboard);

/* After the control port. Works on a zeroed struct. */
void rig_dashboard_release(struct rig_dashboard *rig_dashboard);

#endif
