#include "handlers/answer.h"

#include "runtime/core/problem.h"

void answer_json(const struct http_request *req, struct http_response *res, int status,
                 const struct text *body)
{
    if (body->failed)
        res->is_out_of_memory = true;
    http_response_borrow(res, req->arena, status, BYTES_LIT("application/json"), text_bytes(body));
}

void answer_store_fault(const struct http_request *req, struct http_response *res, enum rc rc)
{
    if (rc == RC_TIMEOUT) {
        problem_set(res, req->arena, 504, "store-timeout",
                    "the store did not answer before the request's deadline");
        return;
    }
    problem_set(res, req->arena, 503, "store-unavailable", "%s",
                rc == RC_NOMEM ? "there is no memory left for it"
                               : "the store cannot be read or written");
    http_response_add(res, req->arena, BYTES_LIT("Retry-After"), BYTES_LIT("1"));
}
