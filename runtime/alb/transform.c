#include "runtime/alb/transform.h"

#include "runtime/core/limits.h"

enum alb_error alb_transformer_init(struct alb_transformer *made,
                                    const struct alb_transforms *transforms, struct alb_why *why)
{
    char reason[ALB_REGEX_WHY_MAX];
    *made = (struct alb_transformer){0};
    for (int i = 0; i < ALB_TRANSFORM_TYPES; i++) {
        struct bytes pattern = bytes_from_str(transforms->rewrites[i].regex);
        if (!pattern.len)
            continue;
        made->regexes[i] = alb_regex_new(pattern, i == ALB_HOST_REWRITE, reason);
        if (made->regexes[i])
            continue;
        alb_transformer_release(made);
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "The regular expression '%.64s' is not valid: %s", pattern.ptr,
                                 reason);
    }
    return ALB_OK;
}

void alb_transformer_release(struct alb_transformer *made)
{
    for (int i = 0; i < ALB_TRANSFORM_TYPES; i++) {
        alb_regex_free(made->regexes[i]);
        made->regexes[i] = NULL;
    }
}

/* What no field value and no request line may hold. */
static bool is_clean(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return text.len > 0;
}

static bool is_host(struct bytes text)
{
    return is_clean(text) && text.len <= LIMIT_HOST_BYTES && !memchr(text.ptr, '/', text.len) &&
           !memchr(text.ptr, ',', text.len);
}

/* A copy of the fields with another Host. false: no memory. */
static bool set_host(struct http_request *req, struct bytes host)
{
    struct http_field *fields = arena_alloc(req->arena, (req->field_count + 1) * sizeof *fields);
    size_t count = 0;
    if (!fields)
        return false;
    fields[count++] = (struct http_field){BYTES_LIT("Host"), host};
    for (size_t i = 0; i < req->field_count; i++)
        if (!bytes_ieq(req->fields[i].name, BYTES_LIT("host")))
            fields[count++] = req->fields[i];
    req->fields = fields;
    req->field_count = count;
    return true;
}

static void set_uri(struct http_request *req, struct bytes uri)
{
    size_t mark = bytes_find(uri, '?');
    req->path = bytes_make(uri.ptr, mark);
    req->query = bytes_skip(uri, mark < uri.len ? mark + 1 : mark);
}

/* RC_NOT_FOUND where there is nothing to rewrite by, too. */
static enum rc rewrite(const struct alb_transformer *made, const struct alb_transforms *transforms,
                       enum alb_transform_type type, struct bytes text, struct arena *arena,
                       struct bytes *out)
{
    if (!made->regexes[type])
        return RC_NOT_FOUND;
    return alb_regex_replace(made->regexes[type], text,
                             bytes_from_str(transforms->rewrites[type].replace), arena, out);
}

static bool fail(struct alb_transformed *done, const char *status)
{
    *done = (struct alb_transformed){.status = status};
    return false;
}

static bool rewrite_host(const struct alb_transformer *made,
                         const struct alb_transforms *transforms, struct http_request *req,
                         struct alb_transformed *done)
{
    const struct bytes *sent = http_request_header(req, "host");
    struct bytes host = sent ? *sent : BYTES_LIT("");
    enum rc rc = rewrite(made, transforms, ALB_HOST_REWRITE, host, req->arena, &done->host);
    if (rc == RC_NOT_FOUND)
        return true;
    if (rc != RC_OK)
        return fail(done, "TransformReplaceError");
    return (is_host(done->host) && set_host(req, done->host)) || fail(done, "TransformInvalidHost");
}

static bool rewrite_url(const struct alb_transformer *made, const struct alb_transforms *transforms,
                        struct http_request *req, struct alb_transformed *done)
{
    struct bytes uri;
    enum rc rc = arena_printf(req->arena, &uri, "%.*s%s%.*s", BYTES_ARG(req->path),
                              req->query.len ? "?" : "", BYTES_ARG(req->query));
    if (rc == RC_OK)
        rc = rewrite(made, transforms, ALB_URL_REWRITE, uri, req->arena, &done->uri);
    if (rc == RC_NOT_FOUND)
        return true;
    if (rc != RC_OK)
        return fail(done, "TransformReplaceError");
    if (!is_clean(done->uri) || done->uri.ptr[0] != '/' ||
        memchr(done->uri.ptr, '#', done->uri.len))
        return fail(done, "TransformInvalidPath");
    set_uri(req, done->uri);
    return true;
}

bool alb_transform(const struct alb_transformer *made, const struct alb_transforms *transforms,
                   struct http_request *req, struct alb_transformed *done)
{
    bool has_any = made->regexes[ALB_HOST_REWRITE] || made->regexes[ALB_URL_REWRITE];
    *done = (struct alb_transformed){.status = has_any ? "TransformSuccess" : NULL};
    return !has_any ||
           (rewrite_host(made, transforms, req, done) && rewrite_url(made, transforms, req, done));
}
