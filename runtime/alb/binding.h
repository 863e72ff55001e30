#ifndef RUNTIME_ALB_BINDING_H
#define RUNTIME_ALB_BINDING_H

/*
 * binding — which client comes back to which group and target, as rules and attributes say.
 *
 * Layer:   alb. Knows the model, pick and sticky.
 * Threads: all on the loop's thread.
 *
 * A forward action with stickiness binds to a group, also to one whose weight is 0 by now; a group
 * of type ip with stickiness.enabled and the type lb_cookie binds to a target while that is
 * healthy. What a cookie says is followed only where it is asked for.
 */

#include "runtime/alb/pick.h"
#include "runtime/alb/rule.h"
#include "runtime/alb/sticky.h"

/* The group that the client is bound to: the index of its share. -1: none, choose by weight;
 * `reason`, which is otherwise left as it is, then is "AWSALBTGCookieInvalid" when there is a
 * cookie that is not ours. */
int binding_group(const struct sticky_key *key, const struct alb_action *action,
                  const struct http_request *req, int64_t now_ms, const char **reason);

/* The share that a random number chooses: its index, or -1 when all weights are 0. */
int alb_choose(const struct alb_share *shares, size_t count, struct random_state *random);

/* The share for a request: binding_group's, else alb_choose's. */
int binding_choose(struct alb_model *model, const struct alb_action *action,
                   const struct http_request *req, int64_t now_ms, const char **reason);

/* The name (pick_name) of the target that the client is bound to; "": none. */
void binding_target(const struct sticky_key *key, const struct alb_group *group,
                    const struct http_request *req, int64_t now_ms, char name[PICK_NAME_MAX]);

/* Adds to an answer the cookies that bind the client for the next time: to `group` where `sticky_s`
 * is not 0 (the action's duration when it chose), and to the target `name` where the group asks for
 * it. What has no room in the arena is left out. */
void binding_answer(const struct sticky_key *key, const struct alb_group *group, unsigned sticky_s,
                    const char *name, int64_t now_ms, struct http_response *res,
                    struct arena *arena);

/* The same two for a group whose stickiness.type is app_cookie, which AWS heeds only where the
 * action has no other group. The client is bound when the target has set the cookie that
 * stickiness.app_cookie.cookie_name names; the load balancer's own, AWSALBAPP-0, has the attributes
 * of that. Without such a cookie `name`, or the answer, stays as it is. */
void binding_app_target(const struct sticky_key *key, const struct alb_group *group,
                        const struct http_request *req, int64_t now_ms, char name[PICK_NAME_MAX]);
void binding_app_answer(const struct sticky_key *key, const struct alb_group *group,
                        const char *name, int64_t now_ms, struct http_response *res,
                        struct arena *arena);

#endif
