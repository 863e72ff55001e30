#include <stdio.h>

#include "runtime/core/clock.h"
#include "runtime/json/json.h"
#include "runtime/store/dynamodb_internal.h"

/* A load balancer asks each task each few seconds, and DescribeTable is throttled for the account
 * as a whole: so what a check came to is what the next ones come to, for a while. */

enum { CHECK_VALID_MS = 3000 };

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool has_key(const cJSON *table, const char *name, const char *kind)
{
    const cJSON *key;
    bool is_key = false, is_text = false;
    cJSON_ArrayForEach(key, member(table, "KeySchema")) is_key |=
        bytes_eq(json_bytes(member(key, "AttributeName")), bytes_from_str(name)) &&
        bytes_eq(json_bytes(member(key, "KeyType")), bytes_from_str(kind));
    cJSON_ArrayForEach(key, member(table, "AttributeDefinitions")) is_text |=
        bytes_eq(json_bytes(member(key, "AttributeName")), bytes_from_str(name)) &&
        bytes_eq(json_bytes(member(key, "AttributeType")), BYTES_LIT("S"));
    return is_key && is_text;
}

/* A table that is being updated (its capacity, an index) can be read and written as before. */
static enum rc judge(const struct dynamodb_call *call, char *reason, size_t reason_len)
{
    const cJSON *table = member(call->answer, "Table");
    struct bytes status = json_bytes(member(table, "TableStatus"));
    if (!bytes_eq(status, BYTES_LIT("ACTIVE")) && !bytes_eq(status, BYTES_LIT("UPDATING")))
        (void)snprintf(reason, reason_len, "the table '%s' has the status '%.*s'",
                       call->store->table, BYTES_ARG(status));
    else if (!has_key(table, "pk", "HASH") || !has_key(table, "sk", "RANGE"))
        (void)snprintf(
            reason, reason_len,
            "the table '%s' has other keys than pk (partition) and sk (sort), both texts",
            call->store->table);
    else
        return RC_OK;
    dynamodb_log(call, RC_REFUSED, reason);
    return RC_REFUSED;
}

static void explain(const struct dynamodb_call *call, enum rc rc, char *reason, size_t reason_len)
{
    const struct aws_response *response = &call->response;
    (void)snprintf(reason, reason_len, "DescribeTable '%s': %s%s%.*s%s%.*s", call->store->table,
                   rc_name(rc), response->error.len ? ", " : "", BYTES_ARG(response->error),
                   response->message.len ? ", " : "", BYTES_ARG(response->message));
}

static enum rc describe(struct dynamodb_store *store, int64_t deadline_ms, char *reason,
                        size_t reason_len)
{
    struct dynamodb_call call;
    dynamodb_begin(&call, store, "DescribeTable", deadline_ms);
    enum rc rc = dynamodb_send(&call, false);
    if (rc == RC_OK)
        rc = judge(&call, reason, reason_len);
    else
        explain(&call, rc, reason, reason_len);
    dynamodb_end(&call);
    return rc;
}

static bool is_known(struct dynamodb_store *store, enum rc *rc, char *reason, size_t reason_len)
{
    (void)pthread_mutex_lock(&store->lock);
    bool is_fresh = store->checked_ms && clock_ms_monotonic() - store->checked_ms < CHECK_VALID_MS;
    if (is_fresh) {
        *rc = store->checked;
        (void)snprintf(reason, reason_len, "%s", store->reason);
    }
    (void)pthread_mutex_unlock(&store->lock);
    return is_fresh;
}

/* That one caller had no time tells nothing to the next. */
static void keep(struct dynamodb_store *store, enum rc rc, const char *reason)
{
    if (rc == RC_TIMEOUT)
        return;
    (void)pthread_mutex_lock(&store->lock);
    store->checked = rc;
    store->checked_ms = clock_ms_monotonic();
    (void)snprintf(store->reason, sizeof store->reason, "%s", reason);
    (void)pthread_mutex_unlock(&store->lock);
}

enum rc dynamodb_check(struct store *base, int64_t deadline_ms, char *reason, size_t reason_len)
{
    struct dynamodb_store *store = (struct dynamodb_store *)base;
    char text[DYNAMODB_REASON_MAX] = "";
    enum rc rc;
    if (is_known(store, &rc, reason, reason_len))
        return rc;
    rc = describe(store, deadline_ms, text, sizeof text);
    keep(store, rc, text);
    (void)snprintf(reason, reason_len, "%s", text);
    return rc;
}
