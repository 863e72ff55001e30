#ifndef RUNTIME_ALB_ATTRIBUTE_H
#define RUNTIME_ALB_ATTRIBUTE_H

/*
 * attribute — the attributes of load balancers, listeners and target groups: the API's keys and
 * texts on one side, numbers and choices for the data path on the other.
 *
 * Layer:   alb. Knows core/. No I/O.
 * Source:  the lists at LoadBalancerAttribute, ListenerAttribute and TargetGroupAttribute, Elastic
 *          Load Balancing API, version 2015-12-01.
 *
 * An attribute that nothing here acts on (logs to S3, waf, zonal shift ...) is kept and given back
 * as it was set.
 */

#include "runtime/alb/error.h"

enum { ALB_ATTRIBUTES_MAX = 40, ALB_ATTRIBUTE_VALUE_MAX = 1024 };

enum alb_attribute_scope { ALB_OF_BALANCER, ALB_OF_LISTENER, ALB_OF_IP_GROUP, ALB_OF_LAMBDA_GROUP };

enum alb_xff_mode { ALB_XFF_APPEND, ALB_XFF_PRESERVE, ALB_XFF_REMOVE };
enum alb_algorithm { ALB_ROUND_ROBIN, ALB_LEAST_OUTSTANDING, ALB_WEIGHTED_RANDOM };

/* routing.http... and the like; the defaults are AWS's. */
struct alb_balancer_attributes {
    unsigned idle_timeout_s;         /* idle_timeout.timeout_seconds, 1 to 4000, 60 */
    unsigned client_keep_alive_s;    /* client_keep_alive.seconds, 60 to 604800, 3600 */
    unsigned xff_mode;               /* enum alb_xff_mode, append */
    unsigned desync_mode;            /* enum desync_mode, defensive */
    unsigned drops_invalid_fields;   /* 0 or 1, false */
    unsigned preserves_host;         /* false */
    unsigned has_xff_client_port;    /* false */
    unsigned is_http2;               /* true */
    unsigned deletion_is_protected;  /* false */
    unsigned adds_tls_fields;        /* false */
    char *texts[ALB_ATTRIBUTES_MAX]; /* of each row as it was set; NULL: the default */
};

struct alb_listener_attributes {
    unsigned names_server; /* routing.http.response.server.enabled, true */
    bool has_texts;        /* some attribute has been set; each answer asks */
    char *texts[ALB_ATTRIBUTES_MAX];
};

/* Fewer healthy targets than both say is too few; 0: off. */
struct alb_least {
    unsigned count, percent;
};

struct alb_group_attributes {
    unsigned deregistration_delay_s; /* 0 to 3600, 300 */
    unsigned slow_start_s;           /* 0 or 30 to 900, 0 */
    unsigned algorithm;              /* enum alb_algorithm, round_robin */
    unsigned is_sticky;              /* stickiness.enabled, false */
    unsigned is_app_cookie;          /* stickiness.type: 0 lb_cookie, 1 app_cookie */
    unsigned sticky_s;               /* stickiness.lb_cookie.duration_seconds, 1 to 604800, 86400 */
    unsigned app_sticky_s;           /* stickiness.app_cookie.duration_seconds, the same */
    struct {                         /* target_group_health.*.minimum_healthy_targets */
        struct alb_least dns;        /* dns_failover: 1, off; only told of, in metrics */
        struct alb_least routing;    /* unhealthy_state_routing: 1, off */
    } least_healthy;
    unsigned is_multi_value; /* lambda.multi_value_headers.enabled, false */
    char *texts[ALB_ATTRIBUTES_MAX];
};

/* Sets all attributes to AWS's defaults; `attributes` is the struct that belongs to `scope`. */
void alb_attributes_init(enum alb_attribute_scope scope, void *attributes);

/* Frees the texts. */
void alb_attributes_release(enum alb_attribute_scope scope, void *attributes);

/* Sets one. ALB_OK · ValidationError: no such key in this scope, or a value that is not allowed;
 * `why` names both · InternalFailure: no memory. The rest stays as it was. */
enum alb_error alb_attribute_set(enum alb_attribute_scope scope, void *attributes, struct bytes key,
                                 struct bytes value, struct alb_why *why) MUST_CHECK;

/* The same as a question alone, for callers that change all or nothing. */
enum alb_error alb_attribute_check(enum alb_attribute_scope scope, struct bytes key,
                                   struct bytes value, struct alb_why *why) MUST_CHECK;

/* The i-th attribute of a scope, in a fixed order. false: there are no more. `value` looks into
 * `attributes` or is static. */
bool alb_attribute_at(enum alb_attribute_scope scope, const void *attributes, size_t i,
                      const char **key, const char **value) MUST_CHECK;

/* The next header field that a listener's attributes set in answers, from the `*i`-th attribute on,
 * 0 at first; `*i` moves behind it. false: there are no more. */
bool alb_listener_field_next(const struct alb_listener_attributes *attributes, size_t *i,
                             struct bytes *name, const char **value) MUST_CHECK;

/* The value of `key` as text; NULL: there is no such attribute in this scope. */
const char *alb_attribute_get(enum alb_attribute_scope scope, const void *attributes,
                              const char *key);

#endif
