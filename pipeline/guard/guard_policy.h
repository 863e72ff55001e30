#ifndef PIPELINE_GUARD_GUARD_POLICY_H
#define PIPELINE_GUARD_GUARD_POLICY_H

/*
 * guard_policy — what a guard is told: a JSON file, checked whole before anything is done.
 *
 * Layer:   guard.
 * Memory:  texts live in the plan's arena.
 * Threads: read only once it is parsed.
 *
 * Every member may be left out: {} guards `make run`'s rig by target health and metrics. README.md
 * has the reference. Times are milliseconds here, durations such as "10m" in the file; rates and
 * shares are parts of one here, percent in the file.
 */

#include "pipeline/canary/plan.h"

enum { GUARD_STEPS_MAX = 10, GUARD_SERVICES_MAX = 10 };

/* Requests of the guard's own to each home, through the pin rule. */
struct guard_probes {
    const char *url; /* NULL: none */
    const char *header, *secret_variable;
    int64_t interval_ms; /* between two of a home's probes; 0: by its traffic (guard_pace.h) */
    double part;         /* of a home's requests, that its probes are then at most */
    int64_t confirm_ms;  /* between those that follow a bad one, at least */
    int64_t timeout_ms;
    unsigned failures; /* in a row, that make a home a failing one */
};

/* How the load balancer's metrics are judged, window by window. */
struct guard_metrics {
    unsigned windows;  /* bad ones in a row that make a home a failing one; 0: none is asked for */
    double errors;     /* a window is bad when its error rate is surely above this, and */
    double severe;     /* enough by itself when it is surely above that */
    unsigned requests; /* a window with less of them says nothing */
    double latency_ms; /* nine of ten must be as fast */
};

/* The tasks of the Fargate home. */
struct guard_fargate {
    const char *cluster;                      /* NULL: none is asked for more */
    const char *services[GUARD_SERVICES_MAX]; /* of ECS, one for each slot */
    size_t service_count;
    unsigned tasks; /* that carry all traffic */
};

/* Prices, in one currency, and what they are for. */
struct guard_cost {
    bool is_on;              /* the policy has it */
    double million_requests; /* of Lambda */
    double gb_second;        /* of Lambda's memory */
    double memory_mb;        /* of the function */
    int64_t duration_ms;     /* that Lambda bills for a request */
    double task_hour;        /* of one task: its processors and memory */
    double task_requests;    /* a second, that one task carries */
    double margin;           /* part of the break-even that must be passed */
    int64_t hold_ms;         /* and for so long */
};

struct guard_policy {
    struct plan plan;        /* rule; period and lateness of metrics */
    const char *parameter;   /* where the state lives, "/duet/guard" */
    const char *canary_lock; /* "/duet/canary" */
    const char *topic;       /* of SNS; NULL: none */
    int64_t interval_ms;     /* between two looks at rule, lock and health */
    int64_t lease_ms;        /* how long the state is a process's after its last sign of life */
    unsigned
        health_looks; /* without a healthy target, that make a home a failing one; 0: no look */
    struct guard_probes probes;
    struct guard_metrics metrics;
    int64_t apart_ms;      /* between two moves away from the same home, at least */
    int64_t back_after_ms; /* healthy for so long: the share comes back; doubled by each relapse */
    int64_t step_ms;       /* between two steps back */
    double steps[GUARD_STEPS_MAX]; /* parts of what the home had, ascending; the last one is 1 */
    size_t step_count;
    struct guard_fargate fargate;
    struct guard_cost cost;
    int64_t scale_wait_ms; /* for tasks, before Fargate carries all with less of them */
};

/* Reads a policy. Release it in each case. false: `error` names the file, and the line where it is
 * no JSON or the member and what is allowed; one that cannot be met is refused likewise. */
bool guard_policy_parse(struct guard_policy *policy, const char *file, struct bytes text,
                        char *error, size_t error_len) MUST_CHECK;

/* The same from a file; NULL: "{}". */
bool guard_policy_load(struct guard_policy *policy, const char *file, char *error,
                       size_t error_len) MUST_CHECK;

/* Works on a zeroed struct. */
void guard_policy_release(struct guard_policy *policy);

/* After so long without a bad sign a home is no failing one any more. */
int64_t guard_policy_calm_ms(const struct guard_policy *policy);

#endif
