#ifndef RUNTIME_ALB_INTERNAL_H
#define RUNTIME_ALB_INTERNAL_H

/* internal — what the files of the model share. */

#include "runtime/alb/model.h"

/* Writes an ARN of the model's region and account, a "/" and 16 hex digits behind what is printed.
 */
void alb_arn_make(struct alb_model *model, char arn[ALB_ARN_MAX + 1], const char *format, ...)
    PRINTF_LIKE(3, 4);

/* ValidationError when `name` is not 1 to 32 letters, digits and inner hyphens; `what` has it. */
enum alb_error alb_name_check(struct bytes name, const char *what, struct alb_why *why) MUST_CHECK;

/* A rule has come, changed or gone: which groups are used, and so the states of their targets. */
void alb_usage_update(struct alb_model *model);

/* Tells the watchers. */
void alb_tell_group(struct alb_group *group);
void alb_tell_target(struct alb_target *target);
void alb_tell_target_gone(struct alb_target *target);

/* A rule in no list yet. NULL: no memory. */
struct alb_rule *alb_rule_make(struct alb_listener *listener, unsigned priority,
                               const struct alb_action *action) MUST_CHECK;

/* Takes a group out of the model without asking who uses it. */
void alb_group_drop(struct alb_group *group);

/* The state of a target of which nothing is known yet. */
void alb_target_begin(struct alb_target *target);

/* Frees a rule that is in no list. */
void alb_rule_free(struct alb_rule *rule);

/* ValidationError and the like; makes net and mask of source-ip values. */
enum alb_error alb_conditions_check(struct alb_condition *conditions, size_t count,
                                    struct alb_why *why) MUST_CHECK;

#endif
