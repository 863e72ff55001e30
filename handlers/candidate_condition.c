#include <stdio.h>

#include "handlers/answer.h"
#include "handlers/candidate.h"
#include "runtime/core/app.h"
#include "runtime/core/negotiate.h"
#include "runtime/core/problem.h"

/*
 * Most preconditions are one of the store's own: the store judges and writes in one step. A list of
 * several tags is none: then what is there is read and judged here, and the write is bound to the
 * version that was read, so that nothing can come in between.
 */

/* All of `digits` as a number; it does not begin with a zero. */
static bool read_hex(struct bytes digits, int64_t *number)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t value = 0;
    if (digits.len == 0 || digits.len > 15 || digits.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        const char *digit = memchr(hex, digits.ptr[i], 16);
        if (!digit)
            return false;
        value = value << 4 | (uint64_t)(digit - hex);
    }
    *number = (int64_t)value;
    return true;
}

/* "v3-19aa7c1e240" or "v3", with its quotes and nothing else, as the store's condition. */
static bool tag_to_condition(struct bytes text, struct store_condition *condition)
{
    *condition = (struct store_condition){.when = STORE_IF_VERSION};
    if (text.len < 4 || !bytes_starts_with(text, BYTES_LIT("\"v")) || text.ptr[2] == '0' ||
        text.ptr[text.len - 1] != '"')
        return false;
    text = bytes_make(text.ptr + 2, text.len - 3);
    size_t dash = bytes_find(text, '-');
    if (!bytes_to_u64(bytes_make(text.ptr, dash), INT64_MAX, &condition->version))
        return false;
    return dash == text.len || read_hex(bytes_skip(text, dash + 1), &condition->created_ms);
}

struct tag_text {
    char bytes[48];
};

/* The tag of `item` with its quotes; `is_whole`: with its second half. */
static struct bytes tag_print(struct tag_text *text, const struct store_item *item, bool is_whole)
{
    unsigned long long version = item->version, created_ms = (unsigned long long)item->created_ms;
    int n = is_whole ? snprintf(text->bytes, sizeof *text, "\"v%llu-%llx\"", version, created_ms)
                     : snprintf(text->bytes, sizeof *text, "\"v%llu\"", version);
    return bytes_make(text->bytes, (size_t)n);
}

/* Does the field `name` name `item` (NULL: nothing is there), in either form of its tag? */
static enum tag_result find_tag(const struct http_request *req, const char *name,
                                const struct store_item *item, enum tag_comparison comparison)
{
    struct tag_text text;
    if (!item)
        return http_tag_find(req, name, bytes_make(NULL, 0), comparison);
    enum tag_result result = http_tag_find(req, name, tag_print(&text, item, true), comparison);
    if (result != TAG_DIFFERS)
        return result;
    return http_tag_find(req, name, tag_print(&text, item, false), comparison);
}

struct verdict {
    enum tag_result match, none_match;
};

/* false: one of the fields is no list, and `res` is the 400. */
static bool look(const struct http_request *req, struct http_response *res,
                 const struct store_item *item, struct verdict *verdict)
{
    verdict->match = find_tag(req, "If-Match", item, TAG_STRONG);
    verdict->none_match = find_tag(req, "If-None-Match", item, TAG_WEAK);
    bool is_bad_match = verdict->match == TAG_MALFORMED;
    if (!is_bad_match && verdict->none_match != TAG_MALFORMED)
        return true;
    problem_set(res, req->arena, 400, "bad-condition",
                "%s is neither '*' nor a list of entity tags in quotes",
                is_bad_match ? "If-Match" : "If-None-Match");
    return false;
}

static bool match_holds(const struct verdict *verdict, const struct store_item *item)
{
    return verdict->match != TAG_DIFFERS && (verdict->match != TAG_ANY || item);
}

static bool none_match_holds(const struct verdict *verdict, const struct store_item *item)
{
    return verdict->none_match != TAG_MATCHES && (verdict->none_match != TAG_ANY || !item);
}

void candidate_add_etag(const struct http_request *req, struct http_response *res,
                        const struct store_item *item)
{
    struct tag_text text;
    struct bytes tag;
    if (arena_dup(req->arena, tag_print(&text, item, true), &tag) != RC_OK)
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
    struct verdict verdict;
    if (!look(req, res, item, &verdict))
        return false;
    if (!match_holds(&verdict, item)) {
        refuse(req, res, item->name);
        return false;
    }
    if (none_match_holds(&verdict, item))
        return true;
    res->status = 304;
    candidate_add_etag(req, res, item);
    return false;
}

/* The value of the request's field `name`, of which there is one alone; else empty. */
static struct bytes only_value(const struct http_request *req, const char *name)
{
    struct bytes value = {NULL, 0};
    size_t count = 0;
    for (size_t i = 0; i < req->field_count; i++)
        if (bytes_ieq(req->fields[i].name, bytes_from_str(name))) {
            value = req->fields[i].value;
            count++;
        }
    return count == 1 ? value : bytes_make(NULL, 0);
}

/* Is it one of the store's own conditions? `verdict` is about nothing. */
static bool translate(const struct http_request *req, const struct verdict *verdict,
                      struct store_condition *condition)
{
    bool has_none_match = verdict->none_match != TAG_NO_FIELD;
    bool is_new = condition->when == STORE_IF_ABSENT; /* which no tag can match */
    if (verdict->match != TAG_NO_FIELD && (has_none_match || is_new))
        return false;
    if (verdict->match == TAG_ANY)
        condition->when = STORE_IF_PRESENT;
    else if (verdict->none_match == TAG_ANY && condition->when == STORE_ALWAYS)
        condition->when = STORE_IF_ABSENT;
    else if (verdict->match != TAG_NO_FIELD)
        return tag_to_condition(only_value(req, "If-Match"), condition);
    else
        return !has_none_match;
    return true;
}

/* Judges what is there, and binds the write to it. */
static bool judge(const struct http_request *req, struct http_response *res, struct bytes name,
                  struct store_condition *condition)
{
    struct store_item item;
    struct verdict verdict;
    enum rc rc = store_get(req->app->store, name, req->deadline_ms, req->arena, &item);
    const struct store_item *there = rc == RC_OK ? &item : NULL;
    if (rc != RC_OK && (rc != RC_NOT_FOUND || condition->when == STORE_IF_PRESENT)) {
        candidate_refuse_write(req, res, name, rc);
        return false;
    }
    if (!look(req, res, there, &verdict))
        return false;
    if (!match_holds(&verdict, there) || !none_match_holds(&verdict, there)) {
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
    struct store_condition own = *condition;
    struct verdict verdict;
    if (!look(req, res, NULL, &verdict))
        return false;
    if (!translate(req, &verdict, &own))
        return judge(req, res, name, condition);
    *condition = own;
    return true;
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
