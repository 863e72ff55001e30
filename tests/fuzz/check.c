#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/limits.h"
#include "runtime/core/uri.h"
#include "tests/fuzz/fuzz.h"

void fuzz_check(bool holds, const char *file, int line, const char *claim)
{
    if (holds)
        return;
    (void)fprintf(stderr, "%s:%d: it does not hold that %s\n", file, line, claim);
    abort();
}

void fuzz_check_fields(const struct http_field *fields, size_t count)
{
    FUZZ_CHECK(count <= LIMIT_FIELD_COUNT);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(http_is_token(fields[i].name));
        FUZZ_CHECK(http_is_field_value(fields[i].value));
        FUZZ_CHECK(bytes_eq(bytes_trim(fields[i].value), fields[i].value));
    }
}

void fuzz_check_request(const struct http_request *req)
{
    struct bytes rest = req->query, key, value;
    FUZZ_CHECK(http_is_token(req->method_text));
    FUZZ_CHECK(http_method_parse(req->method_text) == req->method);
    FUZZ_CHECK(req->path.len && (req->path.ptr[0] == '/' || bytes_eq(req->path, BYTES_LIT("*"))));
    FUZZ_CHECK(uri_is_target(req->path) && uri_is_target(req->query));
    FUZZ_CHECK(req->body.len <= LIMIT_BODY_BYTES);
    fuzz_check_fields(req->fields, req->field_count);
    while (uri_query_next(&rest, &key, &value))
        FUZZ_CHECK(key.len + value.len <= req->query.len);
}

void fuzz_answer(const struct http_request *req, struct http_response *res)
{
    http_response_init(res);
    res->status = 200;
    for (size_t i = 0; i < req->field_count; i++)
        http_response_add(res, req->arena, req->fields[i].name, req->fields[i].value);
    res->body = req->body;
    FUZZ_CHECK(!res->is_out_of_memory);
}
