#ifndef RUNTIME_FUNCTIONS_SANDBOX_REPORT_H
#define RUNTIME_FUNCTIONS_SANDBOX_REPORT_H

/*
 * sandbox_report — the platform's own lines in a function's log, in Lambda's text form or as its
 * JSON: platform.start, .runtimeDone, .report and .initReport, from the options' level on.
 *
 * Layer:   functions. For sandbox.c alone.
 * Source:  "Lambda execution environment", "Log-level filtering" and the log examples of the Lambda
 * developer guide.
 */

#include "runtime/functions/sandbox.h"

/* How an init or an invocation went; error_type is NULL unless status is "error". */
struct sandbox_status {
    const char *status; /* NULL: success, of which the log says nothing */
    const char *error_type;
};

/* START RequestId: ... Version: $LATEST; nothing where options say is_quiet */
void sandbox_report_start(struct sandbox *sandbox);

/* END RequestId: ...  and  REPORT RequestId: ...; nothing for a success where options say is_quiet
 */
void sandbox_report_end(struct sandbox *sandbox, struct sandbox_status status);

/* INIT_REPORT Init Duration: ... */
void sandbox_report_init(struct sandbox *sandbox, const char *phase, struct sandbox_status status);

#endif
