#ifndef PIPELINE_CANARY_AWS_DRIVER_H
#define PIPELINE_CANARY_AWS_DRIVER_H

/*
 * aws_driver — a canary's world on AWS; the rig of `duet local` is one more endpoint of it.
 *
 * Layer:   canary.
 * Threads: one thread, but for aws_driver_wake. SIGTERM and SIGINT must be blocked in the process,
 *          and end a wait.
 */

#include "pipeline/canary/driver.h"

enum { AWS_DRIVER_IGNORED_MAX = 20 };

struct aws_driver;

struct aws_driver_options {
    const struct plan *plan; /* borrowed */
    /* Alarms that are no veto, by --ignore-alarm; borrowed. */
    const char *ignored[AWS_DRIVER_IGNORED_MAX];
    size_t ignored_count;
    const char *(*lookup)(const char *name); /* the environment */
};

/* NULL: no memory, or no descriptors. */
struct aws_driver *aws_driver_new(const struct aws_driver_options *options) MUST_CHECK;
void aws_driver_free(struct aws_driver *driver);

const struct canary_driver *aws_driver_interface(const struct aws_driver *driver);

/* Ends the wait that somebody is in, or the next one, as if its time had passed. Any thread. */
void aws_driver_wake(struct aws_driver *driver);

/* One parameter below a path; both texts live until the driver's next call. */
typedef void aws_driver_note_fn(void *context, struct bytes name, struct bytes text);

/* Calls `on_note` for all parameters below `path`, in no order. As struct canary_driver says. */
enum rc aws_driver_notes(struct aws_driver *driver, const char *path, aws_driver_note_fn *on_note,
                         void *context, char *why) MUST_CHECK;

#endif
