#ifndef RUNTIME_AWS_ENVIRONMENT_H
#define RUNTIME_AWS_ENVIRONMENT_H

/*
 * environment — where the settings of AWS's own tools come from: environment variables.
 *
 * Layer:   aws, private.
 * Memory:  texts are the environment's.
 * Threads: any, as long as nobody changes the environment.
 *
 * Everything of this folder takes a look-up as a parameter, so that tests give an environment of
 * their own; this is the one file that knows the process's.
 */

typedef const char *aws_lookup_fn(const char *name);

/* The process's environment. */
const char *aws_environment_lookup(const char *name);

/* What `lookup` has for `name`; NULL where it has nothing or the empty text, as AWS's SDKs see it.
 */
const char *aws_environment_get(aws_lookup_fn *lookup, const char *name);

#endif
