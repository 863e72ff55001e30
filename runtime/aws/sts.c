#include "runtime/aws/sts.h"

#include "runtime/aws/client_internal.h"
#include "runtime/aws/sigv4.h"
#include "runtime/aws/xml.h"
#include "runtime/core/clock.h"

static enum rc add(struct aws_asking *asking, struct text *body, const char *name,
                   struct bytes value)
{
    struct bytes encoded;
    if (value.len == 0)
        return RC_OK;
    enum rc rc = sigv4_encode(asking->arena, value, false, &encoded);
    if (rc == RC_OK)
        text_printf(body, "&%s=%.*s", name, BYTES_ARG(encoded));
    return rc;
}

static enum rc make_body(struct aws_asking *asking, const char *action, const struct sts_role *role,
                         struct bytes token, struct bytes *out)
{
    struct text body;
    struct bytes session = role->session_name;
    enum rc rc = RC_OK;
    if (session.len == 0)
        rc = arena_printf(asking->arena, &session, "duet-%lld", (long long)clock_ms_epoch());
    text_init(&body, asking->arena);
    text_printf(&body, "Action=%s&Version=2011-06-15", action);
    const struct {
        const char *name;
        struct bytes value;
    } rows[] = {{"RoleArn", role->arn},
                {"RoleSessionName", session},
                {"ExternalId", role->external_id},
                {"DurationSeconds", role->duration_s},
                {"WebIdentityToken", token}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && rc == RC_OK; i++)
        rc = add(asking, &body, rows[i].name, rows[i].value);
    *out = text_bytes(&body);
    return body.failed ? RC_NOMEM : rc;
}

/* The texts in <Credentials>. */
static enum rc read_answer(struct aws_asking *asking, struct bytes body,
                           struct aws_secret_texts *texts)
{
    struct xml_reader reader = xml_reader_make(body);
    struct xml_item item;
    struct bytes name = {0};
    enum rc rc;
    while ((rc = xml_next(&reader, asking->arena, &item)) == RC_OK &&
           item.kind != XML_END_OF_TEXT) {
        if (item.kind != XML_TEXT) {
            name = item.kind == XML_OPEN ? item.name : bytes_make(NULL, 0);
            continue;
        }
        if (bytes_eq(name, BYTES_LIT("AccessKeyId")))
            texts->access_key_id = bytes_trim(item.text);
        else if (bytes_eq(name, BYTES_LIT("SecretAccessKey")))
            texts->secret_access_key = bytes_trim(item.text);
        else if (bytes_eq(name, BYTES_LIT("SessionToken")))
            texts->session_token = bytes_trim(item.text);
        else if (bytes_eq(name, BYTES_LIT("Expiration")))
            texts->expiration = bytes_trim(item.text);
    }
    return rc == RC_NOMEM ? rc : RC_OK; /* what is missing is named later */
}

static enum rc tell(struct aws_asking *asking, const char *action, const struct sts_role *role,
                    enum rc rc, const struct aws_response *response)
{
    text_printf(asking->why, "%s of '%.*s': %.*s%s%.*s", action, BYTES_ARG(role->arn),
                BYTES_ARG(response->error), response->error.len ? ": " : "",
                BYTES_ARG(response->message));
    return rc == RC_THROTTLED ? RC_UNREACHABLE : rc;
}

static enum rc call(struct aws_asking *asking, struct aws_client *client, const char *action,
                    const struct sts_role *role, struct bytes token,
                    const struct aws_credentials **out)
{
    static const struct aws_field fields[] = {
        {BYTES_INIT("Content-Type"),
         BYTES_INIT("application/x-www-form-urlencoded; charset=utf-8")}};
    struct aws_request request = {.method = BYTES_LIT("POST"),
                                  .path = BYTES_LIT("/"),
                                  .fields = fields,
                                  .field_count = sizeof fields / sizeof fields[0]};
    struct aws_response response;
    struct aws_secret_texts texts = {0};
    enum rc rc = make_body(asking, action, role, token, &request.body);
    if (rc != RC_OK)
        return rc;
    rc = aws_call(client, &request, asking->deadline_ms, asking->arena, &response);
    if (rc != RC_OK)
        return rc == RC_NOMEM ? rc : tell(asking, action, role, rc, &response);
    rc = read_answer(asking, response.body, &texts);
    return rc == RC_OK ? aws_source_make(asking, "the answer of STS", &texts, out) : rc;
}

static enum rc open_and_call(struct aws_asking *asking, struct aws_client_setup *setup,
                             const char *action, const struct sts_role *role, struct bytes token,
                             const struct aws_credentials **out)
{
    char error[256];
    setup->service = "sts";
    setup->lookup = asking->lookup;
    setup->region = role->region ? role->region : "us-east-1";
    struct aws_client *client = aws_client_open(setup, error, sizeof error);
    if (!client) {
        text_printf(asking->why, "%s", error);
        return RC_REFUSED;
    }
    enum rc rc = call(asking, client, action, role, token, out);
    aws_client_free(client);
    return rc;
}

enum rc sts_assume_role(struct aws_asking *asking, const struct sts_role *role,
                        const struct aws_credentials *credentials,
                        const struct aws_credentials **out)
{
    struct aws_client_setup setup = {.credentials = credentials};
    return open_and_call(asking, &setup, "AssumeRole", role, bytes_make(NULL, 0), out);
}

enum rc sts_assume_role_by_token(struct aws_asking *asking, const struct sts_role *role,
                                 struct bytes token, const struct aws_credentials **out)
{
    struct aws_client_setup setup = {.is_unsigned = true};
    return open_and_call(asking, &setup, "AssumeRoleWithWebIdentity", role, token, out);
}
