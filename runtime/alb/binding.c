#include "runtime/alb/binding.h"

#include <stdio.h>

#include "runtime/alb/model.h"

int binding_group(const struct sticky_key *key, const struct alb_action *action,
                  const struct http_request *req, int64_t now_ms, const char **reason)
{
    struct sticky_claim claim;
    if (action->type != ALB_FORWARD || !action->forward.is_sticky)
        return -1;
    enum sticky_outcome outcome =
        sticky_read(key, STICKY_GROUP, BYTES_LIT(""), req, now_ms, &claim);
    if (outcome == STICKY_INVALID)
        *reason = "AWSALBTGCookieInvalid";
    if (outcome != STICKY_VALID)
        return -1;
    for (size_t i = 0; i < action->forward.count; i++)
        if (bytes_eq(alb_arn_tail(action->forward.shares[i].group->arn),
                     bytes_from_str(claim.subject)))
            return (int)i;
    return -1;
}

int alb_choose(const struct alb_share *shares, size_t count, struct random_state *random)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += shares[i].weight;
    if (sum == 0)
        return -1;
    uint64_t ticket = random_below(random, sum);
    int chosen = 0;
    while (ticket >= shares[chosen].weight)
        ticket -= shares[chosen++].weight;
    return chosen;
}

int binding_choose(struct alb_model *model, const struct alb_action *action,
                   const struct http_request *req, int64_t now_ms, const char **reason)
{
    int bound = binding_group(&model->sticky_key, action, req, now_ms, reason);
    if (bound >= 0)
        return bound;
    return alb_choose(action->forward.shares, action->forward.count, &model->random);
}

static bool binds_targets(const struct alb_group *group)
{
    return group->type == ALB_TARGET_IP && group->attributes.is_sticky &&
           !group->attributes.is_app_cookie && group->attributes.algorithm != ALB_WEIGHTED_RANDOM;
}

void binding_target(const struct sticky_key *key, const struct alb_group *group,
                    const struct http_request *req, int64_t now_ms, char name[PICK_NAME_MAX])
{
    struct sticky_claim claim;
    name[0] = '\0';
    if (binds_targets(group) && sticky_read(key, STICKY_TARGET, bytes_from_str(group->arn), req,
                                            now_ms, &claim) == STICKY_VALID)
        (void)snprintf(name, PICK_NAME_MAX, "%.*s", PICK_NAME_MAX - 1, claim.subject);
}

void binding_answer(const struct sticky_key *key, const struct alb_group *group, unsigned sticky_s,
                    const char *name, int64_t now_ms, struct http_response *res,
                    struct arena *arena)
{
    enum rc rc = RC_OK;
    if (sticky_s)
        rc = sticky_write(key, STICKY_GROUP, BYTES_LIT(""), alb_arn_tail(group->arn), sticky_s,
                          now_ms, res, arena);
    if (rc == RC_OK && name[0] && binds_targets(group))
        rc = sticky_write(key, STICKY_TARGET, bytes_from_str(group->arn), bytes_from_str(name),
                          group->attributes.sticky_s, now_ms, res, arena);
    if (rc != RC_OK) {
        /* a client without its cookie is one that comes anew */
    }
}

/* --- the application's own cookie --- */

static bool binds_by_app(const struct alb_group *group)
{
    return group->type == ALB_TARGET_IP && group->attributes.is_sticky &&
           group->attributes.is_app_cookie && group->attributes.algorithm != ALB_WEIGHTED_RANDOM;
}

void binding_app_target(const struct sticky_key *key, const struct alb_group *group,
                        const struct http_request *req, int64_t now_ms, char name[PICK_NAME_MAX])
{
    struct sticky_claim claim;
    if (binds_by_app(group) && sticky_read(key, STICKY_APP, bytes_from_str(group->arn), req, now_ms,
                                           &claim) == STICKY_VALID)
        (void)snprintf(name, PICK_NAME_MAX, "%.*s", PICK_NAME_MAX - 1, claim.subject);
}

/* "NAME=value; Path=/": its attributes. NULL ptr: it is another cookie. */
static struct bytes attributes_of(struct bytes cookie, struct bytes name)
{
    size_t equals = bytes_find(cookie, '=');
    if (equals == cookie.len || !bytes_eq(bytes_trim(bytes_make(cookie.ptr, equals)), name))
        return bytes_make(NULL, 0);
    return bytes_skip(cookie, bytes_find(cookie, ';'));
}

void binding_app_answer(const struct sticky_key *key, const struct alb_group *group,
                        const char *name, int64_t now_ms, struct http_response *res,
                        struct arena *arena)
{
    struct bytes own, attributes = bytes_make(NULL, 0);
    if (!name[0] || !binds_by_app(group))
        return;
    own = bytes_from_str(alb_attribute_get(ALB_OF_IP_GROUP, &group->attributes,
                                           "stickiness.app_cookie.cookie_name"));
    for (size_t i = 0; i < res->field_count && own.len && !attributes.ptr; i++)
        if (bytes_ieq(res->fields[i].name, BYTES_LIT("set-cookie")))
            attributes = attributes_of(res->fields[i].value, own);
    if (attributes.ptr &&
        sticky_write_app(key, bytes_from_str(group->arn), bytes_from_str(name),
                         group->attributes.app_sticky_s, now_ms, attributes, res, arena) != RC_OK) {
        /* a client without its cookie is one that comes anew */
    }
}
