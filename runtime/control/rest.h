#ifndef RUNTIME_CONTROL_REST_H
#define RUNTIME_CONTROL_REST_H

/*
 * rest — calls of AWS's REST-JSON protocol: method and path name the action; what stands in the
 * path, in the query and in the JSON body are its parameters, all in one map.
 *
 * Layer:   control. No I/O. For door.c.
 * Source:  "AWS restJson1 protocol", Smithy.
 */

#include "runtime/control/control_service.h"

/* Runs the action of call->service whose route `req` fits, or refuses the call: no route
 * (UnknownOperationException, 404; another method 405), a body that is no JSON object, a name that
 * comes twice. A slash at the path's end does not count. */
void rest_call(const struct http_request *req, struct control_call *call);

#endif
