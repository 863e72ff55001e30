#ifndef RUNTIME_FUNCTIONS_RUNTIME_REPLY_H
#define RUNTIME_FUNCTIONS_RUNTIME_REPLY_H

/*
 * runtime_reply — the answers that the Runtime API and the Extensions API have in common.
 *
 * Layer:   functions. Knows net/httpd.
 * Source:  the Runtime Interface Emulator, for the texts.
 */

#include "runtime/net/httpd.h"

/* 202 {"status":"OK"} */
void runtime_reply_ok(struct httpd_exchange *exchange);

/* {"errorMessage":message,"errorType":type}; both are printed as they are. */
void runtime_reply_error(struct httpd_exchange *exchange, int status, const char *type,
                         const char *message);

/* The same without httpd_respond. */
void runtime_set_error(struct httpd_exchange *exchange, int status, const char *type,
                       const char *message);

#endif
