#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "runtime/aws/xml.h"
#include "tests/support/aws_env.h"
#include "tests/support/program.h"
#include "tests/support/tls_files.h"

/* Our requests before somebody else's eyes: moto checks each signature with botocore's code, for
 * each of AWS's protocols, over TLS. */

static struct program moto;
static struct tls_files tls;
static struct arena arena;
static struct aws_response response;

static const char listening[] = "listening on ";

/* false: this machine cannot have it, which is said. The first start installs it. */
static bool start_moto(void)
{
    const char *argv[] = {"./tests/support/python_venv.sh", "tests/support/moto/requirements.txt",
                          "tests/support/moto/serve.py", NULL};
    char cert[600], key[600];
    (void)snprintf(cert, sizeof cert, "CERT=%s", tls.cert);
    (void)snprintf(key, sizeof key, "KEY=%s", tls.key);
    /* The three calls that make a user are not checked: there is nobody yet. */
    const char *env[] = {cert, key, "INITIAL_NO_AUTH_ACTION_COUNT=3", NULL};
    const char *ci = getenv("CI");
    program_start(&moto, argv, env);
    for (int i = 0; i < 9 && !(moto.out.len && strstr(moto.out.data, "missing: ")); i++)
        if (program_wait_for(&moto, listening))
            return true;
    cr_assert(!ci || strcmp(ci, "true") != 0, "moto: %s", moto.out.data);
    (void)printf("skip signatures before moto: %s",
                 moto.out.len ? moto.out.data : "it is silent\n");
    (void)fflush(stdout);
    return false;
}

/* One call of `service`; a new client each time, since keys change. */
static enum rc call(const char *service, const struct aws_request *request)
{
    struct aws_client *client = aws_env_client(service);
    enum rc rc = aws_call(client, request, 0, &arena, &response);
    aws_client_free(client);
    return rc;
}

static enum rc query(const char *service, const char *body)
{
    static const struct aws_field fields[] = {
        {BYTES_INIT("Content-Type"), BYTES_INIT("application/x-www-form-urlencoded")}};
    return call(service, &(struct aws_request){.method = BYTES_LIT("POST"),
                                               .path = BYTES_LIT("/"),
                                               .fields = fields,
                                               .field_count = 1,
                                               .body = bytes_from_str(body)});
}

static enum rc json(const char *service, const char *target, const char *body)
{
    const struct aws_field fields[] = {
        {BYTES_LIT("Content-Type"), BYTES_LIT("application/x-amz-json-1.1")},
        {BYTES_LIT("X-Amz-Target"), bytes_from_str(target)}};
    return call(service, &(struct aws_request){.method = BYTES_LIT("POST"),
                                               .path = BYTES_LIT("/"),
                                               .fields = fields,
                                               .field_count = 2,
                                               .body = bytes_from_str(body)});
}

/* A GET names the hash of its empty body: moto would take something else for the body. */
static enum rc rest(const char *service, const char *path, bool has_query)
{
    static const struct aws_field pairs[] = {{BYTES_INIT("MaxItems"), BYTES_INIT("7")},
                                             {BYTES_INIT("Marker"), BYTES_INIT("a b/+=&\xc3\xa9")}};
    static const struct aws_field fields[] = {
        {BYTES_INIT("X-Amz-Content-Sha256"),
         BYTES_INIT("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")}};
    return call(service, &(struct aws_request){.method = BYTES_LIT("GET"),
                                               .path = bytes_from_str(path),
                                               .query = pairs,
                                               .query_count = has_query ? 2 : 0,
                                               .fields = fields,
                                               .field_count = 1});
}

#define EXPECT(expected, call_)                                                 \
    do {                                                                        \
        enum rc rc_ = (call_);                                                  \
        cr_assert_eq(rc_, expected, "%s: %s: %.*s: %.*s", #call_, rc_name(rc_), \
                     BYTES_ARG(response.error), BYTES_ARG(response.message));   \
    } while (0)

static void expect_error(const char *code)
{
    cr_expect(bytes_eq(response.error, bytes_from_str(code)), "'%.*s' instead of '%s'",
              BYTES_ARG(response.error), code);
}

/* The text of the first element `name` of the answer becomes the variable. */
static void set_from_answer(const char *variable, const char *name)
{
    struct xml_reader reader = xml_reader_make(response.body);
    struct xml_item item;
    bool is_it = false;
    struct bytes text;
    do {
        cr_assert_eq(xml_next(&reader, &arena, &item), RC_OK);
        cr_assert_neq(item.kind, XML_END_OF_TEXT, "no %s", name);
        if (item.kind != XML_TEXT)
            is_it = item.kind == XML_OPEN && bytes_eq(item.name, bytes_from_str(name));
    } while (!is_it || item.kind != XML_TEXT);
    cr_assert_eq(arena_dup(&arena, item.text, &text), RC_OK);
    aws_env_set(variable, text.ptr);
}

/* Somebody who may do all of this. */
static void make_user(void)
{
    EXPECT(RC_OK, query("iam", "Action=CreateUser&Version=2010-05-08&UserName=duet"));
    EXPECT(RC_OK,
           query("iam", "Action=PutUserPolicy&Version=2010-05-08&UserName=duet&PolicyName=all"
                        "&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement"
                        "%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C"
                        "%22Resource%22%3A%22*%22%7D%5D%7D"));
    EXPECT(RC_OK, query("iam", "Action=CreateAccessKey&Version=2010-05-08&UserName=duet"));
    set_from_answer("AWS_ACCESS_KEY_ID", "AccessKeyId");
    set_from_answer("AWS_SECRET_ACCESS_KEY", "SecretAccessKey");
}

static void check_protocols(void)
{
    EXPECT(RC_OK, json("dynamodb", "DynamoDB_20120810.ListTables", "{}"));
    EXPECT(RC_OK, json("ecs", "AmazonEC2ContainerServiceV20141113.ListClusters", "{}"));
    EXPECT(RC_REFUSED, json("ssm", "AmazonSSM.GetParameter", "{\"Name\":\"/none/\xc3\xa9\"}"));
    expect_error("ParameterNotFound");
    EXPECT(RC_OK, query("elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01"));
    EXPECT(RC_REFUSED, query("elasticloadbalancing",
                             "Action=DescribeLoadBalancers&Version=2015-12-01&Names.member.1=x"));
    expect_error("LoadBalancerNotFound");
    EXPECT(RC_OK, query("monitoring", "Action=ListMetrics&Version=2010-08-01"));
    EXPECT(RC_OK, rest("lambda", "/2015-03-31/functions/", true));
    EXPECT(RC_REFUSED,
           rest("lambda", "/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:x",
                false));
    expect_error("ResourceNotFoundException");
}

/* That moto really looks. */
static void check_wrong_key(void)
{
    aws_env_set("AWS_SECRET_ACCESS_KEY", "wrong");
    EXPECT(RC_REFUSED,
           query("elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01"));
    expect_error("SignatureDoesNotMatch");
}

/* A certificate that nobody vouches for. */
static void check_wrong_authority(void)
{
    aws_env_set("AWS_CA_BUNDLE", NULL);
    EXPECT(RC_UNREACHABLE, json("dynamodb", "DynamoDB_20120810.ListTables", "{}"));
    cr_expect_not_null(strstr(response.message.ptr, "certificate"));
}

Test(aws_moto, every_signature_is_right_in_botocore_s_eyes, .timeout = 600)
{
    char url[64];
    tls_files_init(&tls);
    arena_init(&arena, 1 << 24);
    aws_env_set_example();
    if (start_moto()) {
        (void)snprintf(url, sizeof url, "https://localhost:%u", program_number(&moto, listening));
        aws_env_set("AWS_ENDPOINT_URL", url);
        aws_env_set("AWS_CA_BUNDLE", tls.cert);
        make_user();
        check_protocols();
        check_wrong_key();
        check_wrong_authority();
        (void)program_stop(&moto);
    }
    program_release(&moto);
    arena_release(&arena);
    tls_files_release(&tls);
}
