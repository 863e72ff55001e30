#include <stdio.h>
#include <stdlib.h>

#include "runtime/functions/registry.h"

bool registry_tag_set(struct registry_function *function, struct bytes key, struct bytes value)
{
    struct registry_tag **link = &function->tags, *tag;
    while (*link && !bytes_eq(key, bytes_from_str((*link)->key)))
        link = &(*link)->next;
    tag = *link ? *link : calloc(1, sizeof *tag);
    if (!tag || key.len >= sizeof tag->key || value.len >= sizeof tag->value) {
        if (!*link)
            free(tag);
        return false;
    }
    (void)snprintf(tag->key, sizeof tag->key, "%.*s", BYTES_ARG(key));
    (void)snprintf(tag->value, sizeof tag->value, "%.*s", BYTES_ARG(value));
    *link = tag;
    return true;
}

void registry_tag_drop(struct registry_function *function, struct bytes key)
{
    struct registry_tag **link = &function->tags;
    while (*link && !bytes_eq(key, bytes_from_str((*link)->key)))
        link = &(*link)->next;
    struct registry_tag *tag = *link;
    if (!tag)
        return;
    *link = tag->next;
    free(tag);
}
