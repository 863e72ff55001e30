#ifndef TESTS_SUPPORT_AWS_ENV_H
#define TESTS_SUPPORT_AWS_ENV_H

/*
 * aws_env — an environment of a test's own for what calls AWS: nothing of the real one is seen, so
 * no credentials of the person who runs the tests, no proxy, no region.
 *
 * Threads: set and clear before others look things up.
 */

#include "runtime/aws/client.h"

/* Empties it. */
void aws_env_clear(void);

/* Sets `name` to a copy of `value`; NULL unsets it. */
void aws_env_set(const char *name, const char *value);

/* For struct aws_client_options. */
const char *aws_env_lookup(const char *name);

/* Clears it and sets a region (eu-west-1), and AWS's example keys ("AKIDEXAMPLE"). */
void aws_env_set_example(void);

/* AWS_ENDPOINT_URL: http at `address`, "host:port". */
void aws_env_set_endpoint(const char *address);

/* A client of `service` in this environment; aborts the test where there can be none. */
struct aws_client *aws_env_client(const char *service);

#endif
