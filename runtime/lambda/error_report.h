#ifndef RUNTIME_LAMBDA_ERROR_REPORT_H
#define RUNTIME_LAMBDA_ERROR_REPORT_H

/*
 * error_report — an error as the Runtime API takes it: its type, its body, its X-Ray cause.
 *
 * Layer:   lambda home, below rapi. Makes texts, sends nothing.
 * Memory:  the caller's buffer or arena.
 * Source:  "Building a custom runtime", Lambda developer guide, and the checks of the Runtime
 *          Interface Emulator.
 */

#include "runtime/core/arena.h"
#include "runtime/core/buf.h"

struct error_report {
    struct bytes type;    /* of any form: it is brought into the platform's where it is used */
    struct bytes message; /* any bytes */
};

/* `type` in the form that the platform takes, (Runtime|Function)\.[A-Z][a-zA-Z]+: itself, or static
 * text: "Function.Unknown" for what begins with "Function.", else "Runtime.Unknown". */
struct bytes error_report_type(struct bytes type);

/* Appends {"errorMessage":...,"errorType":...,"stackTrace":[]}. */
void error_report_body(struct buf *out, const struct error_report *report);

/* The value of Lambda-Runtime-Function-XRay-Error-Cause: one line of ASCII, in the arena.
 *
 * out  empty when there is none: it would be over ERROR_CAUSE_MAX_BYTES, or there is no memory. It
 *      is sent beside the error, which must get through without it */
void error_report_cause(struct arena *arena, const struct error_report *report, struct bytes *out);

/* Lambda drops a cause of 1 MiB and allows as much for all header values together; servers in
 * between often stop at 16 KiB a line, and a longer cause tells nobody more. */
enum { ERROR_CAUSE_MAX_BYTES = 15 * 1024 };

#endif
