#include "runtime/aws/credentials.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>

/* One block: the references, what callers see, and the texts. */
struct block {
    struct aws_credentials credentials;
    atomic_uint references;
    size_t len;
    char texts[];
};

static struct block *block_of(const struct aws_credentials *credentials)
{
    return (struct block *)((uintptr_t)credentials - offsetof(struct block, credentials));
}

static struct bytes put(struct block *block, struct bytes text)
{
    char *to = block->texts + block->len;
    if (text.len)
        memcpy(to, text.ptr, text.len);
    block->len += text.len;
    return bytes_make(to, text.len);
}

const struct aws_credentials *aws_credentials_new(struct bytes access_key_id,
                                                  struct bytes secret_access_key,
                                                  struct bytes session_token, int64_t expires_ms)
{
    struct block *block =
        malloc(sizeof *block + access_key_id.len + secret_access_key.len + session_token.len);
    if (!block)
        return NULL;
    block->len = 0;
    atomic_init(&block->references, 1);
    block->credentials = (struct aws_credentials){
        .access_key_id = put(block, access_key_id),
        .secret_access_key = put(block, secret_access_key),
        .session_token = put(block, session_token),
        .expires_ms = expires_ms,
    };
    return &block->credentials;
}

const struct aws_credentials *aws_credentials_hold(const struct aws_credentials *credentials)
{
    atomic_fetch_add(&block_of(credentials)->references, 1);
    return credentials;
}

void aws_credentials_release(const struct aws_credentials *credentials)
{
    if (!credentials)
        return;
    struct block *block = block_of(credentials);
    if (atomic_fetch_sub(&block->references, 1) != 1)
        return;
    OPENSSL_cleanse(block->texts, block->len);
    free(block);
}
