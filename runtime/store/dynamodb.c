#include <stdio.h>
#include <stdlib.h>

#include "runtime/store/dynamodb_internal.h"

/* A table of DynamoDB, or of what speaks like it. Opening calls nobody: a cold start pays nothing
 * for a store before the first request that uses it. */

/* "Naming rules", DynamoDB developer guide. */
static bool is_table_name(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.')
            return false;
    }
    return name.len >= 3 && name.len <= 255;
}

static void dynamodb_close(struct store *base)
{
    struct dynamodb_store *store = (struct dynamodb_store *)base;
    aws_client_free(store->client);
    pthread_mutex_destroy(&store->lock);
    free(store->table);
    free(store);
}

static const struct store_ops dynamodb_ops = {
    .kind = "dynamodb",
    .is_blocking = true,
    .close = dynamodb_close,
    .put = dynamodb_put,
    .get = dynamodb_get,
    .remove = dynamodb_remove,
    .list = dynamodb_list,
    .check = dynamodb_check,
};

struct store *store_dynamodb_open(const char *path, char *reason, size_t reason_len)
{
    static const struct aws_client_options options = {.service = "dynamodb"};
    if (!is_table_name(bytes_from_str(path))) {
        (void)snprintf(reason, reason_len,
                       "a table's name has 3 to 255 letters, digits, '_', '-' and '.'");
        return NULL;
    }
    struct dynamodb_store *store = calloc(1, sizeof *store);
    (void)snprintf(reason, reason_len, "no memory");
    if (!store)
        return NULL;
    store->base.ops = &dynamodb_ops;
    store->table = strdup(path);
    if (!store->table || pthread_mutex_init(&store->lock, NULL) != 0)
        goto failed;
    store->client = aws_client_new(&options, reason, reason_len);
    if (store->client)
        return &store->base;
    pthread_mutex_destroy(&store->lock);
failed:
    free(store->table);
    free(store);
    return NULL;
}
