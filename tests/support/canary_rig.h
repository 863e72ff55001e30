#ifndef TESTS_SUPPORT_CANARY_RIG_H
#define TESTS_SUPPORT_CANARY_RIG_H

/*
 * canary_rig — calls of AWS's APIs by a test, at a rig or at moto, and a plan for a canary there.
 *
 * All failures fail the test.
 */

#include "pipeline/canary/api.h"
#include "tests/support/program.h"
#include "tests/support/tempdir.h"

struct canary_rig {
    struct api api;
    struct tempdir folder;
    char endpoint[64];
    char plan[TEMPDIR_PATH_MAX * 2];
};

/* Starts moto, which says "listening on PORT". false: this machine cannot have it, and `claim` is
 * said to be passed over; in CI that is a failure. */
bool canary_rig_start_moto(struct program *moto, const char *claim);

/* The service is at 127.0.0.1:port. */
void canary_rig_init(struct canary_rig *rig, unsigned port);
void canary_rig_release(struct canary_rig *rig);

/* One call of a Query service: "Action=..". The answer lives until the next one. */
const struct xml_node *canary_rig_query(struct canary_rig *rig, enum api_service service,
                                        const char *form);

/* The same of a service that Duet has no client for, by a client of its own: "ec2", "sqs". The
 * answer lives until the next call of the rig. */
const struct xml_node *canary_rig_query_other(struct canary_rig *rig, const char *service,
                                              const char *form);

/* The ARN of a target group; it lives until the next call. */
const char *canary_rig_group(struct canary_rig *rig, const char *name);

/* What the rig's rule of production gives a target group, in tenths of a percent. */
unsigned canary_rig_share(struct canary_rig *rig, const char *group);

/* Sessions of that rule: by the load balancer's cookie a client comes back to its group. */
void canary_rig_make_sticky(struct canary_rig *rig);
bool canary_rig_is_sticky(struct canary_rig *rig);

/* The tasks that an ECS service of the rig is to have. */
unsigned canary_rig_tasks(struct canary_rig *rig, const char *service);

/* Registers 127.0.0.1:port with a group, or takes it out. */
void canary_rig_target(struct canary_rig *rig, const char *action, const char *group,
                       unsigned port);

/* Writes the plan's file. */
void canary_rig_plan(struct canary_rig *rig, const char *text);

/* Starts `duet TOOL COMMAND PLAN [OPTION]`. */
void canary_rig_command(struct canary_rig *rig, struct program *program, const char *tool,
                        const char *command, const char *option);

/* Starts `duet canary COMMAND PLAN [OPTION]`. */
void canary_rig_start(struct canary_rig *rig, struct program *program, const char *command,
                      const char *option);

/* The same, to its end; gives the exit status. */
int canary_rig_run(struct canary_rig *rig, const char *command, const char *option);

#endif
