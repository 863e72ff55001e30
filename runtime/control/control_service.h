#ifndef RUNTIME_CONTROL_CONTROL_SERVICE_H
#define RUNTIME_CONTROL_CONTROL_SERVICE_H

/*
 * control_service — what a service of AWS is to the control port: a row of names and its actions.
 *
 * Layer:   control. The door (control.h) has checked the call, read its parameters from whichever
 *          protocol it came by, and found the action; the action reads and changes the model, and
 *          ends with one control_answer or control_fail, which write the protocol's own shape.
 * Memory:  a call and all its trees live in the request's arena, until it is answered.
 * Threads: all on the loop's thread.
 *
 * A new service is one struct control_service, named in the list that control_new is given.
 */

#include "runtime/control/datum.h"
#include "runtime/core/http.h"

enum control_protocol {
    CONTROL_QUERY, /* form parameters in, XML out */
    CONTROL_JSON,  /* X-Amz-Target, JSON in and out */
    CONTROL_CBOR,  /* Smithy RPC v2: /service/NAME/operation/ACTION, CBOR in and out */
    CONTROL_REST,  /* method and path name the action, JSON in and out */
};

struct control_service;

enum { CONTROL_REQUEST_ID_LEN = 36 };

struct control_call {
    const struct http_request *req;
    const struct control_service *service;
    enum control_protocol protocol;
    struct bytes action;
    bool is_json_1_0;          /* of CONTROL_JSON: 1.0, else 1.1 */
    struct bytes region;       /* of the signature; empty: unsigned */
    const struct datum *input; /* the parameters: a map, maybe an empty one */
    struct arena *arena;
    struct http_response *res;
    char request_id[CONTROL_REQUEST_ID_LEN + 1];
    struct datum_maker maker; /* for the result */
    int status;               /* of a success; 0: 200 */
    bool is_inside;           /* the action runs, or the door before it */
    bool is_answered;
    /* Sends the answer of a call whose action has returned without one. */
    void (*on_answer)(struct control_call *call);
    /* Takes a call of `service` over, before the services that are here are looked at. false: it
     * does not. NULL: nobody would. */
    bool (*on_forward)(struct control_call *call, struct bytes service);
    void (*on_wake)(struct control_call *call); /* see control_wake */
    void *owner, *port;                         /* the port's */
    bool is_live;                               /* of an answer: by control_answer_live */
    void (*on_over)(void *context);
    void *over_context;
};

/* Does one action; `context` is the service's. A refused call must change nothing. One that has to
 * wait may return and answer later: the call, its input and arena stay until then. */
typedef void control_action_fn(void *context, struct control_call *call);

struct control_action {
    const char *name; /* "DescribeRules" */
    control_action_fn *run;
};

/* An action of a REST service. */
struct control_route {
    const char *method;
    const char *path; /* "/2015-03-31/functions/{FunctionName}/code": what stands in braces is a
                       * segment, and a text of that name in the input */
    const char *name; /* "UpdateFunctionCode" */
    control_action_fn *run;
    bool is_raw; /* the body is no parameters, but call->req->body */
};

/* How a service keeps what its actions have changed. */
struct control_keep {
    /* NULL: nothing is kept. Called when an action is done whose name does not say that it only
     * reads (Get, List, Describe, Invoke), before its answer. false: `error` says why not, and is
     * the answer. */
    bool (*fn)(void *context, char *error, size_t error_len);
    void *context;
    const char *fault; /* the service's own error for its own failures: "ServiceException" */
};

struct control_service {
    const char *name;          /* in a signature's scope: "elasticloadbalancing" */
    const char *version;       /* Query's Version: "2015-12-01"; NULL: it has no Query protocol */
    const char *xml_namespace; /* of Query's answers; NULL with it */
    const char *target;        /* X-Amz-Target before the dot, and CBOR's NAME; NULL: it has none */
    const char *shape_prefix;  /* of JSON's and CBOR's error types, "com.amazonaws.x#"; NULL: "" */
    const char *invalid;       /* its error for a wrong parameter, where it reads them by input.h */
    const struct control_action *actions;
    size_t action_count;
    const struct control_route *routes; /* not NULL: it speaks REST alone */
    size_t route_count;
    void *context;
    struct control_keep keep;
};

/* A new result, an empty map. Build it with call->maker; a failure of that is dealt with by
 * control_answer. */
struct datum *control_result(struct control_call *call);

/* Answers call->status with `result`; NULL: an action without one. */
void control_answer(struct control_call *call, const struct datum *result);

/* Answers with bytes that are no tree. `body` is copied; fields may have been added to call->res.
 */
void control_answer_raw(struct control_call *call, int status, struct bytes type,
                        struct bytes body);

/* Answers with a body that goes on for as long as something happens: `producer` gives its next
 * part, with its `context`; where it says RC_AGAIN and gives none, control_wake has it asked again.
 * on_over tells, with the same context, that the answer is over, also when the client has left; the
 * port's own end tells nothing. */
void control_answer_live(struct control_call *call, int status, struct bytes type,
                         http_producer_fn *producer, void (*on_over)(void *context), void *context);

/* The answer may be over, and the call gone, after it. */
void control_wake(struct control_call *call);

/* Answers with an error: `code` as AWS names it ("RuleNotFound"), static. */
void control_fail(struct control_call *call, int status, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
