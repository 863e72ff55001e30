#include "runtime/functions/runtime_body.h"

enum { FIRST_BYTES = 16 * 1024 };

struct coming {
    struct runtime_body how;
    char *data; /* NULL: nothing was collected */
    size_t len, cap;
};

/* Doubles the room; what was there moves. */
static bool has_room(struct httpd_exchange *exchange, struct coming *coming, size_t len)
{
    size_t cap = coming->cap ? coming->cap : FIRST_BYTES;
    while (cap < coming->len + len)
        cap *= 2;
    if (cap != coming->cap)
        coming->data = arena_grow(&exchange->arena, coming->data, coming->cap, cap);
    coming->cap = cap;
    return coming->data != NULL;
}

static enum rc take(struct httpd_exchange *exchange, struct coming *coming, struct bytes part)
{
    if (part.len > coming->how.max_bytes - coming->len)
        return RC_BODY_LIMIT;
    if (coming->how.on_part) {
        coming->how.on_part(exchange, part);
    } else {
        if (!has_room(exchange, coming, part.len))
            return RC_NOMEM;
        if (part.len)
            memcpy(coming->data + coming->len, part.ptr, part.len);
    }
    coming->len += part.len;
    return RC_OK;
}

static void on_body(struct httpd_exchange *exchange, struct bytes part, enum rc rc)
{
    struct coming *coming = exchange->context;
    enum rc fault = rc == RC_OK || rc == RC_AGAIN ? take(exchange, coming, part) : rc;
    if (fault != RC_OK) {
        coming->how.on_fault(exchange, fault);
    } else if (rc == RC_AGAIN) {
        httpd_body_next(exchange);
    } else {
        exchange->req.body = bytes_make(coming->data, coming->data ? coming->len : 0);
        coming->how.on_whole(exchange);
    }
}

void runtime_body_take(struct httpd_exchange *exchange, const struct runtime_body *how)
{
    struct coming *coming = arena_alloc(&exchange->arena, sizeof *coming);
    if (!coming) {
        how->on_fault(exchange, RC_NOMEM);
        return;
    }
    *coming = (struct coming){.how = *how};
    exchange->context = coming;
    exchange->on_body = on_body;
    httpd_body_next(exchange);
}
