#ifndef RUNTIME_ALB_ERROR_H
#define RUNTIME_ALB_ERROR_H

/*
 * error — why the model refuses a change, by the names of AWS's API.
 *
 * Layer:   alb. No state.
 * Source:  the errors of the Elastic Load Balancing API, version 2015-12-01 (botocore's model).
 */

#include "runtime/core/bytes.h"

/* Name, AWS's code, and AWS's text where a place has none of its own. */
#define ALB_ERRORS(X)                                                                           \
    X(LOAD_BALANCER_NOT_FOUND, "LoadBalancerNotFound", "One or more load balancers not found")  \
    X(LISTENER_NOT_FOUND, "ListenerNotFound", "One or more listeners not found")                \
    X(CERTIFICATE_NOT_FOUND, "CertificateNotFound", "The specified certificate does not exist") \
    X(SSL_POLICY_NOT_FOUND, "SSLPolicyNotFound", "The specified SSL policy does not exist")     \
    X(RULE_NOT_FOUND, "RuleNotFound", "One or more rules not found")                            \
    X(TARGET_GROUP_NOT_FOUND, "TargetGroupNotFound", "One or more target groups not found")     \
    X(DUPLICATE_LISTENER, "DuplicateListener", "A listener already exists on this port")        \
    X(DUPLICATE_TARGET_GROUP_NAME, "DuplicateTargetGroupName",                                  \
      "A target group with the same name exists, but with different settings")                  \
    X(PRIORITY_IN_USE, "PriorityInUse", "The specified priority is in use")                     \
    X(RESOURCE_IN_USE, "ResourceInUse", "A specified resource is in use")                       \
    X(OPERATION_NOT_PERMITTED, "OperationNotPermitted", "This operation is not allowed")        \
    X(ACCESS_DENIED, "AccessDenied", "The load balancer may not do this")                       \
    X(INVALID_CONFIGURATION_REQUEST, "InvalidConfigurationRequest",                             \
      "The requested configuration is not valid")                                               \
    X(INVALID_TARGET, "InvalidTarget",                                                          \
      "The specified target does not exist, is not in the "                                     \
      "same VPC as the target group, or has an unsupported "                                    \
      "instance type")                                                                          \
    X(INCOMPATIBLE_PROTOCOLS, "IncompatibleProtocols",                                          \
      "The specified configuration is not valid with this protocol")                            \
    X(UNSUPPORTED_PROTOCOL, "UnsupportedProtocol", "The specified protocol is not supported")   \
    X(INVALID_LOAD_BALANCER_ACTION, "InvalidLoadBalancerAction",                                \
      "The requested action is not valid")                                                      \
    X(TARGET_GROUP_ASSOCIATION_LIMIT, "TargetGroupAssociationLimit",                            \
      "You've reached the limit on the number of load balancers per target group")              \
    X(TOO_MANY_ACTIONS, "TooManyActions",                                                       \
      "You've reached the limit on the number of actions per rule")                             \
    X(TOO_MANY_CERTIFICATES, "TooManyCertificates",                                             \
      "You've reached the limit on the number of certificates per load balancer")               \
    X(TOO_MANY_LISTENERS, "TooManyListeners",                                                   \
      "You've reached the limit on the number of listeners per load balancer")                  \
    X(TOO_MANY_RULES, "TooManyRules",                                                           \
      "You've reached the limit on the number of rules per load balancer")                      \
    X(TOO_MANY_TARGET_GROUPS, "TooManyTargetGroups",                                            \
      "You've reached the limit on the number of target groups for your account")               \
    X(TOO_MANY_UNIQUE_TARGET_GROUPS, "TooManyUniqueTargetGroupsPerLoadBalancer",                \
      "You've reached the limit on the number of unique target groups per load balancer")       \
    X(TOO_MANY_TARGETS, "TooManyTargets", "You've reached the limit on the number of targets")  \
    X(TOO_MANY_TAGS, "TooManyTags",                                                             \
      "You've reached the limit on the number of tags for this "                                \
      "resource")                                                                               \
    X(HEALTH_UNAVAILABLE, "HealthUnavailable",                                                  \
      "The health of the specified targets could not be retrieved due to an internal error")    \
    X(VALIDATION_ERROR, "ValidationError", "The request is not valid")                          \
    X(INTERNAL_FAILURE, "InternalFailure", "The request could not be processed")

/* ALB_OK is 0; the others stand for one of AWS's codes each. */
enum alb_error {
    ALB_OK,
#define ALB_ERROR_MEMBER(name, code, text) ALB_E_##name,
    ALB_ERRORS(ALB_ERROR_MEMBER)
#undef ALB_ERROR_MEMBER
};

enum { ALB_WHY_MAX = 512 };

/* Where a function that refuses says why, for people: the text of the API's Message. */
struct alb_why {
    char text[ALB_WHY_MAX];
};

/* The API's code, such as "TargetGroupNotFound"; "" for ALB_OK. */
const char *alb_error_code(enum alb_error error);

/* The HTTP status of the API's answer: 500 for HealthUnavailable and InternalFailure, else 400. */
int alb_error_status(enum alb_error error);

/* Returns `error`, and puts its own text, or the one printed, into `why`, which may be NULL. */
enum alb_error alb_refuse(struct alb_why *why, enum alb_error error);
enum alb_error alb_refuse_printf(struct alb_why *why, enum alb_error error, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
