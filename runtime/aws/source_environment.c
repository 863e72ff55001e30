#include "runtime/aws/sources.h"

enum rc aws_source_environment(struct aws_asking *asking, const struct aws_credentials **out)
{
    const char *id = aws_environment_get(asking->lookup, "AWS_ACCESS_KEY_ID");
    const char *secret = aws_environment_get(asking->lookup, "AWS_SECRET_ACCESS_KEY");
    const char *token = aws_environment_get(asking->lookup, "AWS_SESSION_TOKEN");
    struct aws_secret_texts texts = {bytes_from_str(id), bytes_from_str(secret),
                                     bytes_from_str(token), bytes_make(NULL, 0)};
    if (!id && !secret)
        return RC_NOT_FOUND;
    if (id && secret)
        return aws_source_make(asking, "AWS_ACCESS_KEY_ID and its like", &texts, out);
    text_printf(asking->why, "%s is set without %s",
                id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    return RC_REFUSED;
}
