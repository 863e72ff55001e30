#ifndef RUNTIME_LOCAL_RIG_DEBUG_H
#define RUNTIME_LOCAL_RIG_DEBUG_H

/*
 * rig_debug — a home under gdbserver: `duet local --debug HOME`.
 *
 * Layer:   local. Knows process/debugger.
 *
 * Each process of that home waits for gdb before its first instruction, and says where. There is
 * one of them at a time, and nothing hurries it: no timeout of an init or an invocation, 15 minutes
 * for an answer, and more than an hour for connections and for health checks.
 */

#include "runtime/local/rig_config.h"

/* Takes "lambda" or "fargate"; not both. false: `error` says what is allowed. */
bool rig_debug_take(struct rig_config *config, const char *home, char *error,
                    size_t error_len) MUST_CHECK;

/* Once all is taken: the settings that a home under gdbserver needs, where one is; those of the
 * environment that are set already stay. `path` is PATH. false: `error` says what is missing. */
bool rig_debug_settle(struct rig_config *config, const char *path, char *error,
                      size_t error_len) MUST_CHECK;

/* Prints how to come to it, when `line` of the home's output says that it waits. */
void rig_debug_line(const struct rig_config *config, int home, struct bytes line);

#endif
