#ifndef RUNTIME_TASKS_SERVICE_INTERNAL_H
#define RUNTIME_TASKS_SERVICE_INTERNAL_H

/* service_internal — what the files of service share. Layer: tasks, for service*.c alone. */

#include "runtime/tasks/service.h"
#include "runtime/tasks/task.h"

/* Compares wish and state, and acts. Does nothing when it is called inside itself, or while the
 * service stops. */
void service_schedule(struct service *service);

/* A task of `deployment` has ended before it was ready, or could not be started: the next start
 * waits, and maybe the deployment is given up. */
void service_note_failure(struct service *service, struct deployment *deployment,
                          const char *reason);

/* A task of `deployment` is unhealthy: counts too, as long as it is not completed. */
void service_count_failure(struct service *service, struct deployment *deployment);

/* Starts a task of the primary deployment. false: it is noted as failed. */
bool service_start_task(struct service *service);

/* Adds "(service NAME) " and the text as an event. */
void service_say(struct service *service, const char *format, ...) PRINTF_LIKE(2, 3);

/* Notes a task that has ended; `status` as waitpid's. */
void service_note_stopped(struct service *service, const struct task *task, int status);

/* Notes one that could not be started. */
void service_note_unstarted(struct service *service, const char *code, const char *reason);

/* A new deployment, the primary one. NULL: no memory. */
struct deployment *service_deploy(struct service *service,
                                  const struct definition *definition) MUST_CHECK;

/* Forgets deployments of the past whose last task has ended. */
void service_prune(struct service *service);

#endif
