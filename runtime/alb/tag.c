#include "runtime/alb/tag.h"

#include <stdlib.h>

struct alb_tag *alb_tag_find(const struct alb_model *model, struct bytes arn, struct bytes key)
{
    for (struct alb_tag *tag = model->tags; tag; tag = tag->next)
        if (bytes_eq(bytes_from_str(tag->arn), arn) && bytes_eq(bytes_from_str(tag->key), key))
            return tag;
    return NULL;
}

size_t alb_tag_count(const struct alb_model *model, struct bytes arn)
{
    size_t count = 0;
    for (const struct alb_tag *tag = model->tags; tag; tag = tag->next)
        count += bytes_eq(bytes_from_str(tag->arn), arn);
    return count;
}

void alb_tag_drop(struct alb_model *model, struct bytes arn, const struct bytes *key)
{
    struct alb_tag **at = &model->tags;
    while (*at) {
        struct alb_tag *tag = *at;
        if (bytes_eq(bytes_from_str(tag->arn), arn) &&
            (!key || bytes_eq(bytes_from_str(tag->key), *key))) {
            *at = tag->next;
            free(tag);
        } else {
            at = &tag->next;
        }
    }
}

static struct alb_tag *add_tag(struct alb_model *model, struct bytes arn, struct bytes key)
{
    struct alb_tag **end = &model->tags, *tag = calloc(1, sizeof *tag);
    if (!tag)
        return NULL;
    while (*end)
        end = &(*end)->next;
    memcpy(tag->arn, arn.ptr, arn.len);
    memcpy(tag->key, key.ptr, key.len);
    return *end = tag;
}

bool alb_tag_set(struct alb_model *model, struct bytes arn, struct bytes key, struct bytes value)
{
    struct alb_tag *tag = alb_tag_find(model, arn, key);
    if (arn.len >= sizeof tag->arn || key.len >= sizeof tag->key || value.len >= sizeof tag->value)
        return false;
    if (!tag)
        tag = add_tag(model, arn, key);
    if (!tag)
        return false;
    memcpy(tag->value, value.len ? value.ptr : "", value.len);
    tag->value[value.len] = '\0';
    return true;
}
