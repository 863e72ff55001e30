#ifndef RUNTIME_ALB_RULE_H
#define RUNTIME_ALB_RULE_H

/*
 * rule — listeners, their rules, and what a rule does: a part of the model (model.h).
 *
 * Layer:   alb. Knows core/. No I/O.
 * Memory:  listeners and rules belong to the model. A request looks at a rule when it comes, and
 *          keeps nothing of it but its groups, which it holds.
 * Threads: all on the loop's thread.
 * Source:  "Listener rules for your Application Load Balancer" and "Quotas ...", ALB user guide.
 */

#include "runtime/alb/group.h"
#include "runtime/alb/transform.h"
#include "runtime/core/http.h"

enum {
    ALB_RULE_GROUPS_MAX = 5,
    ALB_VALUES_MAX = 5, /* of all conditions of a rule together */
    ALB_WILDCARDS_MAX = 5,
    ALB_VALUE_MAX = 128,
    ALB_HEADER_NAME_MAX = 40,
    ALB_BODY_MAX = 1024,
    ALB_PRIORITY_MAX = 50000,
    ALB_RULES_MAX = 100, /* of a load balancer, default rules not counted */
    ALB_STICKY_MAX_S = 604800,
    ALB_POLICY_MAX = 64,
};

enum alb_field {
    ALB_HOST_HEADER,
    ALB_PATH_PATTERN,
    ALB_HTTP_HEADER,
    ALB_REQUEST_METHOD,
    ALB_QUERY_STRING,
    ALB_SOURCE_IP,
};

/* One value of a condition; texts may hold '*' and '?', and a backslash before either. */
struct alb_value {
    char key[ALB_VALUE_MAX + 1]; /* of query-string; "": any key */
    char text[ALB_VALUE_MAX + 1];
    uint32_t net, mask; /* of source-ip, host order; made from the text by alb_rule_create */
};

/* Holds when one of its values does. */
struct alb_condition {
    enum alb_field field;
    char header_name[ALB_HEADER_NAME_MAX + 1]; /* of http-header */
    struct alb_value values[ALB_VALUES_MAX];
    size_t value_count;
    bool is_regex; /* texts are regular expressions: RegexValues; of host, path and header */
};

enum alb_action_type { ALB_FORWARD, ALB_REDIRECT, ALB_FIXED_RESPONSE };

struct alb_share {
    struct alb_group *group;
    unsigned weight; /* 0 to 999 */
};

struct alb_action {
    enum alb_action_type type;
    unsigned order; /* 1 to 50000; said back as it was given */
    struct {
        struct alb_share shares[ALB_RULE_GROUPS_MAX];
        size_t count;
        bool is_sticky; /* TargetGroupStickinessConfig */
        unsigned sticky_s;
    } forward;
    struct { /* with #{protocol} #{host} #{port} #{path} #{query} */
        char protocol[16], port[16];
        char host[ALB_VALUE_MAX + 1], path[ALB_VALUE_MAX + 1], query[ALB_VALUE_MAX + 1];
        int status; /* 301 or 302 */
    } redirect;
    struct {
        int status;            /* 2XX, 4XX or 5XX */
        char content_type[33]; /* "": none */
        char body[ALB_BODY_MAX + 1];
    } fixed;
};

struct alb_rule {
    struct alb_listener *listener;
    char arn[ALB_ARN_MAX + 1];
    unsigned priority; /* 1 to 50000; 0: the default rule, which is the last */
    struct alb_condition conditions[ALB_VALUES_MAX];
    size_t condition_count;
    struct alb_regex *regexes[ALB_VALUES_MAX]; /* of the values of all conditions, in order */
    struct alb_action action;
    struct alb_transforms transforms;
    struct alb_transformer transformer; /* made from them */
    struct alb_rule *next;              /* by priority; the default rule ends the list */
};

struct alb_listener {
    struct alb_model *model;
    char arn[ALB_ARN_MAX + 1];
    unsigned port;
    enum alb_protocol protocol;
    struct alb_listener_attributes attributes;
    struct alb_rule *rules;               /* never NULL: the default rule is always there */
    char ssl_policy[ALB_POLICY_MAX + 1];  /* of HTTPS, see ssl_policy.h */
    struct alb_certificate *certificates; /* of HTTPS, see certificates.h */
    void *door;                           /* the data path's, while it listens */
    bool is_deleted;                      /* in no list any more; goes when its door does */
    struct alb_listener *next;
};

/* --- listeners --- */

/* What TLS is spoken by where a listener was told no SslPolicy: the nearest of AWS's to what
 * net/tls speaks. */
#define ALB_POLICY_USUAL "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"

/* Port 0: one that its door picks.
 * ALB_OK · DuplicateListener · TooManyListeners · what alb_action_check says · and what the model's
 * doors say, which open its socket. */
enum alb_error alb_listener_create(struct alb_model *model, unsigned port,
                                   enum alb_protocol protocol, const struct alb_action *action,
                                   struct alb_listener **listener, struct alb_why *why) MUST_CHECK;

/* Its default rule's action. */
enum alb_error alb_listener_set_action(struct alb_listener *listener,
                                       const struct alb_action *action,
                                       struct alb_why *why) MUST_CHECK;

/* Another port, protocol, and action (NULL: the old one) of its default rule; all or nothing.
 * As alb_listener_create. */
enum alb_error alb_listener_modify(struct alb_listener *listener, unsigned port,
                                   enum alb_protocol protocol, const struct alb_action *action,
                                   struct alb_why *why) MUST_CHECK;

/* With its rules. While it has a door, the struct stays: until alb_listener_close. */
void alb_listener_delete(struct alb_listener *listener);

/* Its door is gone. */
void alb_listener_close(struct alb_listener *listener);

struct alb_listener *alb_listener_find(const struct alb_model *model, struct bytes arn);

/* The rule with priority 0. */
struct alb_rule *alb_listener_default(const struct alb_listener *listener);

/* --- rules --- */

/* ALB_OK · PriorityInUse · TooManyRules · ValidationError: a priority that is not 1 to 50000, no
 * condition, more than one host, path, method or source-ip condition, too many values or
 * wildcards, a value with other characters than AWS takes, or an expression that is none · and what
 * alb_action_check says. */
enum alb_error alb_rule_create(struct alb_listener *listener, unsigned priority,
                               const struct alb_condition *conditions, size_t condition_count,
                               const struct alb_action *action, struct alb_rule **rule,
                               struct alb_why *why) MUST_CHECK;

/* New conditions (NULL: the old ones), a new action (NULL: the old one); all or nothing.
 * OperationNotPermitted for a default rule. */
enum alb_error alb_rule_modify(struct alb_rule *rule, const struct alb_condition *conditions,
                               size_t condition_count, const struct alb_action *action,
                               struct alb_why *why) MUST_CHECK;

/* What it makes of a request from now on; `made`, which alb_transformer_init has made of them, is
 * the rule's after it. Not for a default rule. */
void alb_rule_take_transforms(struct alb_rule *rule, const struct alb_transforms *transforms,
                              const struct alb_transformer *made);

struct alb_rule_priority {
    struct alb_rule *rule;
    unsigned priority;
};

/* All or nothing; rules may swap theirs. PriorityInUse, ValidationError, OperationNotPermitted. */
enum alb_error alb_rule_set_priorities(const struct alb_rule_priority *items, size_t count,
                                       struct alb_why *why) MUST_CHECK;

/* OperationNotPermitted for a default rule. */
enum alb_error alb_rule_delete(struct alb_rule *rule, struct alb_why *why) MUST_CHECK;

struct alb_rule *alb_rule_find(const struct alb_model *model, struct bytes arn);

/* ALB_OK · ValidationError: a weight over 999, a duration out of 1 to 604800 s, a status that the
 * type does not have · InvalidConfigurationRequest: one group twice, a redirect to itself ·
 * TooManyActions: no group or more than five. */
enum alb_error alb_action_check(const struct alb_action *action, struct alb_why *why) MUST_CHECK;

/* --- at work --- */

struct alb_seen {
    const struct http_request *req; /* as the client sent it */
    struct bytes host;              /* without a port */
    uint32_t client_net;            /* IPv4, network order */
};

/* The first rule whose conditions all hold; never NULL. */
struct alb_rule *alb_rule_match(const struct alb_listener *listener, const struct alb_seen *seen);

/* true when `text` is what the pattern says; without case where `is_caseless`. */
bool alb_wildcard(struct bytes pattern, struct bytes text, bool is_caseless);

#endif
