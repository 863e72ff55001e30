#include <stdio.h>

#include "runtime/control/shape_json.h"
#include "runtime/core/limits.h"
#include "runtime/functions/lambda_internal.h"

/* The policy is a JSON text in JSON: statements as IAM writes them. */

static bool take(struct control_call *call, const char *name, bool is_required, char *out,
                 size_t size)
{
    struct bytes text = {NULL, 0};
    if (!input_text(call, call->input, name, is_required, &text))
        return false;
    if (text.len >= size) {
        input_refuse(call, call->input, name, "Member is too long");
        return false;
    }
    (void)snprintf(out, size, "%.*s", BYTES_ARG(text));
    return true;
}

static bool read_statement(struct control_call *call, struct registry_statement *statement)
{
    return take(call, "StatementId", true, statement->id, sizeof statement->id) &&
           take(call, "Action", true, statement->action, sizeof statement->action) &&
           take(call, "Principal", true, statement->principal, sizeof statement->principal) &&
           take(call, "SourceArn", false, statement->source_arn, sizeof statement->source_arn) &&
           take(call, "SourceAccount", false, statement->source_account,
                sizeof statement->source_account);
}

static bool check_words(struct control_call *call, const struct registry_statement *statement)
{
    if (strncmp(statement->action, "lambda:", 7) != 0) {
        input_refuse(call, call->input, "Action", "Member must begin with lambda:");
        return false;
    }
    if (registry_is_alias_name(bytes_from_str(statement->id)) ||
        registry_is_name(bytes_from_str(statement->id)))
        return true;
    input_refuse(call, call->input, "StatementId",
                 "Member must have 1 to 100 letters, digits, '-' and '_'");
    return false;
}

/* The function, with a qualifier that is there, as the policy keeps it. */
static struct registry_function *find(void *context, struct control_call *call,
                                      struct bytes *qualifier)
{
    struct registry_function *function = lambda_function(context, call, qualifier);
    return function && lambda_version(call, function, *qualifier) ? function : NULL;
}

/* --- the statement as a tree --- */

static void show_condition(struct control_call *call, struct datum *shown,
                           const struct registry_statement *statement)
{
    struct datum_maker *maker = &call->maker;
    if (!statement->source_arn[0] && !statement->source_account[0])
        return;
    struct datum *condition = datum_map(maker, shown, "Condition");
    if (statement->source_account[0])
        datum_text(maker, datum_map(maker, condition, "StringEquals"), "AWS:SourceAccount",
                   lambda_keep(call, statement->source_account));
    if (statement->source_arn[0])
        datum_text(maker, datum_map(maker, condition, "ArnLike"), "AWS:SourceArn",
                   lambda_keep(call, statement->source_arn));
}

/* A service, or an account. */
static void show_principal(struct control_call *call, struct datum *shown, const char *principal)
{
    struct datum *box = datum_map(&call->maker, shown, "Principal");
    char arn[300];
    (void)snprintf(arn, sizeof arn, "arn:aws:iam::%s:root", principal);
    if (strchr(principal, '.'))
        datum_text(&call->maker, box, "Service", lambda_keep(call, principal));
    else
        datum_text(&call->maker, box, "AWS",
                   lambda_keep(call, strchr("0123456789", principal[0]) ? arn : principal));
}

static void show_statement(struct control_call *call, struct datum *shown,
                           const struct registry_function *function,
                           const struct registry_statement *statement)
{
    struct datum_maker *maker = &call->maker;
    char arn[REGISTRY_ARN_MAX + REGISTRY_ALIAS_MAX + 2];
    (void)snprintf(arn, sizeof arn, "%s%s%s", function->arn, statement->qualifier[0] ? ":" : "",
                   statement->qualifier);
    datum_text(maker, shown, "Sid", lambda_keep(call, statement->id));
    datum_string(maker, shown, "Effect", "Allow");
    show_principal(call, shown, statement->principal);
    datum_text(maker, shown, "Action", lambda_keep(call, statement->action));
    datum_text(maker, shown, "Resource", lambda_keep(call, arn));
    show_condition(call, shown, statement);
}

/* `tree` as a text in `result`. */
static void put_text(struct control_call *call, struct datum *result, const char *name,
                     const struct datum *tree)
{
    struct buf text;
    struct bytes copy = {NULL, 0};
    buf_init(&text, LIMIT_RESPONSE_JSON_BYTES);
    shape_json_write(&text, tree);
    if (text.failed || arena_dup(call->arena, buf_bytes(&text), &copy) != RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, result, name, copy);
    buf_release(&text);
}

/* A tree that is no part of the result. */
static struct datum *new_tree(struct control_call *call)
{
    struct datum *tree = datum_new(call->arena, DATUM_MAP);
    if (tree)
        return tree;
    call->maker.failed = true;
    return datum_map(&call->maker, NULL, NULL);
}

/* --- the actions --- */

void lambda_add_permission(void *context, struct control_call *call)
{
    struct registry_statement statement = {.next = NULL};
    struct bytes qualifier = {NULL, 0};
    struct registry_function *function = find(context, call, &qualifier);
    if (!function || !read_statement(call, &statement) || !check_words(call, &statement))
        return;
    if (registry_statement_find(function, qualifier, bytes_from_str(statement.id))) {
        control_fail(
            call, 409, "ResourceConflictException",
            "The statement id (%s) provided already exists. Please provide a new statement "
            "id, or remove the existing statement.",
            statement.id);
        return;
    }
    (void)snprintf(statement.qualifier, sizeof statement.qualifier, "%.*s", BYTES_ARG(qualifier));
    if (!registry_statement_add(function, &statement)) {
        lambda_no_memory(call);
        return;
    }
    struct datum *result = control_result(call);
    struct datum *shown = new_tree(call);
    show_statement(call, shown, function, &statement);
    put_text(call, result, "Statement", shown);
    call->status = 201;
    control_answer(call, result);
}

void lambda_get_policy(void *context, struct control_call *call)
{
    struct bytes qualifier = {NULL, 0};
    const struct registry_function *function = find(context, call, &qualifier);
    if (!function)
        return;
    struct datum *result = control_result(call);
    struct datum *policy = new_tree(call);
    datum_string(&call->maker, policy, "Version", "2012-10-17");
    datum_string(&call->maker, policy, "Id", "default");
    struct datum *list = datum_list(&call->maker, policy, "Statement");
    for (const struct registry_statement *statement = function->statements; statement;
         statement = statement->next)
        if (bytes_eq(qualifier, bytes_from_str(statement->qualifier)))
            show_statement(call, datum_map(&call->maker, list, NULL), function, statement);
    if (list->count == 0) {
        control_fail(call, 404, "ResourceNotFoundException",
                     "No policy is associated with the given resource.");
        return;
    }
    put_text(call, result, "Policy", policy);
    control_answer(call, result);
}

void lambda_remove_permission(void *context, struct control_call *call)
{
    struct bytes qualifier = {NULL, 0}, id = datum_get_text(call->input, "StatementId");
    struct registry_function *function = find(context, call, &qualifier);
    if (!function)
        return;
    struct registry_statement *statement = registry_statement_find(function, qualifier, id);
    if (!statement) {
        control_fail(call, 404, "ResourceNotFoundException",
                     "Statement %.*s is not found in resource policy.", BYTES_ARG(id));
        return;
    }
    registry_statement_delete(function, statement);
    control_answer_raw(call, 204, BYTES_LIT("application/json"), bytes_make(NULL, 0));
}
