/*
 * Where credentials come from, and that they are renewed: all services are one fake, which answers
 * in the order of its script.
 *
 * link: -Wl,--wrap=clock_ms_epoch
 */
#include <criterion/criterion.h>

#include <stdatomic.h>
#include <stdio.h>

#include "runtime/aws/fetch.h"
#include "runtime/core/clock.h"
#include "tests/support/aws_rig.h"
#include "tests/support/tempdir.h"

enum { HOUR_MS = 3600 * 1000 };

static struct tempdir dir;
static char path[2 * TEMPDIR_PATH_MAX];

/* The clock that credentials expire by. */
static _Atomic int64_t now_ms;
int64_t __wrap_clock_ms_epoch(void);
int64_t __wrap_clock_ms_epoch(void)
{
    return now_ms;
}

static void setup(void)
{
    atomic_store(&now_ms, 1795248000000); /* 2026-11-21T08:00:00Z */
    tempdir_init(&dir);
    aws_rig_init();
    aws_env_set("AWS_ACCESS_KEY_ID", NULL);
    aws_env_set("AWS_SECRET_ACCESS_KEY", NULL);
}

static void teardown(void)
{
    aws_rig_release();
    tempdir_release(&dir);
}

TestSuite(aws_credentials, .init = setup, .fini = teardown, .timeout = 60);

#define CONTAINER(id, expiration)                                                              \
    {                                                                                          \
        .text = "{\"AccessKeyId\":\"" id "\",\"SecretAccessKey\":\"s3cret\",\"Token\":\"T-" id \
                "\",\"Expiration\":\"" expiration "\"}",                                       \
        .status = 200                                                                          \
    }
#define STS(id, expiration)                                                                \
    {                                                                                      \
        .text = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">" \
                "<AssumeRoleResult><Credentials><AccessKeyId>" id "</AccessKeyId>"         \
                "<SecretAccessKey>s3cret</SecretAccessKey><SessionToken>T-" id             \
                "</SessionToken><Expiration>" expiration "</Expiration></Credentials>"     \
                "</AssumeRoleResult></AssumeRoleResponse>",                                \
        .status = 200                                                                      \
    }
#define TOKEN(value)                                       \
    {                                                      \
        .text = "{\"value\":\"" value "\"}", .status = 200 \
    }

/* A variable whose value is a URL at the fake. */
static void set_url(const char *name, const char *target)
{
    char url[128];
    (void)snprintf(url, sizeof url, "http://%s%s", fake_rapi_address(aws_rig.fake), target);
    aws_env_set(name, url);
}

static void set_file(const char *name, const char *text)
{
    aws_env_set(name, tempdir_join(&dir, "", name, path));
    tempdir_write(path, text);
}

/* The request `index` is signed with the key `id`. */
static void expect_key(size_t index, const char *id)
{
    char start[128];
    (void)snprintf(start, sizeof start, "AWS4-HMAC-SHA256 Credential=%s/", id);
    cr_expect(strncmp(aws_rig_field(index, "Authorization"), start, strlen(start)) == 0,
              "request %zu: '%s' instead of %s", index, aws_rig_field(index, "Authorization"), id);
}

static void expect_body(size_t index, const char *piece)
{
    struct bytes body = fake_rapi_request(aws_rig.fake, index)->body;
    cr_expect_not_null(memmem(body.ptr, body.len, piece, strlen(piece)), "'%s' is not in '%.*s'",
                       piece, BYTES_ARG(body));
}

static void expect_refused(const char *piece)
{
    cr_expect_eq(aws_rig_call(), RC_REFUSED);
    cr_expect(bytes_eq(aws_rig.response.error, BYTES_LIT("NoCredentials")));
    cr_assert_not_null(aws_rig.response.message.ptr);
    cr_expect_not_null(strstr(aws_rig.response.message.ptr, piece), "'%s' is not in '%.*s'", piece,
                       BYTES_ARG(aws_rig.response.message));
    cr_expect_null(strstr(aws_rig.response.message.ptr, "s3cret"));
}

Test(aws_credentials, come_from_the_environment_first)
{
    AWS_RIG_START(AWS_OK);
    aws_env_set("AWS_ACCESS_KEY_ID", "AKIAENV");
    aws_env_set("AWS_SECRET_ACCESS_KEY", "s3cret");
    aws_env_set("AWS_SESSION_TOKEN", "TOKENENV");
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/creds");
    cr_expect_eq(aws_rig_call(), RC_OK);
    expect_key(0, "AKIAENV");
    cr_expect_str_eq(aws_rig_field(0, "X-Amz-Security-Token"), "TOKENENV");
    cr_expect_not_null(strstr(aws_rig_field(0, "Authorization"), ";x-amz-security-token;"));
}

Test(aws_credentials, come_from_the_container_and_are_kept)
{
    AWS_RIG_START(CONTAINER("ASIA1", "2026-11-21T14:00:00Z"), AWS_OK, AWS_OK);
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/v1/creds?id=7");
    aws_env_set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc");
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_assert_eq(aws_rig_count(), 3);
    cr_expect_str_eq(fake_rapi_request(aws_rig.fake, 0)->target, "GET /v1/creds?id=7");
    cr_expect_str_eq(aws_rig_field(0, "Authorization"), "Basic abc");
    cr_expect_str_eq(aws_rig_field(1, "X-Amz-Security-Token"), "T-ASIA1");
    expect_key(1, "ASIA1");
    expect_key(2, "ASIA1");
}

Test(aws_credentials, are_renewed_before_they_expire_between_two_calls)
{
    AWS_RIG_START(CONTAINER("ASIA1", "2026-11-21T14:00:00Z"), AWS_OK,
                  CONTAINER("ASIA2", "2026-11-21T20:00:00Z"), AWS_OK);
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/");
    set_file("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "file-token\n");
    cr_expect_eq(aws_rig_call(), RC_OK);
    tempdir_write(path, "second-token\n");
    atomic_fetch_add(&now_ms, 6 * HOUR_MS - 5 * 60 * 1000);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_assert_eq(aws_rig_count(), 4);
    cr_expect_str_eq(aws_rig_field(0, "Authorization"), "file-token");
    cr_expect_str_eq(aws_rig_field(2, "Authorization"), "second-token");
    expect_key(3, "ASIA2");
}

Test(aws_credentials, serve_to_their_end_when_they_cannot_be_renewed)
{
    AWS_RIG_START(CONTAINER("ASIA1", "2026-11-21T14:00:00Z"), AWS_OK, {.text = "", .status = 404},
                  AWS_OK, {.text = "", .status = 404});
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/");
    cr_expect_eq(aws_rig_call(), RC_OK);
    atomic_fetch_add(&now_ms, 6 * HOUR_MS - 1000);
    cr_expect_eq(aws_rig_call(), RC_OK);
    expect_key(3, "ASIA1");
    atomic_fetch_add(&now_ms, 1000);
    expect_refused("the container credentials endpoint answered with status 404");
    cr_expect_eq(aws_rig_count(), 5);
}

Test(aws_credentials, are_fetched_anew_when_the_service_calls_them_expired)
{
    AWS_RIG_START(CONTAINER("ASIA1", "2026-11-21T14:00:00Z"),
                  AWS_ERROR(400, "ExpiredTokenException"),
                  CONTAINER("ASIA2", "2026-11-21T14:00:00Z"), AWS_OK);
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/");
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_assert_eq(aws_rig_count(), 4);
    expect_key(1, "ASIA1");
    expect_key(3, "ASIA2");
}

Test(aws_credentials, are_fetched_again_when_the_endpoint_fails)
{
    AWS_RIG_START({.text = "", .status = 500}, AWS_DROP,
                  CONTAINER("ASIA1", "2026-11-21T14:00:00.123Z"), AWS_OK);
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/");
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_eq(aws_rig_count(), 4);
}

Test(aws_credentials, say_what_is_wrong_with_the_container)
{
    AWS_RIG_START({.text = "<html>", .status = 200},
                  {.text = "{\"AccessKeyId\":\"A\"}", .status = 200},
                  CONTAINER("ASIA1", "tomorrow"), CONTAINER("AS IA", "2026-11-21T14:00:00Z"));
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/");
    expect_refused("no JSON");
    expect_refused("the secret access key is missing");
    expect_refused("the expiration");
    expect_refused("the access key id");
    aws_env_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token");
    expect_refused("there is no '/nowhere/token'");
    aws_env_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/");
    expect_refused("AWS_CONTAINER_CREDENTIALS_FULL_URI must be https");
    aws_env_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "x");
    expect_refused("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin");
}

Test(aws_credentials, go_only_to_hosts_that_are_safe)
{
    static const char *const safe[] = {"https://example.com/x",  "http://127.0.0.1:80/x",
                                       "http://127.9.9.9/",      "http://localhost",
                                       "http://[::1]:1/",        "http://169.254.170.2/v2",
                                       "http://169.254.170.23/", "http://[fd00:ec2::23]/"};
    static const char *const unsafe[] = {"http://example.com/",
                                         "http://127.0.0.1.example.com/",
                                         "http://127.0.0.1@example.com/",
                                         "http://169.254.169.254/",
                                         "http://128.0.0.1/",
                                         "http://[::1].example.com/",
                                         "https://",
                                         "https://a@b/",
                                         "http://localhost\\@example.com",
                                         "ftp://localhost/",
                                         "http://[::1",
                                         ""};
    for (size_t i = 0; i < sizeof safe / sizeof safe[0]; i++)
        cr_expect(aws_fetch_is_safe(bytes_from_str(safe[i])), "%s", safe[i]);
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++)
        cr_expect(!aws_fetch_is_safe(bytes_from_str(unsafe[i])), "%s", unsafe[i]);
}

Test(aws_credentials, come_from_a_web_identity)
{
    AWS_RIG_START(STS("ASIAWEB", "2026-11-21T09:00:00Z"), AWS_OK);
    set_file("AWS_WEB_IDENTITY_TOKEN_FILE", "jwt.a+b\n");
    aws_env_set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/duet");
    aws_env_set("AWS_ROLE_SESSION_NAME", "me");
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_str_eq(fake_rapi_request(aws_rig.fake, 0)->target, "POST /");
    cr_expect_str_eq(aws_rig_field(0, "Authorization"), "");
    expect_body(0, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A"
                   "%3A123456789012%3Arole%2Fduet&RoleSessionName=me&WebIdentityToken=jwt.a%2Bb");
    expect_key(1, "ASIAWEB");
    cr_expect_str_eq(aws_rig_field(1, "X-Amz-Security-Token"), "T-ASIAWEB");
}

Test(aws_credentials, say_why_a_web_identity_is_refused)
{
    AWS_RIG_START({.text = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                           "<Message>Not authorized &amp; so on</Message></Error>"
                           "<RequestId>r</RequestId></ErrorResponse>",
                   .status = 403});
    aws_env_set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token");
    expect_refused("set without AWS_ROLE_ARN");
    aws_env_set("AWS_ROLE_ARN", "arn:x");
    expect_refused("there is no '/nowhere/token'");
    set_file("AWS_WEB_IDENTITY_TOKEN_FILE", "jwt");
    expect_refused("AssumeRoleWithWebIdentity of 'arn:x': AccessDenied: Not authorized & so on");
}

/* A canary that takes longer than its first session. */
Test(aws_credentials, outlast_an_hour_on_github_actions)
{
    AWS_RIG_START(TOKEN("jwt1"), STS("ASIA1", "2026-11-21T09:00:00Z"), AWS_OK, TOKEN("jwt2"),
                  STS("ASIA2", "2026-11-21T10:00:00Z"), AWS_OK);
    set_url("ACTIONS_ID_TOKEN_REQUEST_URL", "/token?api-version=2.0");
    aws_env_set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token");
    aws_env_set("AWS_ROLE_ARN", "arn:x");
    cr_expect_eq(aws_rig_call(), RC_OK);
    atomic_fetch_add(&now_ms, HOUR_MS);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_assert_eq(aws_rig_count(), 6);
    cr_expect_str_eq(fake_rapi_request(aws_rig.fake, 0)->target,
                     "GET /token?api-version=2.0&audience=sts.amazonaws.com");
    cr_expect_str_eq(aws_rig_field(0, "Authorization"), "bearer request-token");
    expect_body(1, "WebIdentityToken=jwt1");
    expect_key(2, "ASIA1");
    expect_body(4, "WebIdentityToken=jwt2");
    expect_key(5, "ASIA2");
}

/* A step before has put a session into the environment, which ends after an hour. */
Test(aws_credentials, of_the_environment_are_followed_by_github_s)
{
    AWS_RIG_START(AWS_OK, AWS_ERROR(400, "ExpiredTokenException"), TOKEN("jwt"),
                  STS("ASIA2", "2026-11-21T10:00:00Z"), AWS_OK);
    aws_env_set("AWS_ACCESS_KEY_ID", "ASIAENV");
    aws_env_set("AWS_SECRET_ACCESS_KEY", "s3cret");
    aws_env_set("AWS_SESSION_TOKEN", "t");
    set_url("ACTIONS_ID_TOKEN_REQUEST_URL", "/token?x=y");
    aws_env_set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token");
    aws_env_set("AWS_ROLE_ARN", "arn:x");
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_assert_eq(aws_rig_count(), 5);
    expect_key(1, "ASIAENV");
    expect_key(4, "ASIA2");
}

Test(aws_credentials, come_from_a_profile_with_its_region_and_endpoint)
{
    AWS_RIG_START(AWS_OK);
    char config[256];
    aws_client_free(aws_rig.client);
    (void)snprintf(config, sizeof config, "[profile p]\nregion = ap-south-1\nendpoint_url = %s\n",
                   aws_env_lookup("AWS_ENDPOINT_URL"));
    aws_env_set("AWS_ENDPOINT_URL", NULL);
    aws_env_set("AWS_REGION", NULL);
    aws_env_set("AWS_PROFILE", "p");
    set_file("AWS_CONFIG_FILE", config);
    set_file("AWS_SHARED_CREDENTIALS_FILE",
             "[p]\naws_access_key_id = AKIAP\naws_secret_access_key = s3cret\n");
    aws_rig.client = aws_env_client("dynamodb");
    cr_expect_eq(aws_rig_call(), RC_OK);
    expect_key(0, "AKIAP");
    cr_expect_not_null(strstr(aws_rig_field(0, "Authorization"), "/ap-south-1/dynamodb/"));
}

Test(aws_credentials, come_from_a_profile_s_role)
{
    AWS_RIG_START(STS("ASIAB", "2026-11-21T09:00:00Z"), STS("ASIAA", "2026-11-21T09:00:00Z"),
                  AWS_OK);
    set_file("AWS_CONFIG_FILE",
             "[profile a]\nrole_arn = arn:a\nsource_profile = b\nexternal_id = e\n"
             "duration_seconds = 900\nrole_session_name = s\n"
             "[profile b]\nrole_arn = arn:b\nsource_profile = c\n");
    set_file("AWS_SHARED_CREDENTIALS_FILE",
             "[c]\naws_access_key_id = AKIAC\naws_secret_access_key = s3cret\n");
    aws_env_set("AWS_PROFILE", "a");
    cr_expect_eq(aws_rig_call(), RC_OK);
    expect_key(0, "AKIAC");
    cr_expect_not_null(strstr(aws_rig_field(0, "Authorization"), "/eu-west-1/sts/"));
    expect_body(0, "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ab&RoleSessionName=duet-");
    expect_key(1, "ASIAB");
    expect_body(1, "RoleArn=arn%3Aa&RoleSessionName=s&ExternalId=e&DurationSeconds=900");
    expect_key(2, "ASIAA");
}

Test(aws_credentials, of_a_role_may_begin_in_the_environment_or_with_a_token)
{
    AWS_RIG_START(CONTAINER("ASIAC", "2026-11-21T14:00:00Z"), STS("ASIAR", "2026-11-21T09:00:00Z"),
                  AWS_OK, STS("ASIAW", "2026-11-21T14:00:00Z"), AWS_OK);
    char config[1024];
    set_file("TOKEN", "jwt\n");
    (void)snprintf(config, sizeof config,
                   "[profile c]\nrole_arn = arn:c\ncredential_source = EcsContainer\n"
                   "[profile w]\nrole_arn = arn:w\nweb_identity_token_file = %s\n",
                   path);
    set_file("AWS_CONFIG_FILE", config);
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/");
    aws_env_set("AWS_PROFILE", "c");
    cr_expect_eq(aws_rig_call(), RC_OK);
    expect_key(1, "ASIAC");
    expect_key(2, "ASIAR");
    aws_env_set("AWS_PROFILE", "w");
    atomic_fetch_add(&now_ms, HOUR_MS);
    cr_expect_eq(aws_rig_call(), RC_OK);
    expect_body(3, "WebIdentityToken=jwt");
    expect_key(4, "ASIAW");
}

Test(aws_credentials, say_what_is_wrong_with_a_profile)
{
    static const struct row {
        const char *profile, *piece;
    } rows[] = {
        {"ring1", "'ring2' is too far down"},
        {"nobody", "'nobody' is in neither of the shared files"},
        {"lost", "'gone' is in neither"},
        {"sso", "signs in by SSO, which is not supported"},
        {"process", "credential_process, which is not supported"},
        {"mfa", "mfa_serial"},
        {"half", "the profile 'half': the secret access key is missing"},
        {"bare", "neither source_profile"},
        {"imds", "a credential_source other than"},
        {"env", "a credential_source that has none"},
        {"token", "there is no '/nowhere'"},
    };
    AWS_RIG_START(AWS_OK);
    set_file("AWS_CONFIG_FILE",
             "[profile ring1]\nrole_arn = r\nsource_profile = ring2\n"
             "[profile ring2]\nrole_arn = r\nsource_profile = ring1\n"
             "[profile lost]\nrole_arn = r\nsource_profile = gone\n"
             "[profile sso]\nsso_session = s\n[profile process]\ncredential_process = /bin/true\n"
             "[profile mfa]\nrole_arn = r\nmfa_serial = m\n[profile half]\naws_access_key_id = A\n"
             "[profile bare]\nrole_arn = r\n"
             "[profile imds]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n"
             "[profile env]\nrole_arn = r\ncredential_source = Environment\n"
             "[profile token]\nrole_arn = r\nweb_identity_token_file = /nowhere\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        aws_env_set("AWS_PROFILE", rows[i].profile);
        expect_refused(rows[i].piece);
    }
    set_file("AWS_CONFIG_FILE", "[default]\nnonsense\n");
    expect_refused("AWS_CONFIG_FILE:2: this is no section");
    cr_expect_eq(aws_rig_count(), 0);
}
