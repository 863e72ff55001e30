#include "runtime/alb/target_answer.h"

#include "runtime/core/limits.h"

/* What is of the target's connection alone. The length is made anew from the body, but for HEAD,
 * whose answer has a length and no body. */
static bool is_dropped(struct bytes name, enum http_method method)
{
    return http_field_is_hop_by_hop(name) ||
           (method != HTTP_HEAD && bytes_ieq(name, BYTES_LIT("content-length")));
}

bool target_answer_take(struct httpd_exchange *exchange, const struct http1_response *from)
{
    struct http_response *res = &exchange->res;
    struct http_field *fields =
        arena_alloc(&exchange->arena, (from->field_count + 1) * sizeof *fields);
    size_t count = 0, head_bytes = 0;
    if (!fields)
        return false;
    for (size_t i = 0; i < from->field_count; i++) {
        const struct http_field *field = &from->fields[i];
        head_bytes += field->name.len + field->value.len + 4;
        if (is_dropped(field->name, exchange->req.method))
            continue;
        exchange->has_date |= bytes_ieq(field->name, BYTES_LIT("date"));
        fields[count++] = *field;
    }
    res->status = from->status;
    res->body = from->body;
    res->fields = fields;
    res->field_count = count;
    res->field_capacity = from->field_count + 1;
    return head_bytes <= LIMIT_TARGET_HEAD_BYTES;
}
