#ifndef RUNTIME_ALB_GROUP_H
#define RUNTIME_ALB_GROUP_H

/*
 * group — target groups and their targets: a part of the model (model.h).
 *
 * Layer:   alb. Knows core/. No I/O.
 * Memory:  groups and targets belong to the model. One that is deleted, or deregistered, while
 *          requests use it lives on until the last of them has let go of it.
 * Threads: all on the loop's thread.
 * Source:  "Target groups for your Application Load Balancers" and the two pages on registering
 *          targets, ALB user guide.
 */

#include <netinet/in.h>

#include "runtime/alb/alb_lambda.h"
#include "runtime/alb/attribute.h"
#include "runtime/alb/choice.h"
#include "runtime/alb/error.h"

struct alb_model;
struct upstream;
struct alb_call;
struct alb_metrics_group;

enum {
    ALB_NAME_MAX = 32,
    ALB_ARN_MAX = 256,
    ALB_PATH_MAX = 1024,
    ALB_MATCHER_MAX = 64,
    ALB_TEXT_MAX = 160,
    ALB_IDLE_CONNECTIONS = 1024, /* kept to one target */
};

enum alb_target_type { ALB_TARGET_IP, ALB_TARGET_LAMBDA };
enum alb_protocol { ALB_HTTP, ALB_HTTPS };

/* In the API's words: initial, healthy, unhealthy, unused, draining, unavailable. */
enum alb_target_state {
    ALB_INITIAL,
    ALB_HEALTHY,
    ALB_UNHEALTHY,
    ALB_UNUSED,
    ALB_DRAINING,
    ALB_UNAVAILABLE, /* health checks are off; takes requests */
};

/* Settings of a group's health check, checked by alb_group_check_valid. */
struct alb_health_check {
    bool is_enabled; /* always for ip targets */
    enum alb_protocol protocol;
    unsigned port; /* 0: "traffic-port", each target's own */
    char path[ALB_PATH_MAX + 1];
    unsigned interval_s, timeout_s;
    unsigned healthy_count, unhealthy_count;
    char matcher[ALB_MATCHER_MAX + 1]; /* "200", "200,202", "200-299" */
};

/* Who registered a target, when that is the rig: a task of a service. All may be NULL. */
struct alb_target_owner {
    /* true: it is ended, or about to, and takes no request that may not be sent twice. */
    bool (*is_doomed)(void *context);
    /* A connection was refused, or closed without an answer. */
    void (*on_failed)(void *context);
    /* The health checks have found it unhealthy: it gets no requests. */
    void (*on_unhealthy)(void *context);
    /* It has been deregistered and its last request has ended; said once, maybe inside
     * alb_target_deregister. */
    void (*on_unused)(void *context);
    /* It has left its group, by whomever: the owner's pointer to it is dead after the call. */
    void (*on_gone)(void *context);
    void *context;
};

struct alb_target {
    struct alb_group *group;
    char id[ALB_ARN_MAX + 1];     /* an IPv4 address, or a function's ARN */
    unsigned port;                /* 0 for a function */
    struct sockaddr_in address;   /* of type ip */
    struct alb_function function; /* of type lambda */
    enum alb_target_state state;
    const char *reason;             /* such as "Target.Timeout"; NULL: none; static */
    char description[ALB_TEXT_MAX]; /* "": none */
    uint64_t request_count;         /* that were sent to it */
    size_t in_flight;               /* that it has now */
    int64_t registered_ms;          /* the monotonic clock */
    int64_t healthy_since_ms;       /* 0: it is not */
    int64_t draining_until_ms;      /* in ALB_DRAINING */
    struct alb_target_owner owner;
    void *health;         /* the health checks' own, for this target */
    struct choice choice; /* pick.h's */
    struct upstream *idle[ALB_IDLE_CONNECTIONS];
    size_t idle_count;
    struct alb_call *calls; /* that it has in flight; the data path's (dispatch.h) */
    bool is_removed;        /* in no list any more; goes with its last request */
    struct alb_target *next;
};

struct alb_group {
    struct alb_model *model;
    char name[ALB_NAME_MAX + 1];
    char arn[ALB_ARN_MAX + 1];
    enum alb_target_type type;
    enum alb_protocol protocol; /* of ip targets */
    unsigned port;              /* of ip targets that are registered without one */
    struct alb_health_check check;
    struct alb_group_attributes attributes;
    struct alb_target *targets; /* in the order in which they came */
    size_t expected;            /* targets that are on their way, see alb_group_expect */
    bool is_used;               /* some rule forwards to it */
    uint64_t request_count;     /* that a rule sent here */
    /* What counts its requests: observe's, looked up once; NULL: there was none yet. */
    struct alb_metrics_group *counters;
    struct alb_call *waiting, **waiting_last; /* for a target that is on its way */
    size_t use_count;                         /* requests and removed targets that point here */
    bool is_deleted;                          /* in no list any more; goes with its last use */
    struct alb_group *next;
};

/* --- groups --- */

/* What a new group is told. Texts are copied. Zero means AWS's default, where there is one. */
struct alb_group_options {
    struct bytes name; /* Required: 1 to 32 of letters, digits and inner hyphens. */
    enum alb_target_type type;
    enum alb_protocol protocol;
    unsigned port;                        /* Required for ip: 1 to 65535. */
    const struct alb_health_check *check; /* NULL: alb_health_check_default */
};

/* AWS's defaults for a type: ip every 30 s within 5 s, 5 and 2 of a kind, "/", "200"; lambda off,
 * every 35 s within 30 s, 5 and 5. */
struct alb_health_check alb_health_check_default(enum alb_target_type type);

/* ValidationError when a setting is out of AWS's bounds: interval 5 to 300 s and more than the
 * timeout of 2 to 120 s, counts of 2 to 10, codes of 200 to 499, a path that begins with '/'. The
 * model's `interval_min_s` stands for the 5. */
enum alb_error alb_health_check_valid(const struct alb_model *model,
                                      const struct alb_health_check *check,
                                      struct alb_why *why) MUST_CHECK;

/* `group` out. ALB_OK, also when a group of that name with the same settings is there, which is
 * then the one; DuplicateTargetGroupName; TooManyTargetGroups; ValidationError. */
enum alb_error alb_group_create(struct alb_model *model, const struct alb_group_options *options,
                                struct alb_group **group, struct alb_why *why) MUST_CHECK;

/* New health-check settings. ALB_OK, ValidationError. */
enum alb_error alb_group_set_check(struct alb_group *group, const struct alb_health_check *check,
                                   struct alb_why *why) MUST_CHECK;

/* ResourceInUse while a rule forwards to it; its targets are deregistered without a delay. */
enum alb_error alb_group_delete(struct alb_group *group, struct alb_why *why) MUST_CHECK;

/* NULL: there is none. */
struct alb_group *alb_group_find(const struct alb_model *model, struct bytes arn);
struct alb_group *alb_group_named(const struct alb_model *model, struct bytes name);

/* For a request on its way: the group stays until it is let go. */
void alb_group_hold(struct alb_group *group);
void alb_group_let_go(struct alb_group *group);

/* The owner starts a target (+1), or has registered it or given up (-1). While one is on its way
 * and none takes requests, requests wait for it, as long as an ALB tries to connect: so a task that
 * is restarted loses none. AWS would answer 503. */
void alb_group_expect(struct alb_group *group, int change);

/* --- targets --- */

/* "initial" ...; never NULL. */
const char *alb_target_state_name(enum alb_target_state state);

/* Registers an ip target (`id` an IPv4 address, port 0: the group's) or a function (`id` its ARN,
 * which the model's find_function knows). One that is there already stays as it is, and is taken
 * back when it drains. `owner` is copied; NULL: none. `target` out, may be NULL.
 *
 * Its state is `unused` while no rule forwards to the group, `unavailable` where health checks are
 * off, else `initial` (Elb.RegistrationInProgress) until somebody sets another.
 *
 * ALB_OK · InvalidTarget: no such function, or a second one in the group · ValidationError: no
 * address, no port · TooManyTargets */
enum alb_error alb_target_register(struct alb_group *group, struct bytes id, unsigned port,
                                   const struct alb_target_owner *owner, struct alb_target **target,
                                   struct alb_why *why) MUST_CHECK;

/* NULL: there is none. Port 0: the first of that id. */
struct alb_target *alb_target_find(const struct alb_group *group, struct bytes id, unsigned port);

/* No new requests: `draining` for the group's deregistration delay, or, where that is 0 and for a
 * function, gone at once. `target` may be gone after the call. */
void alb_target_deregister(struct alb_target *target);

/* Takes it out of the group now; it is freed with its last request. */
void alb_target_remove(struct alb_target *target);

/* Says how it is; wakes requests that wait. `reason` is static, `description` is copied; either may
 * be NULL. */
void alb_target_set_state(struct alb_target *target, enum alb_target_state state,
                          const char *reason, const char *description);

/* For a request that is sent to it, and when that has ended. */
void alb_target_hold(struct alb_target *target);
void alb_target_let_go(struct alb_target *target);

#endif
