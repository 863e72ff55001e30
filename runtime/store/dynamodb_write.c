#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/store/dynamodb_internal.h"

/*
 * A write whose answer is lost may have been done, and a condition that is looked at again then
 * finds what the write itself has made. So each write leaves a token of its own in the item. It is
 * sent once; when no answer comes it is in doubt and sent again, under the same condition:
 *
 *   it is done now          it was not done before, or doing it twice makes no difference
 *   the token is there      it was done before: what it made is told
 *   another's is, or none   it was done and then came another's write, or it never was. Nobody can
 *                           tell, so neither is said: RC_UNREACHABLE
 *
 * libcurl too may send a request again, on a new connection when a kept one turns out to be dead;
 * so the token is looked for wherever a condition is refused.
 */

enum { TOKEN_BYTES = 16 };

struct write {
    struct dynamodb_call call;
    struct bytes name;
    struct store_condition condition;
    char token[2 * TOKEN_BYTES + 1]; /* empty: a deletion leaves none */
    bool is_doubtful;                /* its first answer was lost: it may have been done then */
};

static bool make_token(struct write *write)
{
    unsigned char random[TOKEN_BYTES];
    if (getentropy(random, sizeof random) != 0)
        return false;
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(write->token + 2 * i, 3, "%02x", random[i]);
    return true;
}

static void add(struct write *write, const char *text)
{
    text_append(&write->call.body, bytes_from_str(text));
}

static void add_number(struct write *write, const char *before, int64_t number)
{
    add(write, before);
    dynamodb_put_number(&write->call, number);
    add(write, "}");
}

/* --- sending, and what a refused condition means --- */

static enum rc look_up(struct write *write, struct dynamodb_item *found)
{
    struct dynamodb_call *call = &write->call;
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(call->answer, "Item");
    /* A service that is not AWS's own may not send the item along. */
    return attributes
               ? dynamodb_read_item(call, attributes, &call->arena, found)
               : dynamodb_fetch(call->store, write->name, call->deadline_ms, &call->arena, found);
}

static enum rc explain_refusal(struct write *write, struct dynamodb_item *found)
{
    enum rc rc = look_up(write, found);
    bool is_there = rc == RC_OK;
    if (!is_there && rc != RC_NOT_FOUND)
        return rc;
    if (is_there && write->token[0] && bytes_eq(found->token, bytes_from_str(write->token)))
        return RC_OK;
    if (write->is_doubtful) {
        dynamodb_log(&write->call, RC_UNREACHABLE, "an answer was lost; it may have been done");
        return RC_UNREACHABLE;
    }
    if (write->condition.when == STORE_IF_ABSENT)
        return RC_EXISTS;
    return write->condition.when == STORE_IF_VERSION && is_there ? RC_CONFLICT : RC_NOT_FOUND;
}

/* RC_OK: `found` is the item as the write has made it, unless it was a deletion. */
static enum rc send(struct write *write, struct dynamodb_item *found)
{
    struct dynamodb_call *call = &write->call;
    enum rc rc = dynamodb_send(call, true);
    write->is_doubtful = rc == RC_UNREACHABLE;
    if (write->is_doubtful)
        rc = dynamodb_send(call, false);
    if (rc == RC_CONFLICT)
        return explain_refusal(write, found);
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(call->answer, "Attributes");
    if (rc == RC_OK && attributes)
        rc = dynamodb_read_item(call, attributes, &call->arena, found);
    return rc;
}

/* --- the requests --- */

/* In the expression language `value` and `token` are reserved: they go by signs. */
static const char *condition_of(const struct write *write)
{
    bool is_put = write->token[0];
    switch (write->condition.when) {
    case STORE_ALWAYS:
        return "NOT #t=:t";
    case STORE_IF_ABSENT:
        return "attribute_not_exists(pk)";
    case STORE_IF_PRESENT:
        return is_put ? "attribute_exists(pk) AND NOT #t=:t" : "attribute_exists(pk)";
    case STORE_IF_VERSION:
        break;
    }
    return write->condition.created_ms ? "version=:n AND created=:k" : "version=:n";
}

/* The values that a condition on the version speaks of. */
static void add_version(struct write *write)
{
    text_printf(&write->call.body, "\":n\":{\"N\":\"%" PRIu64 "\"}", write->condition.version);
    if (write->condition.created_ms)
        add_number(write, ",\":k\":{", write->condition.created_ms);
}

static void begin(struct write *write, struct store *store, const char *operation,
                  struct bytes name, int64_t deadline_ms)
{
    dynamodb_begin(&write->call, (struct dynamodb_store *)store, operation, deadline_ms);
    write->name = name;
    add(write, ",\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\",\"ConditionExpression\":\"");
    add(write, condition_of(write));
    add(write, "\"");
}

static void add_insertion(struct write *write, const struct store_item *item)
{
    add(write, ",\"Item\":{\"pk\":{\"S\":\"item\"},\"sk\":{\"S\":");
    text_json_string(&write->call.body, item->name);
    add(write, "},\"value\":{");
    dynamodb_put_binary(&write->call, item->value);
    add_number(write, "},\"created\":{", item->created_ms);
    add_number(write, ",\"version\":{", 1);
    text_printf(&write->call.body, ",\"token\":{\"S\":\"%s\"}}", write->token);
}

static void add_replacement(struct write *write, const struct store_item *item)
{
    bool is_upsert = write->condition.when == STORE_ALWAYS;
    dynamodb_put_key(&write->call, item->name);
    add(write, ",\"ReturnValues\":\"ALL_NEW\",\"UpdateExpression\":\"SET #v=:v,#t=:t,");
    add(write, is_upsert ? "created=if_not_exists(created,:c),version=if_not_exists(version,:z)+:o"
                         : "version=version+:o");
    add(write, "\",\"ExpressionAttributeNames\":{\"#v\":\"value\",\"#t\":\"token\"}"
               ",\"ExpressionAttributeValues\":{\":v\":{");
    dynamodb_put_binary(&write->call, item->value);
    text_printf(&write->call.body, "},\":t\":{\"S\":\"%s\"}", write->token);
    add_number(write, ",\":o\":{", 1);
    if (is_upsert) {
        add_number(write, ",\":c\":{", item->created_ms);
        add_number(write, ",\":z\":{", 0);
    } else if (write->condition.when == STORE_IF_VERSION) {
        add(write, ",");
        add_version(write);
    }
    add(write, "}");
}

enum rc dynamodb_put(struct store *store, struct store_item *item, struct store_condition condition,
                     int64_t deadline_ms)
{
    struct write write = {.condition = condition};
    struct dynamodb_item found = {.item = {.created_ms = item->created_ms, .version = 1}};
    if (!make_token(&write))
        return RC_NOMEM;
    if (condition.when == STORE_IF_ABSENT) {
        begin(&write, store, "PutItem", item->name, deadline_ms);
        add_insertion(&write, item);
    } else {
        begin(&write, store, "UpdateItem", item->name, deadline_ms);
        add_replacement(&write, item);
    }
    enum rc rc = send(&write, &found);
    if (rc == RC_OK) {
        item->created_ms = found.item.created_ms;
        item->version = found.item.version;
    }
    dynamodb_end(&write.call);
    return rc;
}

enum rc dynamodb_remove(struct store *store, struct bytes name, struct store_condition condition,
                        int64_t deadline_ms)
{
    struct write write = {.condition = condition};
    struct dynamodb_item found;
    begin(&write, store, "DeleteItem", name, deadline_ms);
    dynamodb_put_key(&write.call, name);
    if (condition.when == STORE_IF_VERSION) {
        add(&write, ",\"ExpressionAttributeValues\":{");
        add_version(&write);
        add(&write, "}");
    }
    enum rc rc = send(&write, &found);
    dynamodb_end(&write.call);
    return rc;
}
