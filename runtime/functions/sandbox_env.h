#ifndef RUNTIME_FUNCTIONS_SANDBOX_ENV_H
#define RUNTIME_FUNCTIONS_SANDBOX_ENV_H

/*
 * sandbox_env — the environment variables of a sandbox.
 *
 * Layer:   functions.
 * Source:  "Defined runtime environment variables", Lambda developer guide.
 */

#include "runtime/functions/sandbox.h"

/* Lambda's own variables (the region is options->env's AWS_REGION, else us-east-1), then those of
 * options->env that are not reserved, then defaults that it does not set itself; nothing of the
 * rig's. `port` is the Runtime API's. Ends with NULL; to be freed by sandbox_env_free. NULL: no
 * memory. */
char **sandbox_env_new(const struct sandbox_options *options, unsigned port) MUST_CHECK;

/* The entry of it that no other sandbox has: where its Runtime API is. Borrowed. */
const char *sandbox_env_mark(char **env);

void sandbox_env_free(char **env);

#endif
