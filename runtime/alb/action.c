#include "runtime/alb/action.h"

#include <stdio.h>

#include "runtime/alb/alb_page.h"
#include "runtime/core/limits.h"

/* --- redirects --- */

struct part {
    struct bytes name, value;
};

enum { PARTS = 5 };

/* Appends `template` with the parts of the request in it. */
static void expand(struct buf *out, const char *template, const struct part *parts)
{
    struct bytes rest = bytes_from_str(template);
    while (rest.len) {
        size_t i = 0;
        while (i < PARTS && !bytes_starts_with(rest, parts[i].name))
            i++;
        if (i < PARTS)
            buf_append(out, parts[i].value);
        else
            buf_append_char(out, *rest.ptr);
        rest = bytes_skip(rest, i < PARTS ? parts[i].name.len : 1);
    }
}

/* Protocols are written in small letters in a URL. */
static void expand_protocol(struct buf *out, const char *template, const struct part *parts)
{
    size_t from = out->len;
    expand(out, template, parts);
    for (size_t i = from; i < out->len; i++)
        if (out->data[i] >= 'A' && out->data[i] <= 'Z')
            out->data[i] = (char)(out->data[i] | 0x20);
}

static void write_url(struct buf *out, const struct alb_action *action, const struct alb_seen *seen,
                      const struct alb_listener *listener)
{
    char port[8];
    struct bytes path = seen->req->path;
    (void)snprintf(port, sizeof port, "%u", listener->port);
    const struct part parts[PARTS] = {
        {BYTES_LIT("#{protocol}"),
         listener->protocol == ALB_HTTPS ? BYTES_LIT("https") : BYTES_LIT("http")},
        {BYTES_LIT("#{host}"), seen->host},
        {BYTES_LIT("#{port}"), bytes_from_str(port)},
        {BYTES_LIT("#{path}"), path.len ? bytes_skip(path, 1) : path},
        {BYTES_LIT("#{query}"), seen->req->query},
    };
    expand_protocol(out, action->redirect.protocol, parts);
    buf_append(out, BYTES_LIT("://"));
    expand(out, action->redirect.host, parts);
    buf_append_char(out, ':');
    expand(out, action->redirect.port, parts);
    expand(out, action->redirect.path, parts);
    size_t before = out->len;
    buf_append_char(out, '?');
    expand(out, action->redirect.query, parts);
    if (out->len == before + 1)
        out->len = before;
}

const char *alb_redirect_answer(const struct alb_action *action, const struct alb_seen *seen,
                                const struct alb_listener *listener, struct arena *arena,
                                struct http_response *res)
{
    struct buf url;
    struct bytes copy = {NULL, 0};
    buf_init(&url, LIMIT_REQUEST_LINE_BYTES);
    write_url(&url, action, seen, listener);
    bool is_good = !url.failed && arena_dup(arena, buf_bytes(&url), &copy) == RC_OK;
    buf_release(&url);
    alb_page_set(res, arena, is_good ? action->redirect.status : 507);
    if (!is_good)
        return NULL;
    http_response_add(res, arena, BYTES_LIT("Location"), copy);
    return copy.ptr;
}

/* --- fixed responses --- */

void alb_fixed_answer(const struct alb_action *action, struct arena *arena,
                      struct http_response *res)
{
    const char *type = action->fixed.content_type;
    struct bytes body = {NULL, 0}, type_copy = {NULL, 0};
    http_response_init(res);
    res->status = action->fixed.status;
    http_response_add(res, arena, BYTES_LIT("Server"), BYTES_LIT("awselb/2.0"));
    if (arena_dup(arena, bytes_from_str(action->fixed.body), &body) != RC_OK ||
        arena_dup(arena, bytes_from_str(*type ? type : "text/plain"), &type_copy) != RC_OK)
        res->is_out_of_memory = true;
    http_response_add(res, arena, BYTES_LIT("Content-Type"), type_copy);
    res->body = body;
}
