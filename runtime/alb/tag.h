#ifndef RUNTIME_ALB_TAG_H
#define RUNTIME_ALB_TAG_H

/*
 * tag — pairs that belong to an ARN of the model, kept for those who look for things by them.
 *
 * Layer:   alb. No I/O.
 * Memory:  the model's.
 *
 * Whether a resource of that ARN is there is the caller's business, and so are AWS's bounds, but
 * for the length of key and value.
 */

#include "runtime/alb/model.h"

enum { ALB_TAG_KEY_MAX = 128, ALB_TAG_VALUE_MAX = 256 }; /* characters; a byte to four each */

struct alb_tag {
    char arn[ALB_ARN_MAX + 1]; /* of the resource that has it */
    char key[ALB_TAG_KEY_MAX * 4 + 1], value[ALB_TAG_VALUE_MAX * 4 + 1];
    struct alb_tag *next; /* in the order in which they came */
};

/* NULL: there is none. */
struct alb_tag *alb_tag_find(const struct alb_model *model, struct bytes arn, struct bytes key);

size_t alb_tag_count(const struct alb_model *model, struct bytes arn);

/* Sets it, or gives it another value. false: no memory, or a text that is too long. */
bool alb_tag_set(struct alb_model *model, struct bytes arn, struct bytes key,
                 struct bytes value) MUST_CHECK;

/* Removes those of `arn` with `key`, or all of them when `key` is NULL. */
void alb_tag_drop(struct alb_model *model, struct bytes arn, const struct bytes *key);

#endif
