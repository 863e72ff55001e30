#ifndef PIPELINE_CANARY_AWS_INTERNAL_H
#define PIPELINE_CANARY_AWS_INTERNAL_H

/*
 * aws_internal — the parts of aws_driver, one file each; for those and for pipeline/guard, which
 * asks the same world.
 *
 * Layer:   canary, private. Each function is one of struct canary_driver's, whose context is the
 *          driver.
 */

#include "pipeline/canary/api.h"
#include "pipeline/canary/aws_driver.h"
#include "pipeline/canary/aws_load.h"
#include "runtime/aws/transport.h"

/* What a target group has in its state. */
struct aws_health {
    unsigned healthy, total;
    bool is_unchecked; /* a Lambda group without health checks */
};

struct aws_driver {
    struct canary_driver interface;
    struct aws_driver_options options;
    struct api api;
    int signal_fd, wake_fd;      /* what ends a wait: SIGTERM or SIGINT; aws_driver_wake */
    struct transport *transport; /* for smoke and hooks; NULL until then */
    struct aws_load *load;       /* NULL until it is needed */
    struct judge_bin *bins;      /* of both sides of the last sample */
    uint64_t unserved;    /* requests of the last sample that the load balancer answered with 503 */
    unsigned asked_tasks; /* of the canary's service, so far */
    bool is_provisioned;  /* it is asked for */
    unsigned sick;        /* looks in a row that found no healthy target */
};

enum {
    AWS_FORM_MAX = 1 << 20,
    AWS_BINS = 110 /* twice, with 17 more: under GetMetricData's 500 */
};

enum rc aws_rule_read(void *context, struct canary_rule *rule, char *why);
enum rc aws_rule_write(void *context, const struct canary_rule *rule, char *why);
enum rc aws_note_read(void *context, const char *name, struct canary_note *note, char *why);
enum rc aws_note_write(void *context, const char *name, struct bytes text, bool overwrite,
                       int64_t *version, char *why);
enum rc aws_note_remove(void *context, const char *name, char *why);
enum rc aws_prepare(void *context, const struct canary_state *state, double part, char *why);
enum rc aws_smoke(void *context, const struct canary_state *state, char *why);
enum rc aws_sample(void *context, const struct canary_state *state, int64_t start_ms,
                   int64_t end_ms, struct judge_sample *sample, char *why);
enum rc aws_alarms(void *context, const struct canary_state *state, char *why);
enum rc aws_hooks(void *context, const struct canary_state *state, enum plan_point point,
                  char *why);
enum rc aws_retire(void *context, const struct canary_state *state, size_t index, char *why);

/* --- shared by them --- */

/* The ARN of the plan's rule, into `arn`. */
enum rc aws_rule_find(struct aws_driver *driver, char *arn, char *why) MUST_CHECK;

/* A rule as DescribeRules has it. RC_REFUSED: one that we cannot shift by; RC_SYNTAX: none. */
enum rc aws_rule_take(struct canary_rule *rule, const struct xml_node *member,
                      char *why) MUST_CHECK;

/* Asks for the tags Slot of the rule's groups, where the plan's slots are no names of groups. */
enum rc aws_rule_slots(struct aws_driver *driver, struct canary_rule *rule, char *why) MUST_CHECK;

/* Calls Elastic Load Balancing; releases the form. */
enum rc aws_elb(struct aws_driver *driver, struct buf *form, const struct xml_node **root,
                char *why) MUST_CHECK;

/* Begins "Action=ACTION&Version=2015-12-01". */
void aws_elb_form(struct buf *form, const char *action);

enum rc aws_group_health(struct aws_driver *driver, const char *arn, struct aws_health *health,
                         char *why) MUST_CHECK;

/* Tasks of ECS, provisioned concurrency of Lambda for `part` of the home. RC_AGAIN: not yet. */
enum rc aws_capacity(struct aws_driver *driver, double part, char *why) MUST_CHECK;

/* How many tasks a part of the home needs. */
unsigned aws_tasks(const struct plan_capacity *capacity, double part);

/* What smoke and hooks send by; NULL: no memory. */
struct transport *aws_transport(struct aws_driver *driver);

/* The value of an environment variable; NULL: not set. */
const char *aws_variable(const struct aws_driver *driver, const char *name);

#endif
