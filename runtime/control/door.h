#ifndef RUNTIME_CONTROL_DOOR_H
#define RUNTIME_CONTROL_DOOR_H

/*
 * door — who may call the control port, which service and action a request is for, and what its
 * parameters are.
 *
 * Layer:   control. No I/O.
 * Threads: no state.
 *
 * The port listens on loopback alone. What is left to fear there is a web page in the browser of
 * the person who runs the rig: it can send requests to any port of this machine, but it cannot sign
 * them as an AWS client does, and it cannot hide its Origin, nor the name by which it reached the
 * port (DNS rebinding). The value of a signature is not verified: any credentials are taken.
 */

#include "runtime/control/control_service.h"

/* true: the Host names this machine's loopback, and the Origin, when there is one, does too. */
bool door_is_local(const struct http_request *req);

struct door_signature {
    struct bytes region, service; /* of the credential's scope */
};

/* Reads the request's signature of version 4.
 * RC_OK · RC_NOT_FOUND: it is unsigned · RC_SYNTAX: what is there is none */
enum rc door_signature_read(const struct http_request *req,
                            struct door_signature *signature) MUST_CHECK;

/* A look at a request before anything is known of it: the protocol in which it wants its answer. A
 * REST path of a service that is not here counts as CONTROL_JSON. */
enum control_protocol door_protocol(const struct http_request *req);

/* Does the call that `req` is: checks the signature, finds service and action among `services`,
 * reads the parameters, runs the action. Whatever is wrong is answered as AWS does. call->res,
 * arena, request_id and what the port sets are there; the rest is filled in here. Where
 * call->is_answered is false after it, the action answers later, by call->on_answer. */
void door_call(const struct http_request *req, const struct control_service *const *services,
               size_t service_count, struct control_call *call);

#endif
