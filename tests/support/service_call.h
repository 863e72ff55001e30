#ifndef TESTS_SUPPORT_SERVICE_CALL_H
#define TESTS_SUPPORT_SERVICE_CALL_H

/* service_call — signed calls, by JSON 1.1, of a service of the control port in this process. */

#include "runtime/control/control_service.h"

struct service_call {
    const struct control_service *service; /* the test's, set before the first call */
    struct arena arena;
    int status; /* of the last call */
    struct bytes answer;
};

extern struct service_call service_call;

/* Gives the status; the answer lives until the next call. */
int service_call_json(const char *action, const char *body);

/* true when the last answer holds `text`. */
bool service_call_has(const char *text);

/* Frees the last answer. */
void service_call_release(void);

/* A call's status, and a text that its answer must hold; a failure shows the answer. */
#define EXPECT_CALL(status_, action, body, text)                                       \
    do {                                                                               \
        cr_expect_eq(service_call_json(action, body), status_, "%s: %d: %.*s", action, \
                     service_call.status, BYTES_ARG(service_call.answer));             \
        cr_expect(service_call_has(text), "%s: no '%s' in %.*s", action, text,         \
                  BYTES_ARG(service_call.answer));                                     \
    } while (0)

#endif
