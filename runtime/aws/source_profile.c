#include "runtime/aws/profile.h"
#include "runtime/aws/sts.h"

/* A role may be assumed with the credentials of a profile that assumes a role, and so on. */
enum { CHAIN_MAX = 5 };

struct search {
    struct aws_asking *asking;
    const struct aws_profiles *profiles;
};

static enum rc find(const struct search *search, struct bytes profile, unsigned depth,
                    const struct aws_credentials **out);

static enum rc refuse(const struct search *search, struct bytes profile, const char *what)
{
    text_printf(search->asking->why, "the profile '%.*s' %s", BYTES_ARG(profile), what);
    return RC_REFUSED;
}

static enum rc read_keys(const struct search *search, struct bytes profile,
                         const struct aws_credentials **out)
{
    struct aws_secret_texts texts = {
        aws_profile_get(search->profiles, profile, "aws_access_key_id"),
        aws_profile_get(search->profiles, profile, "aws_secret_access_key"),
        aws_profile_get(search->profiles, profile, "aws_session_token"), bytes_make(NULL, 0)};
    struct bytes where;
    if (arena_printf(search->asking->arena, &where, "the profile '%.*s'", BYTES_ARG(profile)) !=
        RC_OK)
        return RC_NOMEM;
    return aws_source_make(search->asking, where.ptr, &texts, out);
}

/* credential_source: the role is assumed with what is not in a profile. */
static enum rc find_by_source(const struct search *search, struct bytes profile,
                              struct bytes source, const struct aws_credentials **out)
{
    enum rc rc;
    if (bytes_eq(source, BYTES_LIT("Environment")))
        rc = aws_source_environment(search->asking, out);
    else if (bytes_eq(source, BYTES_LIT("EcsContainer")))
        rc = aws_source_container(search->asking, out);
    else
        return refuse(search, profile,
                      "has a credential_source other than Environment and EcsContainer");
    return rc == RC_NOT_FOUND ? refuse(search, profile, "has a credential_source that has none")
                              : rc;
}

/* What the role is assumed with. A profile that is its own source has keys too. */
static enum rc find_base(const struct search *search, struct bytes profile, unsigned depth,
                         const struct aws_credentials **out)
{
    struct bytes source = aws_profile_get(search->profiles, profile, "source_profile");
    struct bytes other = aws_profile_get(search->profiles, profile, "credential_source");
    if (other.len)
        return find_by_source(search, profile, other, out);
    if (source.len == 0)
        return refuse(search, profile,
                      "has a role_arn, and neither source_profile, credential_source nor "
                      "web_identity_token_file");
    if (bytes_eq(source, profile))
        return read_keys(search, profile, out);
    if (depth == CHAIN_MAX)
        return refuse(search, profile, "is too far down a chain of source_profile, or in a ring");
    return find(search, source, depth + 1, out);
}

static enum rc assume(const struct search *search, struct bytes profile, struct bytes arn,
                      unsigned depth, const struct aws_credentials **out)
{
    const struct aws_credentials *base = NULL;
    struct bytes path = aws_profile_get(search->profiles, profile, "web_identity_token_file");
    struct bytes token;
    struct sts_role role = {
        .arn = arn,
        .session_name = aws_profile_get(search->profiles, profile, "role_session_name"),
        .external_id = aws_profile_get(search->profiles, profile, "external_id"),
        .duration_s = aws_profile_get(search->profiles, profile, "duration_seconds"),
        .region = aws_profile_get(search->profiles, profile, "region").ptr,
    };
    if (aws_profile_get(search->profiles, profile, "mfa_serial").len)
        return refuse(search, profile, "asks for a code (mfa_serial), which nobody can type here");
    if (path.len) {
        enum rc rc = aws_source_read_token(search->asking, "the profile's web_identity_token_file",
                                           path.ptr, &token);
        return rc == RC_OK ? sts_assume_role_by_token(search->asking, &role, token, out) : rc;
    }
    enum rc rc = find_base(search, profile, depth, &base);
    if (rc != RC_OK)
        return rc;
    rc = sts_assume_role(search->asking, &role, base, out);
    aws_credentials_release(base);
    return rc;
}

static enum rc find(const struct search *search, struct bytes profile, unsigned depth,
                    const struct aws_credentials **out)
{
    const struct aws_profiles *profiles = search->profiles;
    if (!aws_profile_exists(profiles, profile))
        return refuse(search, profile, "is in neither of the shared files");
    struct bytes arn = aws_profile_get(profiles, profile, "role_arn");
    if (arn.len)
        return assume(search, profile, arn, depth, out);
    if (aws_profile_get(profiles, profile, "aws_access_key_id").len ||
        aws_profile_get(profiles, profile, "aws_secret_access_key").len)
        return read_keys(search, profile, out);
    if (aws_profile_get(profiles, profile, "credential_process").len)
        return refuse(search, profile, "has a credential_process, which is not supported");
    if (aws_profile_get(profiles, profile, "sso_session").len ||
        aws_profile_get(profiles, profile, "sso_start_url").len)
        return refuse(search, profile,
                      "signs in by SSO, which is not supported: 'aws configure export-credentials "
                      "--format env' gives credentials for the environment");
    return depth ? refuse(search, profile, "has no credentials") : RC_NOT_FOUND;
}

enum rc aws_source_profile(struct aws_asking *asking, const struct aws_credentials **out)
{
    struct aws_profiles profiles;
    struct bytes name = aws_profile_name(asking->lookup);
    enum rc rc = aws_profiles_load(asking, &profiles);
    if (rc != RC_OK)
        return rc;
    struct search search = {asking, &profiles};
    if (!aws_environment_get(asking->lookup, "AWS_PROFILE") && !aws_profile_exists(&profiles, name))
        return RC_NOT_FOUND;
    return find(&search, name, 0, out);
}
