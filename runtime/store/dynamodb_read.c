#include "runtime/core/limits.h"
#include "runtime/store/dynamodb_internal.h"

/* Reads are consistent: what a write acknowledged is seen by the next read, whichever home it is.
 */

enum rc dynamodb_fetch(struct dynamodb_store *store, struct bytes name, int64_t deadline_ms,
                       struct arena *arena, struct dynamodb_item *out)
{
    struct dynamodb_call call;
    dynamodb_begin(&call, store, "GetItem", deadline_ms);
    dynamodb_put_key(&call, name);
    text_append(&call.body, BYTES_LIT(",\"ConsistentRead\":true"));
    enum rc rc = dynamodb_send(&call, false);
    if (rc == RC_OK) {
        const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(call.answer, "Item");
        rc = attributes ? dynamodb_read_item(&call, attributes, arena, out) : RC_NOT_FOUND;
    }
    dynamodb_end(&call);
    return rc;
}

enum rc dynamodb_get(struct store *store, struct bytes name, int64_t deadline_ms,
                     struct arena *arena, struct store_item *out)
{
    struct dynamodb_item found;
    enum rc rc = dynamodb_fetch((struct dynamodb_store *)store, name, deadline_ms, arena, &found);
    if (rc == RC_OK)
        *out = found.item;
    return rc;
}

static void put_query(struct dynamodb_call *call, struct bytes after, size_t limit)
{
    bool has_cursor = after.len > 0;
    text_printf(&call->body,
                ",\"ConsistentRead\":true,\"Limit\":%zu,\"KeyConditionExpression\":\"pk=:p%s\""
                ",\"ExpressionAttributeValues\":{\":p\":{\"S\":\"item\"}",
                limit, has_cursor ? " AND sk>:a" : "");
    if (has_cursor) {
        text_append(&call->body, BYTES_LIT(",\":a\":{\"S\":"));
        text_json_string(&call->body, after);
        text_append(&call->body, BYTES_LIT("}"));
    }
    text_append(&call->body, BYTES_LIT("}"));
}

static enum rc read_items(struct dynamodb_call *call, size_t limit, struct arena *arena,
                          struct store_page *page)
{
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(call->answer, "Items"), *item;
    size_t count = (size_t)cJSON_GetArraySize(items);
    page->has_more =
        count > limit || cJSON_GetObjectItemCaseSensitive(call->answer, "LastEvaluatedKey") != NULL;
    page->items = arena_alloc(arena, (count + 1) * sizeof *page->items);
    if (!page->items)
        return RC_NOMEM;
    cJSON_ArrayForEach(item, items)
    {
        if (page->count == limit)
            break;
        struct dynamodb_item found;
        enum rc rc = dynamodb_read_item(call, item, arena, &found);
        if (rc != RC_OK)
            return rc;
        page->items[page->count++] = found.item;
    }
    if (page->count || !page->has_more)
        return RC_OK;
    dynamodb_log(call, RC_IO, "a page without items says that there are more");
    return RC_IO;
}

/* One item more than wanted is asked for: whether it comes tells whether there are more, where
 * DynamoDB's own mark only says that it has not looked. */
enum rc dynamodb_list(struct store *store, struct bytes after, size_t limit, int64_t deadline_ms,
                      struct arena *arena, struct store_page *page)
{
    struct dynamodb_call call;
    if (limit > LIMIT_STORE_PAGE)
        limit = LIMIT_STORE_PAGE;
    dynamodb_begin(&call, (struct dynamodb_store *)store, "Query", deadline_ms);
    put_query(&call, after, limit + 1);
    enum rc rc = dynamodb_send(&call, false);
    if (rc == RC_OK)
        rc = read_items(&call, limit, arena, page);
    dynamodb_end(&call);
    return rc;
}
