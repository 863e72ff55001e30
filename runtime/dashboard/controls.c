#include "runtime/dashboard/controls.h"

#include <stdio.h>
#include <sys/random.h>

#include "runtime/control/shape_json.h"
#include "runtime/core/limits.h"
#include "runtime/core/problem.h"

bool controls_make_token(char token[CONTROLS_TOKEN_LEN + 1])
{
    unsigned char bytes[CONTROLS_TOKEN_LEN / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* --- who calls --- */

/* In a time that does not tell how much of it is right. */
static bool is_token(const struct bytes *field, const char *token)
{
    unsigned difference = 0;
    if (!field || field->len != CONTROLS_TOKEN_LEN)
        return false;
    for (size_t i = 0; i < CONTROLS_TOKEN_LEN; i++)
        difference |= (unsigned)(field->ptr[i] ^ token[i]);
    return difference == 0;
}

static bool is_own_origin(const struct http_request *req)
{
    static const struct bytes scheme = BYTES_INIT("http://");
    const struct bytes *origin = http_request_header(req, "origin");
    const struct bytes *host = http_request_header(req, "host");
    return origin && host && bytes_starts_with(*origin, scheme) &&
           bytes_eq(bytes_skip(*origin, scheme.len), *host);
}

static bool may_call(const struct http_request *req, const char *token)
{
    const struct bytes *site = http_request_header(req, "sec-fetch-site");
    const struct bytes *type = http_request_header(req, "content-type");
    return is_token(http_request_header(req, "x-duet-token"), token) && is_own_origin(req) &&
           (!site || bytes_eq(*site, BYTES_LIT("same-origin"))) && type &&
           bytes_eq(*type, BYTES_LIT("application/json"));
}

bool controls_permit(const char *token, const struct http_request *req, struct http_response *res)
{
    bool is_post = req->method == HTTP_POST;
    if (is_post && may_call(req, token))
        return true;
    if (is_post) {
        problem_set(res, req->arena, 403, "not-the-page",
                    "only the dashboard's own page may do that");
        return false;
    }
    problem_set(res, req->arena, 405, "method-not-allowed", "only POST is allowed here");
    http_response_add(res, req->arena, BYTES_LIT("Allow"), BYTES_LIT("POST"));
    return false;
}

/* --- what is wanted --- */

static bool refuse(const struct http_request *req, struct http_response *res, const char *why)
{
    problem_set(res, req->arena, 400, "bad-weights", "%s", why);
    return false;
}

static bool set_weight(const struct http_request *req, struct http_response *res,
                       struct alb_action *action, const struct datum *item)
{
    int64_t weight;
    for (size_t i = 0; i < action->forward.count; i++) {
        struct alb_share *share = &action->forward.shares[i];
        if (!bytes_eq(item->name, bytes_from_str(share->group->name)))
            continue;
        if (datum_to_int(item, &weight) != RC_OK || weight < 0 || weight > LIMIT_WEIGHT)
            return refuse(req, res, "a weight is a whole number of 0 to 999");
        share->weight = (unsigned)weight;
        return true;
    }
    return refuse(req, res, "the rule does not forward to a target group of that name");
}

static bool read_call(const struct alb_model *model, const struct http_request *req,
                      struct http_response *res, struct alb_rule **rule, struct alb_action *action)
{
    struct datum *root;
    if (shape_json_parse(req->arena, req->body, &root) != RC_OK || root->kind != DATUM_MAP)
        return refuse(req, res, "the body is no JSON object");
    *rule = alb_rule_find(model, datum_get_text(root, "rule"));
    if (!*rule || (*rule)->action.type != ALB_FORWARD)
        return refuse(req, res, "'rule' is no ARN of a rule that forwards");
    const struct datum *weights = datum_get(root, "weights");
    if (!weights || weights->kind != DATUM_MAP || !weights->first)
        return refuse(req, res, "'weights' is no object with weights by target group");
    *action = (*rule)->action;
    for (const struct datum *item = weights->first; item; item = item->next)
        if (!set_weight(req, res, action, item))
            return false;
    return true;
}

static enum alb_error change(struct alb_model *model, struct alb_rule *rule,
                             const struct alb_action *action, struct alb_why *why)
{
    enum alb_error error = rule->priority ? alb_rule_modify(rule, NULL, 0, action, why)
                                          : alb_listener_set_action(rule->listener, action, why);
    if (error == ALB_OK && model->keep && !model->keep(model, why))
        error = ALB_E_INTERNAL_FAILURE;
    return error;
}

void controls_answer(struct alb_model *model, const char *token, const struct http_request *req,
                     struct http_response *res)
{
    struct alb_rule *rule = NULL;
    struct alb_action action;
    struct alb_why why;
    if (!controls_permit(token, req, res) || !read_call(model, req, res, &rule, &action))
        return;
    if (change(model, rule, &action, &why) == ALB_OK)
        res->status = 204;
    else
        problem_set(res, req->arena, 400, "bad-weights", "%s", why.text);
}
