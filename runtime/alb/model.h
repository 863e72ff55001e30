#ifndef RUNTIME_ALB_MODEL_H
#define RUNTIME_ALB_MODEL_H

/*
 * model — one load balancer as AWS's API describes it: its listeners with their rules (rule.h), and
 * the target groups with their targets (group.h), whether it forwards to them or not.
 *
 * Layer:   alb. Knows core/. No I/O: the data path (alb.h) reads it for each request, the control
 *          port's API changes it, the health checks set the states of targets.
 * Memory:  owns all listeners, rules, groups and targets. Pointers to them hold until their delete;
 *          whoever keeps one longer holds it (alb_group_hold, alb_target_hold).
 * Threads: all on the loop's thread.
 *
 * Every function that changes something changes all of it or nothing, and returns an enum alb_error
 * with the API's code; `why`, which may be NULL, then has a text for people.
 */

#include "runtime/alb/random.h"
#include "runtime/alb/rule.h"
#include "runtime/alb/sticky.h"
#include "runtime/core/buf.h"
#include "runtime/core/metrics.h"

struct tls_context;

/* Told of changes, after they are made. All may be NULL. */
struct alb_watcher {
    /* A target has been registered, taken back while it drained, or begun to drain. */
    void (*on_target)(void *context, struct alb_target *target);
    /* It leaves its group: forget it, and free target->health. */
    void (*on_target_gone)(void *context, struct alb_target *target);
    /* New health-check settings, attributes, or a change of group->is_used. */
    void (*on_group)(void *context, struct alb_group *group);
    void *context;
};

struct alb_model_options {
    const char *name;        /* Required: of the load balancer; 1 to 32 letters, digits, hyphens */
    const char *dns_name;    /* Required */
    const char *region;      /* NULL: us-east-1 */
    const char *account;     /* NULL: 000000000000 */
    uint64_t seed;           /* of ids and of choices by chance; 0: from the system */
    unsigned interval_min_s; /* of health checks; 0: AWS's 5 */
    const char *certificate_arn; /* of all HTTPS listeners; NULL: there can be none */
    /* false: there is no function of this ARN. NULL: there is none at all. */
    bool (*find_function)(void *context, struct bytes arn, struct alb_function *function);
    void *context;
};

enum { ALB_WATCHERS_MAX = 4, ALB_GROUPS_MAX = 100, ALB_LISTENERS_MAX = 50, ALB_TARGETS_MAX = 1000 };

/* Who has the listeners' sockets: the data path, and the model alone where there is none (all are
 * NULL then). `open` and `move` refuse as functions of the model do, and have changed nothing then.
 */
struct alb_doors {
    /* For a listener that is about to be. */
    enum alb_error (*open)(void *context, struct alb_listener *listener, struct alb_why *why);
    /* From what the listener says to another port or protocol. */
    enum alb_error (*move)(void *context, struct alb_listener *listener, unsigned port,
                           enum alb_protocol protocol, struct alb_why *why);
    /* Makes the certificate of a name, or finds it; its `tls` (out) is the door's. */
    enum alb_error (*certify)(void *context, struct bytes name, struct tls_context **tls,
                              struct alb_why *why);
    /* It is deleted: no new connection; requests under way are answered, later ones by 503. */
    void (*close)(void *context, struct alb_listener *listener);
    void *context;
};

struct alb_model {
    struct alb_model_options options; /* region, account and interval_min_s are set */
    char name[ALB_NAME_MAX + 1];
    char arn[ALB_ARN_MAX + 1];
    char dns_name[256];
    int64_t created_epoch_ms;
    struct alb_balancer_attributes attributes;
    struct metrics_connections connections; /* of clients and to targets, not of health checks */
    struct alb_listener *listeners;
    struct alb_group *groups;
    struct alb_tag *tags; /* of all of it (tag.h) */
    struct random_state random;
    struct tls_context *tls;      /* towards targets of protocol HTTPS (connect.h); NULL: not yet */
    struct sticky_key sticky_key; /* of the cookies that bind clients; made with the model */
    struct alb_watcher watchers[ALB_WATCHERS_MAX];
    size_t watcher_count;
    struct alb_doors doors;
    struct buf outgoing; /* the data path's: the request that is being sent, one after the other */
    /* The data path's: requests that wait in the group look for a target again. NULL: no path. */
    void (*wake)(struct alb_group *group);
    /* Whether a function's policy lets a target group call it: asked when it is registered, with
     * options.context. NULL: any may. */
    bool (*may_call)(void *context, struct bytes function_arn, struct bytes group_arn);
    /* Called when an API's call has been done, before its answer: keeps what changed. NULL: nobody
     * does. false: `why` says why it could not. */
    bool (*keep)(struct alb_model *model, struct alb_why *why);
    void *keep_context;
};

/* A load balancer without listeners. NULL: no memory, or the name is none. Texts are copied. */
struct alb_model *alb_model_new(const struct alb_model_options *options) MUST_CHECK;

/* No request may be on its way any more. */
void alb_model_free(struct alb_model *model);

/* Copied; at most ALB_WATCHERS_MAX, for the model's whole life. */
void alb_model_watch(struct alb_model *model, const struct alb_watcher *watcher);

/* The tail of an ARN that CloudWatch's dimensions have: "app/NAME/ID", "targetgroup/NAME/ID". */
struct bytes alb_arn_tail(const char *arn);

/* --- attributes: all pairs or none --- */

struct alb_pair_text {
    struct bytes key, value;
};

/* ALB_OK · ValidationError · InvalidConfigurationRequest: slow start and another algorithm than
 * round robin, or dns_failover's threshold below unhealthy_state_routing's. Watchers are told. */
enum alb_error alb_model_set_attributes(struct alb_model *model, const struct alb_pair_text *pairs,
                                        size_t count, struct alb_why *why) MUST_CHECK;
enum alb_error alb_listener_set_attributes(struct alb_listener *listener,
                                           const struct alb_pair_text *pairs, size_t count,
                                           struct alb_why *why) MUST_CHECK;
enum alb_error alb_group_set_attributes(struct alb_group *group, const struct alb_pair_text *pairs,
                                        size_t count, struct alb_why *why) MUST_CHECK;

/* The scope of a group's attributes. */
enum alb_attribute_scope alb_group_scope(const struct alb_group *group);

#endif
