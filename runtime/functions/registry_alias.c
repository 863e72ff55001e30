#include <stdlib.h>

#include "runtime/functions/registry_internal.h"

/* --- aliases --- */

struct registry_alias *registry_alias_find(const struct registry_function *function,
                                           struct bytes name)
{
    struct registry_alias *alias = function->aliases;
    while (alias && !bytes_eq(name, bytes_from_str(alias->name)))
        alias = alias->next;
    return alias;
}

struct registry_alias *registry_alias_add(struct registry_function *function,
                                          const struct registry_alias *alias)
{
    struct registry_alias *copy = malloc(sizeof *copy), **link = &function->aliases;
    if (!copy)
        return NULL;
    *copy = *alias;
    while (*link && strcmp((*link)->name, copy->name) < 0)
        link = &(*link)->next;
    copy->next = *link;
    *link = copy;
    registry_alias_touch(function, copy);
    return copy;
}

void registry_alias_touch(struct registry_function *function, struct registry_alias *alias)
{
    registry_id(function->registry, alias->revision_id);
}

void registry_alias_delete(struct registry_function *function, struct registry_alias *alias)
{
    struct registry_alias **link = &function->aliases;
    while (*link != alias)
        link = &(*link)->next;
    *link = alias->next;
    free(alias);
}

/* --- what a name and a qualifier mean --- */

void registry_split(struct bytes text, struct bytes *name, struct bytes *qualifier)
{
    static const struct bytes mark = BYTES_INIT("function:");
    const char *at = text.len ? memmem(text.ptr, text.len, mark.ptr, mark.len) : NULL;
    if (at)
        text = bytes_skip(text, (size_t)(at - text.ptr) + mark.len);
    size_t len = bytes_find(text, ':');
    *name = bytes_make(text.ptr, len);
    *qualifier = bytes_skip(text, len < text.len ? len + 1 : len);
}

/* A millionth is fine enough for a weight. */
static unsigned choose(struct registry_function *function, const struct registry_alias *alias)
{
    enum { PARTS = 1000000 };
    if (alias->other == REGISTRY_LATEST)
        return alias->version;
    uint64_t part = random_below(&function->registry->random, PARTS);
    return (double)part < alias->other_weight * PARTS ? alias->other : alias->version;
}

struct registry_version *registry_resolve(struct registry_function *function,
                                          struct bytes qualifier)
{
    uint64_t number;
    if (qualifier.len == 0 || bytes_eq(qualifier, BYTES_LIT("$LATEST")))
        return function->versions;
    if (bytes_to_u64(qualifier, UINT32_MAX, &number))
        return number == REGISTRY_LATEST ? NULL : registry_version_find(function, (unsigned)number);
    const struct registry_alias *alias = registry_alias_find(function, qualifier);
    return alias ? registry_version_find(function, choose(function, alias)) : NULL;
}

/* --- policy --- */

struct registry_statement *registry_statement_find(const struct registry_function *function,
                                                   struct bytes qualifier, struct bytes id)
{
    struct registry_statement *statement = function->statements;
    while (statement && !(bytes_eq(id, bytes_from_str(statement->id)) &&
                          bytes_eq(qualifier, bytes_from_str(statement->qualifier))))
        statement = statement->next;
    return statement;
}

bool registry_statement_add(struct registry_function *function,
                            const struct registry_statement *statement)
{
    struct registry_statement *copy = malloc(sizeof *copy), **link = &function->statements;
    if (!copy)
        return false;
    *copy = *statement;
    copy->next = NULL;
    while (*link)
        link = &(*link)->next;
    *link = copy;
    return true;
}

void registry_statement_delete(struct registry_function *function,
                               struct registry_statement *statement)
{
    struct registry_statement **link = &function->statements;
    while (*link != statement)
        link = &(*link)->next;
    *link = statement->next;
    free(statement);
}

static bool allows(const struct registry_statement *statement, struct bytes qualifier,
                   const char *principal, struct bytes source_arn)
{
    struct bytes source = bytes_from_str(statement->source_arn);
    return bytes_eq(qualifier, bytes_from_str(statement->qualifier)) &&
           strcmp(statement->principal, principal) == 0 &&
           (strcmp(statement->action, "lambda:InvokeFunction") == 0 ||
            strcmp(statement->action, "lambda:*") == 0) &&
           (source.len == 0 || bytes_eq(source, source_arn));
}

bool registry_may_invoke(const struct registry_function *function, struct bytes qualifier,
                         const char *principal, struct bytes source_arn)
{
    const struct registry_statement *statement = function->statements;
    while (statement && !allows(statement, qualifier, principal, source_arn))
        statement = statement->next;
    return statement != NULL;
}
