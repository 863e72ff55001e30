#ifndef PIPELINE_CANARY_PLAN_H
#define PIPELINE_CANARY_PLAN_H

/*
 * plan — what a canary is told: a JSON file, checked whole before anything is done.
 *
 * Layer:   canary.
 * Memory:  texts live in the plan's own arena.
 * Threads: read only once it is parsed.
 *
 * README.md has the reference of the file. Times are milliseconds here, durations such as "10m" in
 * the file; shares are parts of one here, percent in the file.
 */

#include "pipeline/canary/shares.h"
#include "runtime/core/arena.h"
#include "runtime/json/json.h"

enum {
    PLAN_STEPS_MAX = 50,
    PLAN_ALARMS_MAX = 20,
    PLAN_TAGS_MAX = 5,
    PLAN_HOOKS_MAX = 16,
    PLAN_LOCK_MAX = 200, /* bytes of the lock's name; AWS takes 1011 with what stands behind it */
    PLAN_HASH_LEN = 64
};

/* What happens where somebody has to decide. */
enum plan_end { PLAN_ROLLBACK, PLAN_HOLD };

/* Which rule: one of the three ways is set. */
struct plan_rule {
    const char *arn;
    const char *balancer; /* its name; alone: the rule that forwards to both slots */
    unsigned port;        /* 0: any */
    const char *priority; /* NULL: any */
    const char *tag_names[PLAN_TAGS_MAX], *tag_values[PLAN_TAGS_MAX];
    size_t tag_count;
};

struct plan_step {
    double share;      /* of all the rule's traffic, or of the home's */
    bool is_all;       /* all that stable and canary have together */
    bool is_of_home;   /* `share` is a part of what stable and canary have together */
    bool is_paused;    /* after it is judged, it waits until somebody says resume or promote */
    int64_t bake_ms;   /* at least so long */
    unsigned requests; /* of the canary, at least */
};

/* Requests straight to the canary's slot, through the pin rule, before it has a user. */
struct plan_smoke {
    const char *url; /* NULL: none */
    const char *header, *secret_variable;
    const char *slot; /* what stands behind the secret; "fargate-b" */
    unsigned count, status;
    int64_t timeout_ms;
};

/* Requests of our own while it bakes, for a service without traffic. */
struct plan_load {
    const char *url; /* NULL: none; it must come to the rule */
    double rate;     /* a second, at most */
    int64_t timeout_ms;
};

/* What the canary's slot must have before it gets a share. */
struct plan_capacity {
    const char *cluster, *service; /* NULL: no ECS service */
    const char *stable_service;    /* of the stable slot, for when it retires; NULL: none */
    unsigned tasks;                /* for all that stable and canary have together */
    unsigned min, max;             /* bounds of its scaling, in tasks */
    const char *function, *alias;  /* NULL: no provisioned concurrency */
    unsigned provisioned;          /* for all that both have together */
    unsigned healthy;              /* targets that must be healthy, of an ip group */
    int64_t timeout_ms;
};

/* When a hook is run; README.md says what each is for. */
enum plan_point {
    PLAN_BEFORE_RUN,
    PLAN_BEFORE_STEP,
    PLAN_AFTER_STEP,
    PLAN_ON_HOLD,
    PLAN_BEFORE_PROMOTE,
    PLAN_AFTER_PROMOTE,
    PLAN_BEFORE_ROLLBACK,
    PLAN_AFTER_ROLLBACK,
    PLAN_POINTS
};

struct plan_hook {
    enum plan_point point;
    const char *command; /* for /bin/sh, or */
    const char *url;     /* for a POST */
    int64_t timeout_ms;
};

struct plan {
    struct arena arena;
    char hash[PLAN_HASH_LEN + 1]; /* SHA-256 of the text */
    const char *name;             /* for people; "canary" */
    const char *lock;             /* the parameter, "/duet/canary" */
    struct plan_rule rule;
    const char *stable, *canary; /* names of target groups, or their tags Slot */
    double precision;
    struct plan_step steps[PLAN_STEPS_MAX];
    size_t step_count;
    const cJSON *checks;     /* for the judge; NULL: its defaults */
    int64_t interval_ms;     /* between two looks */
    unsigned period_s;       /* of the metrics */
    int64_t late_ms;         /* how long a figure may take until it is there */
    int64_t timeout_ms;      /* how long a step may stay without a verdict, besides its bake time */
    int64_t lease_ms;        /* how long the lock is ours after its last renewal */
    int64_t retire_after_ms; /* -1: the old slot stays as it is */
    unsigned failure_budget; /* failed verdicts that are let pass */
    enum plan_end on_failure, on_inconclusive, on_signal;
    const char *alarms[PLAN_ALARMS_MAX];
    size_t alarm_count;
    struct plan_smoke smoke;
    struct plan_load load;
    struct plan_capacity capacity;
    struct plan_hook hooks[PLAN_HOOKS_MAX];
    size_t hook_count;
};

/* Reads a plan. Release it in each case. false: `error` names the file, and the line where it is no
 * JSON or the member and what is allowed. */
bool plan_parse(struct plan *plan, const char *file, struct bytes text, char *error,
                size_t error_len) MUST_CHECK;

/* The same from a file. */
bool plan_load(struct plan *plan, const char *file, char *error, size_t error_len) MUST_CHECK;

/* Works on a zeroed struct. */
void plan_release(struct plan *plan);

/* "before-run" ... "after-rollback". */
const char *plan_point_name(enum plan_point point);

#endif
