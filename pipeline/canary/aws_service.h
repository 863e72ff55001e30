#ifndef PIPELINE_CANARY_AWS_SERVICE_H
#define PIPELINE_CANARY_AWS_SERVICE_H

/*
 * aws_service — ECS services: their tasks, and the bounds between which they are scaled.
 *
 * Layer:   canary, private; for canary and guard.
 *
 * All fail as struct canary_driver says.
 */

#include "pipeline/canary/aws_internal.h"

enum {
    AWS_SERVICE_NAME_MAX = 256, /* ECS allows 255 bytes */
    AWS_SERVICES_MAX = 10       /* that DescribeServices takes at once */
};

struct aws_service {
    char name[AWS_SERVICE_NAME_MAX];
    unsigned desired, running; /* tasks */
    bool has_bounds;           /* it is scaled; known after aws_service_read_bounds alone */
    unsigned min, max;
};

/* The one of `names` that registers its tasks with the target group; `group` NULL: the first one.
 * RC_REFUSED besides: there is none. */
enum rc aws_service_find(struct aws_driver *driver, const char *cluster, const char *const *names,
                         size_t count, const char *group, struct aws_service *service,
                         char *why) MUST_CHECK;

/* Fills in whether it is scaled, and its bounds. */
enum rc aws_service_read_bounds(struct aws_driver *driver, const char *cluster,
                                struct aws_service *service, char *why) MUST_CHECK;

/* Sets its bounds; it is scaled from then on. ECS gets at least `min` tasks at once. */
enum rc aws_service_set_bounds(struct aws_driver *driver, const char *cluster, const char *name,
                               unsigned min, unsigned max, char *why) MUST_CHECK;

/* Sets how many tasks it should have: behind the bounds, so that scaling does not undo it. */
enum rc aws_service_set_count(struct aws_driver *driver, const char *cluster, const char *name,
                              unsigned count, char *why) MUST_CHECK;

#endif
