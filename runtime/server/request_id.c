#include "runtime/server/request_id.h"

#include <sys/random.h>

#include "runtime/core/clock.h"

static void write_hex(char *text, uint64_t value, size_t digits)
{
    for (size_t i = digits; i > 0; i--, value >>= 4)
        text[i - 1] = "0123456789abcdef"[value & 15];
}

void request_id_init(struct request_id *ids)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        random = (uint64_t)clock_us_monotonic();
    write_hex(ids->_prefix, random, sizeof ids->_prefix);
    ids->_count = 0;
}

void request_id_set(struct request_id *ids, struct http_request *req)
{
    const struct bytes *trace = http_request_header(req, "x-amzn-trace-id");
    if (trace && trace->len) {
        req->trace_id = *trace;
        if (req->trace_id.len > TRACE_ID_MAX_BYTES)
            req->trace_id.len = TRACE_ID_MAX_BYTES;
        req->request_id = req->trace_id;
        return;
    }
    char *text = arena_alloc(req->arena, REQUEST_ID_LEN);
    if (!text)
        return;
    memcpy(text, ids->_prefix, sizeof ids->_prefix);
    write_hex(text + sizeof ids->_prefix, ids->_count++, REQUEST_ID_LEN - sizeof ids->_prefix);
    req->request_id = bytes_make(text, REQUEST_ID_LEN);
}
