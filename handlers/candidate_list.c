#include "handlers/answer.h"
#include "handlers/candidate.h"
#include "handlers/handlers.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/core/problem.h"
#include "runtime/core/uri.h"

/*
 * As many as fit are listed: at most PAGE_ITEMS, and no more than one response may have, which is
 * measured as the load balancer's JSON, where this JSON is a string and its quotes are escaped
 * again. A Link field (RFC 8288) leads to those behind them, so that nothing is cut off in silence.
 */

enum {
    PAGE_ITEMS = 1000,
    ENVELOPE_BYTES = 4096, /* what stands around the items: status, fields, a Link with a name */
    PAGE_JSON_BYTES = LIMIT_RESPONSE_JSON_BYTES - ENVELOPE_BYTES,
};

/* Prints items as long as they fit, and returns how many did: one at least. */
static size_t print_items(struct text *body, const struct store_item *items, size_t count)
{
    size_t spent = 0;
    for (size_t i = 0; i < count; i++) {
        size_t start = body->len;
        if (i)
            text_append(body, BYTES_LIT(","));
        candidate_print(body, &items[i]);
        spent += json_text_escaped_len(bytes_skip(text_bytes(body), start));
        if (i && spent > PAGE_JSON_BYTES) {
            text_cut(body, start);
            return i;
        }
    }
    return count;
}

static void add_link(const struct http_request *req, struct http_response *res, struct bytes last)
{
    struct bytes encoded, link;
    if (uri_encode(req->arena, last, &encoded) != RC_OK ||
        arena_printf(req->arena, &link, "</candidates?after=%.*s>; rel=\"next\"",
                     BYTES_ARG(encoded)) != RC_OK)
        res->is_out_of_memory = true;
    else
        http_response_add(res, req->arena, BYTES_LIT("Link"), link);
}

/* The name behind which the list begins: `after` of the query, or empty. */
static bool read_after(const struct http_request *req, struct http_response *res,
                       struct bytes *after)
{
    enum rc rc = http_query_get(req, "after", after);
    if (rc == RC_NOMEM)
        res->is_out_of_memory = true;
    if (rc == RC_SYNTAX)
        problem_set(res, req->arena, 400, "bad-query",
                    "the value of 'after' has a '%%' without two hex digits");
    if (rc == RC_NOT_FOUND)
        *after = bytes_make(NULL, 0);
    return rc == RC_OK || rc == RC_NOT_FOUND;
}

void handle_candidate_list(const struct http_request *req, struct http_response *res)
{
    struct store_page page;
    struct bytes after;
    struct text body;
    if (!read_after(req, res, &after))
        return;
    enum rc rc =
        store_list(req->app->store, after, PAGE_ITEMS, req->deadline_ms, req->arena, &page);
    if (rc != RC_OK) {
        answer_store_fault(req, res, rc);
        return;
    }
    text_init(&body, req->arena);
    text_append(&body, BYTES_LIT("{\"candidates\":["));
    size_t printed = print_items(&body, page.items, page.count);
    text_append(&body, BYTES_LIT("]}"));
    answer_json(req, res, 200, &body);
    if (printed < page.count || page.has_more)
        add_link(req, res, page.items[printed - 1].name);
}
