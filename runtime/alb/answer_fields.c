#include "runtime/alb/answer_fields.h"

static void remove_fields(struct http_response *res, struct bytes name)
{
    size_t kept = 0;
    for (size_t i = 0; i < res->field_count; i++)
        if (!bytes_ieq(res->fields[i].name, name))
            res->fields[kept++] = res->fields[i];
    res->field_count = kept;
}

void answer_fields_set(const struct alb_listener_attributes *attributes, bool is_own,
                       struct http_response *res, struct arena *arena)
{
    struct bytes name, copy;
    const char *value;
    if (is_own && !attributes->names_server)
        remove_fields(res, BYTES_LIT("server"));
    for (size_t i = 0; alb_listener_field_next(attributes, &i, &name, &value);) {
        remove_fields(res, name);
        if (arena_dup(arena, bytes_from_str(value), &copy) == RC_OK)
            http_response_add(res, arena, name, copy);
        else
            res->is_out_of_memory = true;
    }
}
