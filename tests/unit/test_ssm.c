#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/control/ssm.h"
#include "tests/support/service_call.h"
#include "tests/support/tempdir.h"

static struct ssm *ssm;
static struct tempdir folder;
static bool is_kept;

static void start(void)
{
    char error[512] = "";
    struct ssm_options options = {
        .dir = is_kept ? folder.path : NULL, .region = "us-east-1", .account = "000000000000"};
    ssm = ssm_new(&options, error, sizeof error);
    cr_assert_not_null(ssm, "%s", error);
    service_call.service = ssm_service(ssm);
}

static void begin(void)
{
    tempdir_init(&folder);
    start();
}

static void end(void)
{
    service_call_release();
    ssm_free(ssm);
    tempdir_release(&folder);
}

TestSuite(ssm, .init = begin, .fini = end);

#define PUT(name, value) "{\"Name\":\"" name "\",\"Value\":\"" value "\",\"Type\":\"String\"}"
#define OVER(name, value) "{\"Name\":\"" name "\",\"Value\":\"" value "\",\"Overwrite\":true}"
#define NAMED(name) "{\"Name\":\"" name "\"}"

Test(ssm, counts_versions_and_gives_each)
{
    EXPECT_CALL(200, "PutParameter", PUT("/duet/lock", "one"), "{\"Version\":1,\"Tier\":");
    EXPECT_CALL(400, "PutParameter", PUT("/duet/lock", "two"), "\"ParameterAlreadyExists\"");
    EXPECT_CALL(200, "PutParameter", OVER("/duet/lock", "two"), "{\"Version\":2,");
    EXPECT_CALL(200, "GetParameter", NAMED("/duet/lock"), "\"Value\":\"two\",\"Version\":2,");
    EXPECT_CALL(200, "GetParameter", NAMED("/duet/lock:1"),
                "\"Value\":\"one\",\"Version\":1,\"Selector\":\":1\"");
    EXPECT_CALL(200, "GetParameter",
                NAMED("arn:aws:ssm:us-east-1:000000000000:parameter/duet/lock"),
                "\"ARN\":\"arn:aws:ssm:us-east-1:000000000000:parameter/duet/lock\"");
    EXPECT_CALL(400, "GetParameter", NAMED("/duet/lock:3"), "\"ParameterVersionNotFound\"");
    EXPECT_CALL(400, "GetParameter", NAMED("/duet/key"), "\"ParameterNotFound\"");
    EXPECT_CALL(200, "DeleteParameter", NAMED("/duet/lock"), "{}");
    EXPECT_CALL(400, "DeleteParameter", NAMED("/duet/lock"), "\"ParameterNotFound\"");
    EXPECT_CALL(200, "PutParameter", PUT("/duet/lock", "new"), "{\"Version\":1,");
}

Test(ssm, keeps_a_hundred_versions)
{
    EXPECT_CALL(200, "PutParameter", PUT("n", "0"), "\"Version\":1,");
    for (int i = 2; i <= 101; i++)
        EXPECT_CALL(200, "PutParameter", OVER("n", "x"), "");
    EXPECT_CALL(200, "GetParameter", NAMED("n:2"), "\"Value\":\"x\"");
    EXPECT_CALL(400, "GetParameter", NAMED("n:1"), "\"ParameterVersionNotFound\"");
    EXPECT_CALL(200, "GetParameterHistory", NAMED("n"), "\"Version\":51,");
    cr_expect(service_call_has("\"NextToken\":\"50\""));
    EXPECT_CALL(200, "GetParameterHistory", "{\"Name\":\"n\",\"NextToken\":\"50\"}",
                "\"Version\":101,");
    cr_expect_not(service_call_has("NextToken"));
}

static const struct {
    const char *name, *body, *code;
} refusals[] = {
    {"no type", "{\"Name\":\"a\",\"Value\":\"b\"}", "A parameter type is required"},
    {"an unknown type", "{\"Name\":\"a\",\"Value\":\"b\",\"Type\":\"Text\"}",
     "enum value set: [String, StringList, SecureString]"},
    {"no value", "{\"Name\":\"a\",\"Type\":\"String\"}", "at 'Value' failed to satisfy"},
    {"an empty value", PUT("a", ""), "at 'Value' failed to satisfy"},
    {"AWS's own name", PUT("/aws/x", "b"), "AccessDeniedException"},
    {"ssm's own name", PUT("SSM-x", "b"), "No access to reserved parameter name: SSM-x."},
    {"a path that is none", PUT("a/b", "c"), "must be a fully qualified name"},
    {"a character", PUT("a b", "c"), "Parameter name: can't be"},
    {"an empty part", PUT("/a//b", "c"), "Parameter name: can't be"},
    {"too deep", PUT("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "c"),
     "HierarchyLevelLimitExceededException"},
    {"a key without a secret",
     "{\"Name\":\"a\",\"Value\":\"b\",\"Type\":\"String\",\"KeyId\":\"k\"}",
     "KeyId is required for SecureString type parameter only."},
    {"another type",
     "{\"Name\":\"kept\",\"Value\":\"b\",\"Type\":\"SecureString\",\"Overwrite\":true}",
     "HierarchyTypeMismatchException"},
    {"tags", "{\"Name\":\"a\",\"Value\":\"b\",\"Type\":\"String\",\"Tags\":[{\"Key\":\"k\"}]}",
     "Tags are not supported here"},
};

Test(ssm, refuses_what_aws_refuses_and_changes_nothing)
{
    EXPECT_CALL(200, "PutParameter", PUT("kept", "b"), "");
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        cr_expect_eq(service_call_json("PutParameter", refusals[i].body), 400, "%s",
                     refusals[i].name);
        cr_expect(service_call_has(refusals[i].code), "%s: %.*s", refusals[i].name,
                  BYTES_ARG(service_call.answer));
    }
    EXPECT_CALL(200, "DescribeParameters", "{}", "{\"Parameters\":[{\"Name\":\"kept\",");
    cr_expect_not(service_call_has("},{"));
}

static int put_long(size_t len, const char *tier)
{
    char body[16384];
    int at =
        snprintf(body, sizeof body,
                 "{\"Name\":\"long\",\"Type\":\"String\",\"Overwrite\":true%s,\"Value\":\"", tier);
    memset(body + at, 'x', len);
    (void)snprintf(body + at + len, sizeof body - (size_t)at - len, "\"}");
    return service_call_json("PutParameter", body);
}

Test(ssm, a_value_has_the_room_of_its_tier)
{
    cr_expect_eq(put_long(4096, ""), 200);
    cr_expect_eq(put_long(4097, ""), 400);
    cr_expect(service_call_has("maximum parameter value of 4096"));
    cr_expect_eq(put_long(4097, ",\"Tier\":\"Intelligent-Tiering\""), 200);
    cr_expect(service_call_has("\"Tier\":\"Advanced\""));
    cr_expect_eq(put_long(8193, ",\"Tier\":\"Advanced\""), 400);
    cr_expect(service_call_has("maximum parameter value of 8192"));
    cr_expect_eq(put_long(1, ",\"Tier\":\"Standard\""), 400);
    cr_expect(service_call_has("You can't downgrade"));
}

Test(ssm, shows_a_secret_to_who_asks_for_it_alone)
{
    EXPECT_CALL(200, "PutParameter",
                "{\"Name\":\"s\",\"Value\":\"hush\",\"Type\":\"SecureString\"}", "");
    EXPECT_CALL(200, "GetParameter", NAMED("s"), "\"Type\":\"SecureString\"");
    cr_expect_not(service_call_has("hush"));
    EXPECT_CALL(200, "GetParameter", "{\"Name\":\"s\",\"WithDecryption\":true}",
                "\"Value\":\"hush\"");
    EXPECT_CALL(200, "DescribeParameters", "{}", "\"KeyId\":\"alias/aws/ssm\"");
}

Test(ssm, lists_by_path_and_by_name)
{
    EXPECT_CALL(200, "PutParameter", PUT("/a/b/c", "3"), "");
    EXPECT_CALL(200, "PutParameter", PUT("/a/b", "2"), "");
    EXPECT_CALL(200, "PutParameter", PUT("/ab", "1"), "");
    EXPECT_CALL(200, "GetParametersByPath", "{\"Path\":\"/a\"}", "[{\"Name\":\"/a/b\",");
    cr_expect_not(service_call_has("},{"));
    EXPECT_CALL(200, "GetParametersByPath",
                "{\"Path\":\"/a/\",\"Recursive\":true,\"MaxResults\":1}", "\"NextToken\":\"1\"");
    EXPECT_CALL(200, "GetParametersByPath",
                "{\"Path\":\"/a/\",\"Recursive\":true,\"MaxResults\":1,\"NextToken\":\"1\"}",
                "[{\"Name\":\"/a/b/c\",");
    cr_expect_not(service_call_has("NextToken"));
    EXPECT_CALL(400, "GetParametersByPath", "{\"Path\":\"a\"}", "ValidationException");
    EXPECT_CALL(400, "GetParametersByPath", "{\"Path\":\"/a\",\"NextToken\":\"x\"}",
                "InvalidNextToken");
    EXPECT_CALL(200, "GetParameters", "{\"Names\":[\"/ab\",\"/none\"]}",
                "\"InvalidParameters\":[\"/none\"]");
    EXPECT_CALL(200, "DescribeParameters",
                "{\"ParameterFilters\":[{\"Key\":\"Name\",\"Option\":\"BeginsWith\","
                "\"Values\":[\"/ab\"]}]}",
                "{\"Parameters\":[{\"Name\":\"/ab\",");
    EXPECT_CALL(400, "DescribeParameters",
                "{\"ParameterFilters\":[{\"Key\":\"Tier\",\"Values\":[\"x\"]}]}",
                "InvalidFilterKey");
    EXPECT_CALL(200, "DeleteParameters", "{\"Names\":[\"/ab\",\"/none\"]}",
                "{\"DeletedParameters\":[\"/ab\"],\"InvalidParameters\":[\"/none\"]}");
}

static void make_kept(void)
{
    is_kept = true;
    begin();
}

TestSuite(ssm_file, .init = make_kept, .fini = end);

Test(ssm_file, is_read_again)
{
    struct stat file;
    char path[2 * TEMPDIR_PATH_MAX];
    EXPECT_CALL(200, "PutParameter", PUT("a", "one \\u00e9\\n"), "");
    EXPECT_CALL(200, "PutParameter", OVER("a", "two"), "");
    EXPECT_CALL(200, "PutParameter", PUT("b", "gone"), "");
    EXPECT_CALL(200, "DeleteParameter", NAMED("b"), "");
    cr_assert_eq(stat(tempdir_join(&folder, "", "ssm.json", path), &file), 0);
    cr_expect_eq(file.st_mode & 0777, 0600);
    ssm_free(ssm);
    start();
    EXPECT_CALL(200, "GetParameter", NAMED("a:1"), "\"Value\":\"one \xc3\xa9\\n\"");
    EXPECT_CALL(200, "PutParameter", OVER("a", "three"), "\"Version\":3,");
    EXPECT_CALL(400, "GetParameter", NAMED("b"), "ParameterNotFound");
}

/* The folder is gone: a file cannot be written there, whoever asks. */
Test(ssm_file, that_cannot_be_written_refuses_the_call)
{
    char path[2 * TEMPDIR_PATH_MAX];
    EXPECT_CALL(200, "PutParameter", PUT("a", "one"), "");
    cr_assert_eq(unlink(tempdir_join(&folder, "", "ssm.json", path)), 0);
    cr_assert_eq(rmdir(folder.path), 0);
    EXPECT_CALL(500, "PutParameter", PUT("b", "two"), "cannot be kept: No such file");
    EXPECT_CALL(500, "PutParameter", OVER("a", "two"), "cannot be kept");
    EXPECT_CALL(500, "DeleteParameter", NAMED("a"), "cannot be kept");
    EXPECT_CALL(400, "GetParameter", NAMED("b"), "ParameterNotFound");
    EXPECT_CALL(200, "GetParameter", NAMED("a"), "\"Value\":\"one\",\"Version\":1,");
}

Test(ssm_file, that_is_damaged_is_named)
{
    static const char *const texts[][2] = {
        {"{", "it is no JSON"},
        {"{\"version\":2}", "its version is unknown"},
        {"{\"version\":1}", "no list of parameters"},
        {"{\"version\":1,\"parameters\":[{\"name\":\"a\"}]}", "not as it was written"},
    };
    char path[2 * TEMPDIR_PATH_MAX], error[512];
    struct ssm_options options = {
        .dir = folder.path, .region = "us-east-1", .account = "000000000000"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        tempdir_write(tempdir_join(&folder, "", "ssm.json", path), texts[i][0]);
        cr_assert_null(ssm_new(&options, error, sizeof error));
        cr_expect(strstr(error, "ssm.json") && strstr(error, texts[i][1]), "%s", error);
    }
}
