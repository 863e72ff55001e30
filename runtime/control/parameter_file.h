#ifndef RUNTIME_CONTROL_PARAMETER_FILE_H
#define RUNTIME_CONTROL_PARAMETER_FILE_H

/* parameter_file — Parameter Store's parameters as ssm.json. Layer: control, for parameter.c. */

#include "runtime/control/parameter.h"

/* Replaces the file in parameters->dir; NULL there: does nothing. Of each parameter the last
 * PARAMETER_VERSIONS_MAX versions are written. Results as parameters_put. */
enum rc parameter_file_write(const struct parameters *parameters) MUST_CHECK;

/* Puts what the file in `dir` has into empty `parameters` whose own dir is NULL; no file is no
 * failure. false: `error` names the file and what is wrong. */
bool parameter_file_read(const char *dir, struct parameters *parameters, char *error,
                         size_t error_len) MUST_CHECK;

#endif
