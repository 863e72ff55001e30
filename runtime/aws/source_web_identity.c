#include "runtime/aws/sts.h"

enum rc aws_source_web_identity(struct aws_asking *asking, const struct aws_credentials **out)
{
    const char *path = aws_environment_get(asking->lookup, "AWS_WEB_IDENTITY_TOKEN_FILE");
    const char *arn = aws_environment_get(asking->lookup, "AWS_ROLE_ARN");
    struct bytes token;
    if (!path)
        return RC_NOT_FOUND;
    if (!arn) {
        text_printf(asking->why, "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN");
        return RC_REFUSED;
    }
    enum rc rc = aws_source_read_token(asking, "AWS_WEB_IDENTITY_TOKEN_FILE", path, &token);
    if (rc != RC_OK)
        return rc;
    struct sts_role role = {.arn = bytes_from_str(arn),
                            .session_name = bytes_from_str(
                                aws_environment_get(asking->lookup, "AWS_ROLE_SESSION_NAME"))};
    return sts_assume_role_by_token(asking, &role, token, out);
}
