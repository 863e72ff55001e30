#ifndef RUNTIME_CONTROL_ELB_INTERNAL_H
#define RUNTIME_CONTROL_ELB_INTERNAL_H

/*
 * elb_internal — what the files of elb.h share: reading of parameters, shapes, and the actions.
 *
 * Layer:   control, private.
 */

#include "runtime/alb/tag.h"
#include "runtime/control/elb.h"

enum { ELB_TAGS_MAX = 50, ELB_PAGE_MAX = 400 };

struct elb {
    struct alb_model *model;
    struct control_service service;
};

/* One call, as the actions see it. */
struct elb_call {
    struct elb *elb;
    struct alb_model *model;
    const struct datum *input;
    struct arena *arena;
    struct datum_maker *maker;
    struct alb_why *why;
};

/* Does an action, and puts its result's members into `result`. Another answer than ALB_OK is the
 * call's refusal; nothing has changed then. */
typedef enum alb_error elb_action_fn(struct elb_call *call, struct datum *result);

/* --- parameters: `map` is the call's input or a part of it --- */

/* ALB_OK; ValidationError where it is not there but `is_required`, or no text. Not there: `out` is
 * empty. */
enum alb_error elb_text(struct elb_call *call, const struct datum *map, const char *name,
                        bool is_required, struct bytes *out) MUST_CHECK;

/* The same, copied with a NUL into `size` bytes; not there: `out` stays as it is. */
enum alb_error elb_copy(struct elb_call *call, const struct datum *map, const char *name, char *out,
                        size_t size) MUST_CHECK;

/* A whole number from `min` to `max`; not there: `out` stays as it is. */
enum alb_error elb_number(struct elb_call *call, const struct datum *map, const char *name,
                          unsigned min, unsigned max, unsigned *out) MUST_CHECK;

/* true or false; not there: `out` stays as it is. */
enum alb_error elb_flag(struct elb_call *call, const struct datum *map, const char *name,
                        bool *out) MUST_CHECK;

/* HTTP or HTTPS, of the call's input; not there: `out` stays as it is. */
enum alb_error elb_protocol(struct elb_call *call, const char *name,
                            enum alb_protocol *out) MUST_CHECK;

/* A list, which has an item at least where it `is_required`; never NULL with ALB_OK. */
enum alb_error elb_list(struct elb_call *call, const struct datum *map, const char *name,
                        bool is_required, const struct datum **out) MUST_CHECK;

/* ValidationError, as AWS writes it, about the value of `name` in `map`. */
enum alb_error elb_invalid(struct elb_call *call, const struct datum *map, const char *name,
                           const char *constraint) MUST_CHECK;

/* --- things by their ARN, the value of `name`, which is required --- */

enum alb_error elb_need_balancer(struct elb_call *call, const char *name) MUST_CHECK;
enum alb_error elb_need_listener(struct elb_call *call, const char *name,
                                 struct alb_listener **out) MUST_CHECK;
enum alb_error elb_need_rule(struct elb_call *call, const struct datum *map, const char *name,
                             struct alb_rule **out) MUST_CHECK;
enum alb_error elb_need_group(struct elb_call *call, const struct datum *map, const char *name,
                              struct alb_group **out) MUST_CHECK;

/* --- pages of what an action describes --- */

struct elb_items {
    const void **items;
    size_t count, cap;
};

/* Adds one; a refusal of the arena is remembered in call->maker. */
void elb_items_add(struct elb_call *call, struct elb_items *items, const void *item);

/* Cuts `items` down to the page that PageSize and Marker name, and says NextMarker in `result`
 * where there is more. ValidationError: neither is what AWS takes. */
enum alb_error elb_items_page(struct elb_call *call, struct elb_items *items,
                              struct datum *result) MUST_CHECK;

/* --- shapes --- */

enum alb_error elb_read_action(struct elb_call *call, const char *list_name,
                               struct alb_action *action) MUST_CHECK;
void elb_write_action(struct elb_call *call, struct datum *map, const char *list_name,
                      const struct alb_action *action);

/* `conditions` has room for ALB_VALUES_MAX. */
enum alb_error elb_read_conditions(struct elb_call *call, struct alb_condition *conditions,
                                   size_t *count) MUST_CHECK;
void elb_write_conditions(struct elb_call *call, struct datum *map, const struct alb_rule *rule);

/* The Transforms of the call's input; where there are none, both are empty. As
 * alb_transformer_init, and ValidationError. */
enum alb_error elb_read_transforms(struct elb_call *call, struct alb_transforms *transforms,
                                   struct alb_transformer *made) MUST_CHECK;
void elb_write_transforms(struct elb_call *call, struct datum *map, const struct alb_rule *rule);

/* The Tags of a call that creates something, checked; and set, once it is there. */
enum alb_error elb_check_tags(struct elb_call *call, const char *arn) MUST_CHECK;
enum alb_error elb_set_tags(struct elb_call *call, const char *arn) MUST_CHECK;

/* --- the actions --- */

#define ELB_ACTIONS(X)                                                  \
    X(DescribeLoadBalancers, elb_describe_load_balancers)               \
    X(DescribeLoadBalancerAttributes, elb_describe_balancer_attributes) \
    X(ModifyLoadBalancerAttributes, elb_modify_balancer_attributes)     \
    X(DescribeListeners, elb_describe_listeners)                        \
    X(CreateListener, elb_create_listener)                              \
    X(ModifyListener, elb_modify_listener)                              \
    X(DeleteListener, elb_delete_listener)                              \
    X(DescribeListenerCertificates, elb_describe_certificates)          \
    X(AddListenerCertificates, elb_add_certificates)                    \
    X(RemoveListenerCertificates, elb_remove_certificates)              \
    X(DescribeListenerAttributes, elb_describe_listener_attributes)     \
    X(ModifyListenerAttributes, elb_modify_listener_attributes)         \
    X(DescribeRules, elb_describe_rules)                                \
    X(CreateRule, elb_create_rule)                                      \
    X(ModifyRule, elb_modify_rule)                                      \
    X(DeleteRule, elb_delete_rule)                                      \
    X(SetRulePriorities, elb_set_rule_priorities)                       \
    X(DescribeTargetGroups, elb_describe_target_groups)                 \
    X(CreateTargetGroup, elb_create_target_group)                       \
    X(ModifyTargetGroup, elb_modify_target_group)                       \
    X(DeleteTargetGroup, elb_delete_target_group)                       \
    X(DescribeTargetGroupAttributes, elb_describe_group_attributes)     \
    X(ModifyTargetGroupAttributes, elb_modify_group_attributes)         \
    X(RegisterTargets, elb_register_targets)                            \
    X(DeregisterTargets, elb_deregister_targets)                        \
    X(DescribeTargetHealth, elb_describe_target_health)                 \
    X(DescribeTags, elb_describe_tags)                                  \
    X(AddTags, elb_add_tags)                                            \
    X(RemoveTags, elb_remove_tags)

#define ELB_ACTION_DECLARE(name, function) elb_action_fn function;
ELB_ACTIONS(ELB_ACTION_DECLARE)
#undef ELB_ACTION_DECLARE

#endif
