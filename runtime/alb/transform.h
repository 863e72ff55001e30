#ifndef RUNTIME_ALB_TRANSFORM_H
#define RUNTIME_ALB_TRANSFORM_H

/*
 * transform — what a rule makes of a request's Host and URL before a target gets it.
 *
 * Layer:   alb. Knows core/ and regex.
 * Source:  "Transforms for listener rules", ALB user guide: at most one of each kind to a rule,
 * both applied after the rule was chosen. The expression sees the Host field as it came, or path
 *          and query; the first match is replaced, and where there is none all stays.
 */

#include "runtime/alb/error.h"
#include "runtime/alb/regex.h"
#include "runtime/core/http.h"

enum { ALB_REWRITE_MAX = 1024 };

enum alb_transform_type { ALB_HOST_REWRITE, ALB_URL_REWRITE, ALB_TRANSFORM_TYPES };

struct alb_rewrite {
    char regex[ALB_REWRITE_MAX + 1]; /* "": there is none of this kind */
    char replace[ALB_REWRITE_MAX + 1];
};

/* As the API says them, by enum alb_transform_type. */
struct alb_transforms {
    struct alb_rewrite rewrites[ALB_TRANSFORM_TYPES];
};

/* Ready for work. */
struct alb_transformer {
    struct alb_regex *regexes[ALB_TRANSFORM_TYPES];
};

/* Makes it ready. ALB_OK · ValidationError: an expression that is none; `made` is empty then. */
enum alb_error alb_transformer_init(struct alb_transformer *made,
                                    const struct alb_transforms *transforms,
                                    struct alb_why *why) MUST_CHECK;
void alb_transformer_release(struct alb_transformer *made);

/* What was done to a request, for the access log; texts are views into the request's arena. */
struct alb_transformed {
    struct bytes host, uri; /* as they are now; empty: they are as they came */
    const char *status;     /* AWS's, such as "TransformSuccess"; NULL: there was nothing to do */
};

/* Rewrites the request. false: it cannot be, `done->status` says why, and 500 is the answer. */
bool alb_transform(const struct alb_transformer *made, const struct alb_transforms *transforms,
                   struct http_request *req, struct alb_transformed *done) MUST_CHECK;

#endif
