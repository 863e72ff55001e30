#include "runtime/aws/fetch.h"
#include "runtime/aws/sts.h"

/* "Security hardening with OpenID Connect", GitHub's documentation: the URL has a query already,
 * and the audience that AWS's trust policies ask for is sts.amazonaws.com. */
static enum rc fetch_token(struct aws_asking *asking, struct bytes url, struct bytes secret,
                           struct bytes *token)
{
    struct aws_fetch fetch = {.what = "GitHub's token endpoint"};
    cJSON *root;
    enum rc rc = arena_join(asking->arena, url, BYTES_LIT("&audience=sts.amazonaws.com"),
                            bytes_make(NULL, 0), &fetch.url);
    if (rc == RC_OK)
        rc = arena_join(asking->arena, BYTES_LIT("bearer "), secret, bytes_make(NULL, 0),
                        &fetch.authorization);
    if (rc == RC_OK)
        rc = aws_fetch_json(asking, &fetch, &root);
    if (rc != RC_OK)
        return rc;
    *token = json_bytes(cJSON_GetObjectItemCaseSensitive(root, "value"));
    if (token->len)
        return RC_OK;
    text_printf(asking->why, "%s answered without a token", fetch.what);
    return RC_REFUSED;
}

enum rc aws_source_github(struct aws_asking *asking, const struct aws_credentials **out)
{
    struct bytes url =
        bytes_from_str(aws_environment_get(asking->lookup, "ACTIONS_ID_TOKEN_REQUEST_URL"));
    struct bytes secret =
        bytes_from_str(aws_environment_get(asking->lookup, "ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
    struct sts_role role = {
        .arn = bytes_from_str(aws_environment_get(asking->lookup, "AWS_ROLE_ARN")),
        .session_name =
            bytes_from_str(aws_environment_get(asking->lookup, "AWS_ROLE_SESSION_NAME"))};
    struct bytes token;
    if (url.len == 0 || secret.len == 0 || role.arn.len == 0)
        return RC_NOT_FOUND;
    if (!aws_fetch_is_safe(url)) {
        text_printf(asking->why, "ACTIONS_ID_TOKEN_REQUEST_URL must be https");
        return RC_REFUSED;
    }
    enum rc rc = fetch_token(asking, url, secret, &token);
    return rc == RC_OK ? sts_assume_role_by_token(asking, &role, token, out) : rc;
}
