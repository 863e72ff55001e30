#include "handlers/answer.h"
#include "handlers/candidate.h"
#include "runtime/core/app.h"
#include "runtime/core/etag.h"
#include "runtime/core/problem.h"

/*
 * Most preconditions are one of the store's own: the store judges and writes in one step. A list of
 * several tags is none: then what is there is read and judged here, and the write is bound to the
 * version that was read, so that nothing can come in between.
 */

struct preconditions {
    struct etag_list match, none_match;
};

static bool read_field(const struct http_request *req, struct http_response *res, const char *name,
                       struct etag_list *list)
{
    enum rc rc = etag_list_read(req, name, list);
    if (rc == RC_SYNTAX)
        problem_set(res, req->arena, 400, "bad-condition",
                    "%s is neither '*' nor a list of entity tags in quotes", name);
    if (rc == RC_NOMEM)
        res->is_out_of_memory = true;
    return rc == RC_OK;
}

static bool read_both(const struct http_request *req, struct http_response *res,
                      struct preconditions *both)
{
    return read_field(req, res, "If-Match", &both->match) &&
           read_field(req, res, "If-None-Match", &both->none_match);
}

/* All of `digits` as a number; it does not begin with a zero. */
static bool read_hex(struct bytes digits, int64_t *number)
{
    uint64_t value = 0;
    if (digits.len == 0 || digits.len > 15 || digits.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        const char *digit = memchr("0123456789abcdef", digits.ptr[i], 16);
        if (!digit)
            return false;
        value = value << 4 | (uint64_t)(strchr("0123456789abcdef", *digit) - "0123456789abcdef");
    }
    *number = (int64_t)value;
    return true;
}

/* "v3-19aa7c1e240", or "v3", as the store's condition. */
static bool tag_to_condition(const struct etag *tag, struct store_condition *condition)
{
    struct bytes text = tag->opaque;
    *condition = (struct store_condition){.when = STORE_IF_VERSION};
    if (text.len < 2 || text.ptr[0] != 'v' || text.ptr[1] == '0')
        return false;
    text = bytes_skip(text, 1);
    size_t dash = bytes_find(text, '-');
    if (!bytes_to_u64(bytes_make(text.ptr, dash), INT64_MAX, &condition->version))
        return false;
    return dash == text.len || read_hex(bytes_skip(text, dash + 1), &condition->created_ms);
}

static bool tag_names(const struct etag *tag, const void *context)
{
    const struct store_item *item = context;
    struct store_condition condition;
    return tag_to_condition(tag, &condition) && condition.version == item->version &&
           (condition.created_ms == 0 || condition.created_ms == item->created_ms);
}

void candidate_add_etag(const struct http_request *req, struct http_response *res,
                        const struct store_item *item)
{
    struct bytes tag;
    if (arena_printf(req->arena, &tag, "\"v%llu-%llx\"", (unsigned long long)item->version,
                     (unsigned long long)item->created_ms) != RC_OK)
        res->is_out_of_memory = true;
    else
        http_response_add(res, req->arena, BYTES_LIT("ETag"), tag);
}

static void refuse(const struct http_request *req, struct http_response *res, struct bytes name)
{
    problem_set(res, req->arena, 412, "precondition-failed",
                "the candidate '%.*s' is not as If-Match or If-None-Match says", BYTES_ARG(name));
}

bool candidate_may_be_read(const struct http_request *req, struct http_response *res,
                           const struct store_item *item)
{
    struct preconditions both;
    if (!read_both(req, res, &both))
        return false;
    if (!etag_match_holds(&both.match, tag_names, item)) {
        refuse(req, res, item->name);
        return false;
    }
    if (etag_none_match_holds(&both.none_match, tag_names, item))
        return true;
    res->status = 304;
    candidate_add_etag(req, res, item);
    return false;
}

/* Is it one of the store's own conditions? */
static bool translate(const struct preconditions *both, struct store_condition *condition)
{
    const struct etag_list *match = &both->match, *none_match = &both->none_match;
    if (match->is_there && none_match->is_there)
        return false;
    if (match->is_any)
        condition->when = STORE_IF_PRESENT;
    else if (none_match->is_any && condition->when == STORE_ALWAYS)
        condition->when = STORE_IF_ABSENT;
    else if (match->is_there)
        return match->count == 1 && !match->tags[0].is_weak &&
               tag_to_condition(&match->tags[0], condition);
    else
        return !none_match->is_there;
    return true;
}

/* Judges what is there, and binds the write to it. */
static bool judge(const struct http_request *req, struct http_response *res, struct bytes name,
                  const struct preconditions *both, struct store_condition *condition)
{
    struct store_item item;
    enum rc rc = store_get(req->app->store, name, req->deadline_ms, req->arena, &item);
    const struct store_item *there = rc == RC_OK ? &item : NULL;
    if (rc != RC_OK && (rc != RC_NOT_FOUND || condition->when == STORE_IF_PRESENT)) {
        candidate_refuse_write(req, res, name, rc);
        return false;
    }
    if (!etag_match_holds(&both->match, tag_names, there) ||
        !etag_none_match_holds(&both->none_match, tag_names, there)) {
        refuse(req, res, name);
        return false;
    }
    *condition = (struct store_condition){.when = STORE_IF_ABSENT};
    if (there)
        *condition = (struct store_condition){STORE_IF_VERSION, there->version, there->created_ms};
    return true;
}

bool candidate_condition(const struct http_request *req, struct http_response *res,
                         struct bytes name, struct store_condition *condition)
{
    struct preconditions both;
    struct store_condition own = *condition;
    if (!read_both(req, res, &both))
        return false;
    if (translate(&both, &own)) {
        *condition = own;
        return true;
    }
    return judge(req, res, name, &both, condition);
}

void candidate_refuse_write(const struct http_request *req, struct http_response *res,
                            struct bytes name, enum rc rc)
{
    bool is_delete = req->method == HTTP_DELETE;
    if (rc == RC_NOT_FOUND && is_delete)
        problem_set(res, req->arena, 404, "not-found", "there is no candidate '%.*s'",
                    BYTES_ARG(name));
    else if (rc == RC_CONFLICT || rc == RC_NOT_FOUND || rc == RC_EXISTS)
        refuse(req, res, name);
    else
        answer_store_fault(req, res, rc);
}
