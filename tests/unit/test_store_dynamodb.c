#include <criterion/criterion.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "tests/support/fake_dynamodb.h"

/* What the store asks of DynamoDB, and what it makes of the answers. That DynamoDB understands it
 * is for tests/integration/test_store_dynamodb_server.c to show. */

TestSuite(store_dynamodb, .init = fake_dynamodb_setup, .fini = fake_dynamodb_teardown);

#define KEY(name) "\"pk\":{\"S\":\"item\"},\"sk\":{\"S\":\"" name "\"}"
#define ITEM(name, version, token)                                                     \
    "{" KEY(name) ",\"value\":{\"B\":\"AP8=\"},\"created\":{\"N\":\"1234567890123\"}," \
                  "\"version\":{\"N\":\"" version "\"},\"token\":{\"S\":\"" token "\"}}"
#define ERROR(type, text) \
    "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" type "\",\"message\":\"" text "\"}"
#define THROTTLED ERROR("ProvisionedThroughputExceededException", "too fast")

static const struct bytes no_name = {NULL, 0};

static enum rc get(struct store_item *item)
{
    return store_get(fake_dynamodb.store, BYTES_LIT("ada"), 0, &fake_dynamodb.arena, item);
}

static enum rc put(struct store_condition condition, struct store_item *item)
{
    *item = (struct store_item){
        .name = BYTES_LIT("ada"), .value = BYTES_LIT("\0\xFF"), .created_ms = 5};
    return store_put(fake_dynamodb.store, item, condition, 0);
}

static enum rc list(struct bytes after, size_t limit, struct store_page *page)
{
    return store_list(fake_dynamodb.store, after, limit, 0, &fake_dynamodb.arena, page);
}

static enum rc delete (struct store_condition condition) {
    return store_delete(fake_dynamodb.store, BYTES_LIT("ada"), condition, 0);
}

/* --- what is asked --- */

static void expect_request(size_t index, const char *operation, const char *body)
{
    const char *sent = fake_dynamodb_body(index);
    const char *head = fake_rapi_request(fake_dynamodb.server, index)->head;
    cr_expect_str_eq(sent, body);
    cr_expect(strstr(head, "Content-Type: application/x-amz-json-1.0\r\n"), "%s", head);
    cr_expect(strstr(head, "/eu-west-1/dynamodb/aws4_request"), "%s", head);
    const char *target = strstr(head, "X-Amz-Target: DynamoDB_20120810.");
    cr_assert_not_null(target, "%s", head);
    target = strchr(target, '.') + 1;
    cr_expect_eq(strncmp(target, operation, strlen(operation)), 0, "%s: %s", operation, head);
}

Test(store_dynamodb, reads_ask_for_the_newest)
{
    static const struct fake_answer answers[] = {{200, "{}"}, {200, "{\"Items\":[]}"}, {0}};
    struct store_item item;
    struct store_page page;
    fake_dynamodb_start(answers);
    cr_expect_eq(get(&item), RC_NOT_FOUND);
    expect_request(0, "GetItem",
                   "{\"TableName\":\"votes\",\"Key\":{" KEY("ada") "},\"ConsistentRead\":true}");
    cr_expect_eq(list(no_name, 3, &page), RC_OK);
    expect_request(1, "Query",
                   "{\"TableName\":\"votes\",\"ConsistentRead\":true,\"Limit\":4,"
                   "\"KeyConditionExpression\":\"pk=:p\","
                   "\"ExpressionAttributeValues\":{\":p\":{\"S\":\"item\"}}}");
    cr_expect_eq(list(BYTES_LIT("a\0\"\xE2\x82\xAC"), SIZE_MAX, &page), RC_OK);
    expect_request(2, "Query",
                   "{\"TableName\":\"votes\",\"ConsistentRead\":true,\"Limit\":1001,"
                   "\"KeyConditionExpression\":\"pk=:p AND sk>:a\",\"ExpressionAttributeValues\":"
                   "{\":p\":{\"S\":\"item\"},\":a\":{\"S\":\"a\\u0000\\\"\xE2\x82\xAC\"}}}");
}

#define CONDITION(text)                                                             \
    "{\"TableName\":\"votes\",\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"," \
    "\"ConditionExpression\":\"" text "\","
#define NAMES "\"ExpressionAttributeNames\":{\"#v\":\"value\",\"#t\":\"token\"},"
#define VALUES                                                                                     \
    "\"ExpressionAttributeValues\":{\":v\":{\"B\":\"AP8=\"},\":t\":{\"S\":\"@T@\"},\":o\":{\"N\":" \
    "\"1\"}"
#define UPDATE(text) \
    "\"Key\":{" KEY("ada") "},\"ReturnValues\":\"ALL_NEW\",\"UpdateExpression\":\"SET " text "\","

struct request_row {
    struct store_condition condition;
    const char *operation, *body;
};

static const struct request_row put_rows[] = {
    {{.when = STORE_IF_ABSENT},
     "PutItem",
     CONDITION("attribute_not_exists(pk)") "\"Item\":{" KEY(
         "ada") ",\"value\":{\"B\":\"AP8=\"},\"created\":{\"N\":\"5\"},\"version\":{\"N\":\"1\"},"
                "\"token\":{\"S\":\"@T@\"}}}"},
    {{.when = STORE_ALWAYS},
     "UpdateItem",
     CONDITION("NOT #t=:t") UPDATE(
         "#v=:v,#t=:t,created=if_not_exists(created,:c),version=if_not_exists(version,:z)+:o")
         NAMES VALUES ",\":c\":{\"N\":\"5\"},\":z\":{\"N\":\"0\"}}}"},
    {{.when = STORE_IF_PRESENT},
     "UpdateItem",
     CONDITION("attribute_exists(pk) AND NOT #t=:t") UPDATE("#v=:v,#t=:t,version=version+:o")
         NAMES VALUES "}}"},
    {{.when = STORE_IF_VERSION, .version = UINT64_MAX},
     "UpdateItem",
     CONDITION("version=:n") UPDATE("#v=:v,#t=:t,version=version+:o") NAMES VALUES
     ",\":n\":{\"N\":\"18446744073709551615\"}}}"},
    {{.when = STORE_IF_VERSION, .version = 7, .created_ms = 5},
     "UpdateItem",
     CONDITION("version=:n AND created=:k") UPDATE("#v=:v,#t=:t,version=version+:o") NAMES VALUES
     ",\":n\":{\"N\":\"7\"},\":k\":{\"N\":\"5\"}}}"},
};

static const struct request_row delete_rows[] = {
    {{.when = STORE_IF_PRESENT},
     "DeleteItem",
     CONDITION("attribute_exists(pk)") "\"Key\":{" KEY("ada") "}}"},
    {{.when = STORE_IF_VERSION, .version = 7, .created_ms = 5},
     "DeleteItem",
     CONDITION("version=:n AND created=:k") "\"Key\":{" KEY(
         "ada") "},\"ExpressionAttributeValues\":{\":n\":{\"N\":\"7\"},\":k\":{\"N\":\"5\"}}}"},
};

Test(store_dynamodb, writes_carry_their_condition_and_a_token)
{
    static const struct fake_answer answers[] = {{200, "{}"}, {0}};
    size_t count = sizeof put_rows / sizeof *put_rows;
    struct store_item item;
    fake_dynamodb_start(answers);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(put(put_rows[i].condition, &item), RC_OK);
        expect_request(i, put_rows[i].operation, put_rows[i].body);
    }
    for (size_t i = 0; i < sizeof delete_rows / sizeof *delete_rows; i++) {
        cr_expect_eq(delete (delete_rows[i].condition), RC_OK);
        expect_request(count + i, delete_rows[i].operation, delete_rows[i].body);
    }
}

/* --- what is answered --- */

Test(store_dynamodb, an_item_is_read_whole)
{
    static const struct fake_answer answers[] = {
        {200, "{\"Item\":" ITEM("ada", "7", "x") "}"},
        {200, "{\"Attributes\":" ITEM("ada", "8", "@T@") "}"},
        {0}};
    struct store_item item;
    fake_dynamodb_start(answers);
    cr_assert_eq(get(&item), RC_OK);
    cr_expect(bytes_eq(item.name, BYTES_LIT("ada")));
    cr_expect(bytes_eq(item.value, BYTES_LIT("\0\xFF")));
    cr_expect_eq(item.created_ms, 1234567890123);
    cr_expect_eq(item.version, 7u);
    cr_assert_eq(put((struct store_condition){.when = STORE_ALWAYS}, &item), RC_OK);
    cr_expect_eq(item.created_ms, 1234567890123, "when it was first put");
    cr_expect_eq(item.version, 8u);
}

Test(store_dynamodb, names_may_hold_a_nul)
{
    static const struct fake_answer answers[] = {
        {200, "{\"Items\":[" ITEM("a\\u0000b", "1", "x") "," ITEM("a\\u007f0\x7F", "1", "x") "]}"},
        {0}};
    struct store_page page;
    fake_dynamodb_start(answers);
    cr_assert_eq(list(no_name, 9, &page), RC_OK);
    cr_assert_eq(page.count, 2u);
    cr_expect(bytes_eq(page.items[0].name, BYTES_LIT("a\0b")));
    cr_expect(bytes_eq(page.items[1].name, BYTES_LIT("a\x7F"
                                                     "0\x7F")));
}

#define MORE ",\"LastEvaluatedKey\":{" KEY("b") "}}"
#define TWO "\"Items\":[" ITEM("a", "1", "x") "," ITEM("b", "1", "x") "]"

struct page_row {
    const char *answer;
    size_t limit, count;
    bool has_more;
    enum rc rc;
};

static const struct page_row pages[] = {
    {"{" TWO "}", 2, 2, false, RC_OK},         {"{" TWO MORE, 2, 2, true, RC_OK},
    {"{" TWO MORE, 1, 1, true, RC_OK},         {"{\"Items\":[],\"Count\":0}", 2, 0, false, RC_OK},
    {"{\"Items\":[]" MORE, 2, 0, true, RC_IO}, {"{\"Items\":[{" KEY("a") "}]}", 2, 0, false, RC_IO},
};

Test(store_dynamodb, a_page_says_whether_there_are_more)
{
    enum { COUNT = sizeof pages / sizeof *pages };
    struct fake_answer answers[COUNT + 1] = {{0}};
    for (size_t i = 0; i < COUNT; i++)
        answers[i] = (struct fake_answer){200, pages[i].answer};
    fake_dynamodb_start(answers);
    for (size_t i = 0; i < COUNT; i++) {
        struct store_page page;
        enum rc rc = list(no_name, pages[i].limit, &page);
        cr_expect_eq(rc, pages[i].rc, "page %zu: %s", i, rc_name(rc));
        if (rc != RC_OK)
            continue;
        cr_expect_eq(page.count, pages[i].count, "page %zu", i);
        cr_expect_eq(page.has_more, pages[i].has_more, "page %zu", i);
    }
    cr_expect(fake_dynamodb_log_has("a page without items says that there are more"));
}

/* --- what goes wrong --- */

struct trouble_row {
    unsigned status;
    const char *body;
    enum rc rc;
    size_t count; /* requests: one, or as many as there are attempts */
    const char *log;
};

static const struct trouble_row troubles[] = {
    {400, THROTTLED, RC_THROTTLED, 3, "ProvisionedThroughputExceededException"},
    {400, ERROR("ThrottlingException", ""), RC_THROTTLED, 3, "ThrottlingException"},
    {500, ERROR("InternalServerError", "oh"), RC_UNREACHABLE, 3, "InternalServerError"},
    {503, "<html>", RC_UNREACHABLE, 3, "unreachable"},
    {400, ERROR("AccessDeniedException", "no"), RC_REFUSED, 1, "AccessDeniedException"},
    {400, ERROR("ResourceNotFoundException", "no table"), RC_REFUSED, 1, "no table"},
    {400, ERROR("ValidationException", "what?"), RC_REFUSED, 1, "what?"},
    {200, "", RC_UNREACHABLE, 1, "no answer of DynamoDB"},
    {200, "{\"Item\":", RC_UNREACHABLE, 1, "no answer of DynamoDB"},
    {200, "<html>Welcome</html>", RC_UNREACHABLE, 1, "no answer of DynamoDB"},
    {200, "{\"Item\":{}}", RC_IO, 1, "an item without"},
    {200, "{\"Item\":7}", RC_IO, 1, "an item without"},
    {200, "{\"Item\":{" KEY("a") ",\"value\":{\"S\":\"x\"}}}", RC_IO, 1, "an item without"},
    {200, "{\"Item\":{" KEY("a") ",\"value\":{\"B\":\"!\"}}}", RC_IO, 1, "an item without"},
    {200, "{\"Item\":{" KEY("a") ",\"value\":{\"B\":\"\"},\"created\":{\"N\":\"1\"}}}", RC_IO, 1,
     "an item without"},
    {FAKE_LOST, "", RC_UNREACHABLE, 3, "unreachable"},
};

enum { TROUBLE_COUNT = sizeof troubles / sizeof *troubles };

static void expect_trouble(const struct trouble_row *row, struct fake_answer *answers)
{
    struct store_item item;
    answers[0] = (struct fake_answer){row->status, row->body};
    fake_dynamodb_start(answers);
    size_t before = fake_dynamodb_count();
    enum rc rc = get(&item);
    cr_expect_eq(rc, row->rc, "%.60s: %s", row->body, rc_name(rc));
    cr_expect_eq(fake_dynamodb_count() - before, row->count, "%.60s", row->body);
    cr_expect(fake_dynamodb_log_has(row->log), "%s", row->log);
    fake_dynamodb_teardown();
    fake_dynamodb_setup();
}

Test(store_dynamodb, a_failure_is_told_apart_and_logged)
{
    struct fake_answer answers[2] = {{0}};
    for (size_t i = 0; i < TROUBLE_COUNT; i++)
        expect_trouble(&troubles[i], answers);
}

Test(store_dynamodb, an_answer_over_the_limit_is_not_taken)
{
    static char huge[LIMIT_AWS_ANSWER_BYTES + 2];
    struct fake_answer answers[2] = {{200, huge}, {0}};
    memset(huge, ' ', sizeof huge - 1);
    expect_trouble(&(struct trouble_row){200, huge, RC_UNREACHABLE, 1, "its answer is too large"},
                   answers);
}

Test(store_dynamodb, what_passes_is_tried_again)
{
    static const struct fake_answer answers[] = {{400, THROTTLED},
                                                 {200, "{\"Item\":" ITEM("ada", "7", "x") "}"},
                                                 {500, "{}"},
                                                 {200, "{\"Item\":" ITEM("ada", "8", "x") "}"},
                                                 {FAKE_LOST, ""},
                                                 {200, "{\"Item\":" ITEM("ada", "9", "x") "}"},
                                                 {0}};
    struct store_item item;
    fake_dynamodb_start(answers);
    for (uint64_t version = 7; version <= 9; version++) {
        cr_assert_eq(get(&item), RC_OK);
        cr_expect_eq(item.version, version);
    }
    cr_expect_not(fake_dynamodb_log_has("the store failed"));
}

Test(store_dynamodb, a_deadline_ends_the_wait)
{
    static const struct fake_answer answers[] = {{FAKE_NEVER, ""}, {0}};
    struct store_item item = {.name = BYTES_LIT("ada")};
    struct store_condition absent = {.when = STORE_IF_ABSENT};
    fake_dynamodb_start(answers);
    cr_expect_eq(store_get(fake_dynamodb.store, item.name, clock_ms_monotonic() + 300,
                           &fake_dynamodb.arena, &item),
                 RC_TIMEOUT);
    cr_expect_eq(store_put(fake_dynamodb.store, &item, absent, clock_ms_monotonic() + 300),
                 RC_TIMEOUT);
    cr_expect(fake_dynamodb_log_has("\"result\":\"timeout\""));
}

Test(store_dynamodb, no_secret_is_logged)
{
    static const struct fake_answer answers[] = {{400, ERROR("AccessDeniedException", "no")}, {0}};
    struct store_item item;
    fake_dynamodb_start(answers);
    cr_expect_eq(get(&item), RC_REFUSED);
    cr_expect(fake_dynamodb_log_has("\"awsRequestId\":\"REQUEST-1\""));
    cr_expect_not(fake_dynamodb_log_has("SECRETOFATEST"));
    cr_expect_not(fake_dynamodb_log_has("Signature"));
}
