#include "handlers/answer.h"

#include "runtime/core/problem.h"

void answer_json(const struct http_request *req, struct http_response *res, int status,
                 const struct text *body)
{
    if (body->failed)
        res->is_out_of_memory = true;
    http_response_borrow(res, req->arena, status, BYTES_LIT("application/json"), text_bytes(body));
}

struct fault {
    const char *type, *detail;
};

static const struct fault *find_fault(enum rc rc)
{
    static const struct fault late = {"store-timeout",
                                      "the store did not answer before the request's deadline"};
    static const struct fault broken = {"store-unavailable", "the store cannot be read or written"};
    static const struct fault full = {"store-full", "there is no memory left for it"};
    static const struct fault throttled = {"store-throttled",
                                           "the store takes no more requests for the moment"};
    static const struct fault refused = {"store-refused",
                                         "the store answers, and does not take this request"};
    static const struct fault unreachable = {"store-unreachable", "the store does not answer"};
    if (rc == RC_TIMEOUT)
        return &late;
    if (rc == RC_NOMEM)
        return &full;
    if (rc == RC_THROTTLED)
        return &throttled;
    if (rc == RC_REFUSED)
        return &refused;
    return rc == RC_UNREACHABLE ? &unreachable : &broken;
}

void answer_store_fault(const struct http_request *req, struct http_response *res, enum rc rc)
{
    const struct fault *fault = find_fault(rc);
    int status = rc == RC_TIMEOUT || rc == RC_THROTTLED ? rc_to_status(rc) : 503;
    problem_set(res, req->arena, status, fault->type, "%s", fault->detail);
    if (status != 504)
        http_response_add(res, req->arena, BYTES_LIT("Retry-After"), BYTES_LIT("1"));
}
