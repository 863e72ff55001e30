#include "handlers/answer.h"
#include "handlers/candidate.h"
#include "handlers/handlers.h"
#include "runtime/core/base64.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/core/problem.h"

/*
 * As many as fit are listed: at most `limit`, and no more than one response may have, which is
 * measured as the load balancer's JSON, where this JSON is a string and its quotes are escaped
 * again. `next`, and a Link field (RFC 8288), lead to those behind them: nothing is cut off in
 * silence.
 *
 * The cursor is the last name in base64url, behind a "1" that says so: a later form can have
 * another, and what is not from here is told.
 */

enum {
    ENVELOPE_BYTES = 4096, /* what stands around the items: status, fields, the cursor twice */
    PAGE_JSON_BYTES = LIMIT_RESPONSE_JSON_BYTES - ENVELOPE_BYTES,
};

struct list_query {
    struct bytes after; /* the name behind which the list begins, or empty */
    uint64_t limit;
    bool has_limit;
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

static enum rc cursor_print(struct arena *arena, struct bytes name, struct bytes *cursor)
{
    struct bytes plain;
    if (arena_join(arena, BYTES_LIT("1"), name, bytes_make(NULL, 0), &plain) != RC_OK)
        return RC_NOMEM;
    char *text = arena_alloc(arena, base64_encoded_len(plain.len));
    if (!text)
        return RC_NOMEM;
    base64url_encode(plain, text);
    *cursor = bytes_make(text, base64url_encoded_len(plain.len));
    return RC_OK;
}

/* RC_OK · RC_SYNTAX: it is none that cursor_print made · RC_NOMEM */
static enum rc cursor_read(struct arena *arena, struct bytes cursor, struct bytes *name)
{
    size_t len = 0;
    char *plain = arena_alloc(arena, cursor.len + 1);
    if (!plain)
        return RC_NOMEM;
    enum rc rc = base64url_decode(cursor, plain, &len);
    if (rc != RC_OK)
        return rc;
    *name = bytes_make(plain + 1, len ? len - 1 : 0);
    bool is_ours = len > 1 && len <= 1 + LIMIT_NAME_BYTES && plain[0] == '1';
    return is_ours && bytes_is_utf8(*name) ? RC_OK : RC_SYNTAX;
}

/* Adds what leads on, to the body and as a Link; the cursor needs no escapes in either. */
static void add_next(const struct http_request *req, struct http_response *res, struct text *body,
                     const struct list_query *query, struct bytes last)
{
    struct bytes cursor, link, limit = {NULL, 0};
    enum rc rc = cursor_print(req->arena, last, &cursor);
    if (rc == RC_OK && query->has_limit)
        rc = arena_printf(req->arena, &limit, "limit=%llu&", (unsigned long long)query->limit);
    if (rc == RC_OK)
        rc = arena_printf(req->arena, &link, "</candidates?%.*snext=%.*s>; rel=\"next\"",
                          BYTES_ARG(limit), BYTES_ARG(cursor));
    if (rc != RC_OK) {
        body->failed = true;
        return;
    }
    text_printf(body, ",\"next\":\"%.*s\"", BYTES_ARG(cursor));
    http_response_add(res, req->arena, BYTES_LIT("Link"), link);
}

/* The value of `key`: `value` is empty when there is none. */
static bool read_value(const struct http_request *req, struct http_response *res, const char *key,
                       struct bytes *value, bool *is_there)
{
    enum rc rc = http_query_get(req, key, value);
    *is_there = rc == RC_OK;
    if (rc == RC_NOMEM)
        res->is_out_of_memory = true;
    if (rc == RC_SYNTAX)
        problem_set(res, req->arena, 400, "bad-query",
                    "the value of '%s' has a '%%' without two hex digits", key);
    return rc == RC_OK || rc == RC_NOT_FOUND;
}

static bool read_limit(const struct http_request *req, struct http_response *res,
                       struct list_query *query)
{
    struct bytes value;
    query->limit = LIMIT_PAGE_ITEMS;
    if (!read_value(req, res, "limit", &value, &query->has_limit))
        return false;
    if (!query->has_limit ||
        (bytes_to_u64(value, LIMIT_PAGE_ITEMS, &query->limit) && query->limit > 0))
        return true;
    problem_set(res, req->arena, 400, "bad-query", "'limit' must be a number from 1 to %d",
                LIMIT_PAGE_ITEMS);
    return false;
}

static bool read_next(const struct http_request *req, struct http_response *res,
                      struct list_query *query)
{
    struct bytes cursor;
    bool is_there;
    query->after = bytes_make(NULL, 0);
    if (!read_value(req, res, "next", &cursor, &is_there))
        return false;
    enum rc rc = is_there ? cursor_read(req->arena, cursor, &query->after) : RC_OK;
    if (rc == RC_NOMEM)
        res->is_out_of_memory = true;
    if (rc == RC_SYNTAX)
        problem_set(res, req->arena, 400, "bad-query",
                    "'next' is not what a page before this one said");
    return rc == RC_OK;
}

void handle_candidate_list(const struct http_request *req, struct http_response *res)
{
    struct list_query query;
    struct store_page page;
    struct text body;
    if (!read_limit(req, res, &query) || !read_next(req, res, &query))
        return;
    enum rc rc = store_list(req->app->store, query.after, (size_t)query.limit, req->deadline_ms,
                            req->arena, &page);
    if (rc != RC_OK) {
        answer_store_fault(req, res, rc);
        return;
    }
    text_init(&body, req->arena);
    text_append(&body, BYTES_LIT("{\"candidates\":["));
    size_t printed = print_items(&body, page.items, page.count);
    text_append(&body, BYTES_LIT("]"));
    if (printed < page.count || page.has_more)
        add_next(req, res, &body, &query, page.items[printed - 1].name);
    text_append(&body, BYTES_LIT("}"));
    answer_json(req, res, 200, &body);
}
