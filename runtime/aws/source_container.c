#include "runtime/aws/fetch.h"

/* RC_NOT_FOUND: neither variable is set. */
static enum rc find_url(struct aws_asking *asking, struct bytes *url)
{
    const char *relative =
        aws_environment_get(asking->lookup, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = aws_environment_get(asking->lookup, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative && relative[0] == '/')
        return arena_join(asking->arena, BYTES_LIT("http://169.254.170.2"),
                          bytes_from_str(relative), bytes_make(NULL, 0), url);
    if (relative) {
        text_printf(asking->why, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with '/'");
        return RC_REFUSED;
    }
    if (!full)
        return RC_NOT_FOUND;
    *url = bytes_from_str(full);
    if (aws_fetch_is_safe(*url))
        return RC_OK;
    text_printf(asking->why, "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to "
                             "loopback, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]");
    return RC_REFUSED;
}

/* A token's file is written anew now and then, so it is read each time. */
static enum rc find_authorization(struct aws_asking *asking, struct bytes *out)
{
    const char *path =
        aws_environment_get(asking->lookup, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    *out = bytes_from_str(aws_environment_get(asking->lookup, "AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    if (!path)
        return RC_OK;
    return aws_source_read_token(asking, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, out);
}

static struct bytes member(const cJSON *root, const char *name)
{
    return json_bytes(cJSON_GetObjectItemCaseSensitive(root, name));
}

enum rc aws_source_container(struct aws_asking *asking, const struct aws_credentials **out)
{
    struct aws_fetch fetch = {.what = "the container credentials endpoint"};
    cJSON *root;
    enum rc rc = find_url(asking, &fetch.url);
    if (rc == RC_OK)
        rc = find_authorization(asking, &fetch.authorization);
    if (rc == RC_OK)
        rc = aws_fetch_json(asking, &fetch, &root);
    if (rc != RC_OK)
        return rc;
    struct aws_secret_texts texts = {member(root, "AccessKeyId"), member(root, "SecretAccessKey"),
                                     member(root, "Token"), member(root, "Expiration")};
    return aws_source_make(asking, fetch.what, &texts, out);
}
