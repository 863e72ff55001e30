#include "tests/support/fake_request.h"

#include <stdio.h>
#include <stdlib.h>

enum { BODY_MAX_BYTES = 64 << 20 };

static void *need_memory(void *p)
{
    if (!p)
        abort();
    return p;
}

static char *text_dup(const char *from, size_t len)
{
    char *text = need_memory(malloc(len + 1));
    memcpy(text, from, len);
    text[len] = '\0';
    return text;
}

static bool need_bytes(const struct fake_reader *reader, size_t len)
{
    while (reader->in->len < len)
        if (!reader->read_more(reader->context))
            return false;
    return true;
}

/* The position behind the first `end` from `at` on; 0: the peer has closed. */
static size_t find_end(const struct fake_reader *reader, size_t at, const char *end)
{
    const struct buf *in = reader->in;
    const char *found;
    while (!(found = in->len > at ? memmem(in->data + at, in->len - at, end, strlen(end)) : NULL))
        if (!reader->read_more(reader->context))
            return 0;
    return (size_t)(found - in->data) + strlen(end);
}

/* Reads chunks from `at` on until one is empty, or `body` has `stop_len` bytes. */
static size_t read_chunks(const struct fake_reader *reader, struct fake_request *req,
                          struct buf *body, size_t at, size_t stop_len)
{
    while (body->len < stop_len) {
        size_t start = find_end(reader, at, "\r\n");
        size_t size = start ? strtoul(reader->in->data + at, NULL, 16) : 0;
        if (!start || size == 0)
            return start;
        if (!need_bytes(reader, start + size + 2))
            return 0;
        buf_append(body, bytes_make(reader->in->data + start, size));
        req->chunk_count++;
        at = start + size + 2;
    }
    return at;
}

/* The lines up to the empty one, without that. */
static size_t read_trailer(const struct fake_reader *reader, struct fake_request *req, size_t start)
{
    size_t at = start, before;
    do {
        before = at;
        at = find_end(reader, at, "\r\n");
    } while (at && at - before > 2);
    if (at) {
        free(req->trailer);
        req->trailer = text_dup(reader->in->data + start, before - start);
    }
    return at;
}

static bool is_early(const struct fake_reader *reader, const struct fake_request *req)
{
    size_t len = reader->early_suffix ? strlen(reader->early_suffix) : 0;
    size_t target = strlen(req->target);
    return len && target >= len && strcmp(req->target + target - len, reader->early_suffix) == 0;
}

/* The position behind the body; 0: the peer has closed. */
static size_t read_chunked(const struct fake_reader *reader, struct fake_request *req, size_t at)
{
    struct buf body;
    size_t stop_len = is_early(reader, req) ? reader->early_len : SIZE_MAX;
    buf_init(&body, BODY_MAX_BYTES);
    at = read_chunks(reader, req, &body, at, stop_len);
    if (at && body.len < stop_len)
        at = read_trailer(reader, req, at);
    if (body.failed)
        abort();
    req->body = bytes_make(text_dup(body.data ? body.data : "", body.len), body.len);
    buf_release(&body);
    return at;
}

static size_t read_plain(const struct fake_reader *reader, struct fake_request *req, size_t at)
{
    const char *field = strcasestr(req->head, "\r\ncontent-length:");
    size_t len = field ? strtoul(field + 17, NULL, 10) : 0;
    if (!need_bytes(reader, at + len))
        return 0;
    req->body = bytes_make(text_dup(reader->in->data + at, len), len);
    return at + len;
}

struct fake_request *fake_request_read(const struct fake_reader *reader)
{
    size_t head_len = find_end(reader, 0, "\r\n\r\n");
    if (!head_len)
        return NULL;
    struct fake_request *req = need_memory(calloc(1, sizeof *req));
    req->head = text_dup(reader->in->data, head_len);
    req->target = text_dup(req->head, (size_t)(strstr(req->head, " HTTP/1.1\r\n") - req->head));
    req->trailer = text_dup("", 0);
    bool is_chunked = strcasestr(req->head, "\r\ntransfer-encoding: chunked\r\n") != NULL;
    size_t end =
        is_chunked ? read_chunked(reader, req, head_len) : read_plain(reader, req, head_len);
    if (end) {
        buf_consume(reader->in, end);
        return req;
    }
    fake_request_free(req);
    return NULL;
}

void fake_request_free(struct fake_request *req)
{
    free(req->target);
    free(req->head);
    free(req->trailer);
    free((void *)(uintptr_t)req->body.ptr);
    free(req);
}
