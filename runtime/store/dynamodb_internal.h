#ifndef RUNTIME_STORE_DYNAMODB_INTERNAL_H
#define RUNTIME_STORE_DYNAMODB_INTERNAL_H

/*
 * dynamodb_internal — what the files of the DynamoDB backend share: a call, and an item's text.
 *
 * Layer:   of runtime/store/dynamodb*.c alone.
 * Source:  "DynamoDB low-level API", Amazon DynamoDB developer guide; its API reference.
 *
 * An item is stored under the key (pk "item", sk its name) with the attributes `value` (B),
 * `created` (N, milliseconds), `version` (N) and `token` (S: which write made it so).
 * runtime/store/ README.md says why.
 */

#include <cjson/cJSON.h>
#include <pthread.h>

#include "runtime/aws/client.h"
#include "runtime/core/text.h"
#include "runtime/store/internal.h"

enum { DYNAMODB_REASON_MAX = 512 };

struct dynamodb_store {
    struct store base;
    struct aws_client *client;
    char *table;

    pthread_mutex_t lock; /* for what the last check came to, below */
    int64_t checked_ms;   /* 0: none yet */
    enum rc checked;
    char reason[DYNAMODB_REASON_MAX];
};

/* One request to DynamoDB and its answer. Lives from dynamodb_begin to dynamodb_end, which is
 * called in each case; all in it lives as long. */
struct dynamodb_call {
    struct dynamodb_store *store;
    const char *operation;
    int64_t deadline_ms;
    struct arena arena;
    struct text body; /* a JSON object without its last brace */
    struct aws_response response;
    cJSON *answer;  /* NULL: no JSON came */
    bool is_marked; /* its strings hold json_nul's digraphs */
};

/* The body begins with the table's name. */
void dynamodb_begin(struct dynamodb_call *call, struct dynamodb_store *store, const char *operation,
                    int64_t deadline_ms);
void dynamodb_end(struct dynamodb_call *call);

/* Appends `,"Key":{...}` of an item. */
void dynamodb_put_key(struct dynamodb_call *call, struct bytes name);

/* Appends `"B":"..."` and `"N":"..."`, of a value. */
void dynamodb_put_binary(struct dynamodb_call *call, struct bytes value);
void dynamodb_put_number(struct dynamodb_call *call, int64_t number);

/* Sends the request; a second time too.
 *
 * is_once  as in aws_call
 *
 * RC_OK · RC_CONFLICT: the request's condition did not hold · RC_UNREACHABLE: also an answer that
 * is no JSON · all others as aws_call's. call->answer is set on RC_OK and RC_CONFLICT. Each failure
 * but RC_CONFLICT is in the log, and but RC_UNREACHABLE with `is_once`, which may not be the end.
 */
enum rc dynamodb_send(struct dynamodb_call *call, bool is_once) MUST_CHECK;

/* Logs that `call` failed, and why. */
void dynamodb_log(const struct dynamodb_call *call, enum rc rc, const char *reason);

/* An item with the token of the write that made it so; empty: it has none. */
struct dynamodb_item {
    struct store_item item;
    struct bytes token;
};

/* Reads the attributes of an item of the answer. RC_OK: `out` is in `arena` · RC_IO: it is not of
 * our form, which is in the log · RC_NOMEM */
enum rc dynamodb_read_item(struct dynamodb_call *call, const cJSON *attributes, struct arena *arena,
                           struct dynamodb_item *out) MUST_CHECK;

/* Gets an item as it is now. RC_OK · RC_NOT_FOUND · all others as dynamodb_send's and the above */
enum rc dynamodb_fetch(struct dynamodb_store *store, struct bytes name, int64_t deadline_ms,
                       struct arena *arena, struct dynamodb_item *out) MUST_CHECK;

/* The backend's calls. */
enum rc dynamodb_get(struct store *store, struct bytes name, int64_t deadline_ms,
                     struct arena *arena, struct store_item *out);
enum rc dynamodb_list(struct store *store, struct bytes after, size_t limit, int64_t deadline_ms,
                      struct arena *arena, struct store_page *page);
enum rc dynamodb_put(struct store *store, struct store_item *item, struct store_condition condition,
                     int64_t deadline_ms);
enum rc dynamodb_remove(struct store *store, struct bytes name, struct store_condition condition,
                        int64_t deadline_ms);
enum rc dynamodb_check(struct store *store, int64_t deadline_ms, char *reason, size_t reason_len);

#endif
