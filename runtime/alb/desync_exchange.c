#include "runtime/alb/desync_exchange.h"

enum desync_reason desync_of_request(const struct httpd_exchange *exchange)
{
    struct desync_request request = {
        .method = exchange->req.method_text,
        .uri = exchange->req.path,
        .version = exchange->is_http10 ? BYTES_LIT("HTTP/1.0") : BYTES_LIT("HTTP/1.1"),
        .fields = exchange->req.fields,
        .field_count = exchange->req.field_count,
        .is_read = true,
    };
    return desync_judge(&request);
}

enum desync_reason desync_of_fault(const struct httpd_exchange *exchange, enum rc fault)
{
    struct bytes head = exchange->input;
    /* Empty lines before a request are none of it. */
    while (head.len && (head.ptr[0] == '\r' || head.ptr[0] == '\n'))
        head = bytes_skip(head, 1);
    bool is_of_grammar = fault == RC_SYNTAX || fault == RC_VERSION || fault == RC_UNSUPPORTED;
    return is_of_grammar ? desync_judge_head(head) : DESYNC_IS_COMPLIANT;
}
