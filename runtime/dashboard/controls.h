#ifndef RUNTIME_DASHBOARD_CONTROLS_H
#define RUNTIME_DASHBOARD_CONTROLS_H

/*
 * controls — POST /dashboard/weights: the page sets the weights of a rule; and who may call at all.
 *
 * Layer:   dashboard, private.
 *
 * What is to be feared is another web page in the browser of whoever runs the rig: it can send
 * requests here, but it can read no answer of this origin. So a call must show what only this
 * origin's page knows, the token that came by /events, and four things more, any of which would do:
 * the Host is a name of this machine (the control port has looked: a foreign name may point here),
 * the Origin is this very address and port, the fetch is said to be of the same origin where the
 * browser says it, and the body's type is one that a browser sends elsewhere only after asking.
 */

#include "runtime/alb/model.h"

enum { CONTROLS_TOKEN_LEN = 32 };

/* Random, as hexadecimal digits. false: the system gives no random bytes. */
bool controls_make_token(char token[CONTROLS_TOKEN_LEN + 1]) MUST_CHECK;

/* A POST by this rig's own page. false: `res` says 403 or 405. */
bool controls_permit(const char *token, const struct http_request *req,
                     struct http_response *res) MUST_CHECK;

/* Answers a call: {"rule": ARN, "weights": {"lambda-a": 90, ...}}; a group that is not named keeps
 * its weight. 204 · 400 with a reason, and nothing is changed · 403 · 405. */
void controls_answer(struct alb_model *model, const char *token, const struct http_request *req,
                     struct http_response *res);

#endif
