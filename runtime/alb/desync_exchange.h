#ifndef RUNTIME_ALB_DESYNC_EXCHANGE_H
#define RUNTIME_ALB_DESYNC_EXCHANGE_H

/*
 * desync_exchange — desync.h's verdict on a request as a connection of net/httpd brings it.
 *
 * Layer:   alb. Knows net/httpd.
 */

#include "runtime/alb/desync.h"
#include "runtime/net/httpd.h"

/* Of a request that our reader takes: before fields of the connection are taken out of it. */
enum desync_reason desync_of_request(const struct httpd_exchange *exchange);

/* Of bytes that it refuses with `fault`, inside httpd's on_fault. Compliant where it was no grammar
 * that they broke, but a limit or a timeout. */
enum desync_reason desync_of_fault(const struct httpd_exchange *exchange, enum rc fault);

#endif
