#include "handlers/candidate.h"

#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/core/problem.h"
#include "runtime/core/uri.h"

/* The {name} of the path. false: it is none, and `res` is the 400 that says why. */
static bool read_name(const struct http_request *req, struct http_response *res, struct bytes *name)
{
    *name = *http_request_param(req, "name");
    if (name->len > LIMIT_NAME_BYTES)
        problem_set(res, req->arena, 400, "bad-name", "the name has %zu bytes; it may have %d",
                    name->len, LIMIT_NAME_BYTES);
    else if (!bytes_is_utf8(*name))
        problem_set(res, req->arena, 400, "bad-name", "the name is not UTF-8");
    else
        return true;
    return false;
}

static void answer_candidate(const struct http_request *req, struct http_response *res, int status,
                             const struct store_item *item)
{
    struct text body;
    text_init(&body, req->arena);
    candidate_print(&body, item);
    answer_json(req, res, status, &body);
    candidate_add_etag(req, res, item);
}

void handle_candidate_get(const struct http_request *req, struct http_response *res)
{
    struct store_item item;
    struct bytes name;
    if (!read_name(req, res, &name))
        return;
    enum rc rc = store_get(req->app->store, name, req->deadline_ms, req->arena, &item);
    if (rc == RC_OK && candidate_may_be_read(req, res, &item))
        answer_candidate(req, res, 200, &item);
    else if (rc == RC_NOT_FOUND)
        problem_set(res, req->arena, 404, "not-found", "there is no candidate '%.*s'",
                    BYTES_ARG(name));
    else if (rc != RC_OK)
        answer_store_fault(req, res, rc);
}

static void add_location(const struct http_request *req, struct http_response *res,
                         struct bytes name)
{
    struct bytes encoded, location;
    if (uri_encode(req->arena, name, &encoded) != RC_OK ||
        arena_printf(req->arena, &location, "/candidate/%.*s", BYTES_ARG(encoded)) != RC_OK)
        res->is_out_of_memory = true;
    else
        http_response_add(res, req->arena, BYTES_LIT("Location"), location);
}

void handle_candidate_post(const struct http_request *req, struct http_response *res)
{
    struct store_item item = {.created_ms = clock_ms_epoch()};
    if (!read_name(req, res, &item.name) || !candidate_read(req, res, &item.value))
        return;
    struct store_condition condition = {.when = STORE_IF_ABSENT};
    if (!candidate_condition(req, res, item.name, &condition))
        return;
    enum rc rc = RC_EXISTS; /* the condition speaks of the one that is there */
    if (condition.when == STORE_IF_ABSENT)
        rc = store_put(req->app->store, &item, condition, req->deadline_ms);
    if (rc == RC_OK) {
        answer_candidate(req, res, 201, &item);
        add_location(req, res, item.name);
    } else if (rc == RC_EXISTS) {
        problem_set(res, req->arena, 409, "exists", "there is a candidate '%.*s' already",
                    BYTES_ARG(item.name));
    } else {
        answer_store_fault(req, res, rc);
    }
}

void handle_candidate_put(const struct http_request *req, struct http_response *res)
{
    struct store_condition condition = {.when = STORE_ALWAYS};
    struct store_item item = {.created_ms = clock_ms_epoch()};
    if (!read_name(req, res, &item.name) || !candidate_read(req, res, &item.value) ||
        !candidate_condition(req, res, item.name, &condition))
        return;
    enum rc rc = store_put(req->app->store, &item, condition, req->deadline_ms);
    if (rc != RC_OK) {
        candidate_refuse_write(req, res, item.name, rc);
        return;
    }
    answer_candidate(req, res, item.version == 1 ? 201 : 200, &item);
    if (item.version == 1)
        add_location(req, res, item.name);
}

void handle_candidate_delete(const struct http_request *req, struct http_response *res)
{
    struct store_condition condition = {.when = STORE_IF_PRESENT};
    struct bytes name;
    if (!read_name(req, res, &name) || !candidate_condition(req, res, name, &condition))
        return;
    enum rc rc = store_delete(req->app->store, name, condition, req->deadline_ms);
    if (rc == RC_OK)
        res->status = 204;
    else
        candidate_refuse_write(req, res, name, rc);
}
