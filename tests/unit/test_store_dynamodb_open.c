#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/fake_dynamodb.h"

/* What is found out at the start, and what the health check finds out. */

TestSuite(store_dynamodb_open, .init = fake_dynamodb_setup, .fini = fake_dynamodb_teardown);

static void expect_error(const char *url, const char *part)
{
    char error[512] = "";
    struct store *store = store_open(url, error, sizeof error);
    cr_expect_null(store, "%s", url);
    cr_expect(strstr(error, part), "%s", error);
    store_close(store);
}

Test(store_dynamodb_open, a_bad_table_name_is_refused)
{
    static const char *const urls[] = {"dynamodb:ab", "dynamodb:a b c", "dynamodb:votes\n",
                                       "dynamodb:t\xC3\xA9st", "dynamodb://votes"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        expect_error(urls[i], "a table's name has 3 to 255 letters, digits, '_', '-' and '.'");
    expect_error("dynamodb:", "it must be 'dynamodb:TABLE'");
    expect_error("dynamodb", "it must be 'dynamodb:TABLE'");
}

Test(store_dynamodb_open, a_missing_region_and_a_bad_endpoint_are_named)
{
    (void)unsetenv("AWS_REGION");
    (void)unsetenv("AWS_DEFAULT_REGION");
    (void)unsetenv("AWS_PROFILE");
    cr_assert_eq(setenv("AWS_CONFIG_FILE", "/dev/null", 1), 0);
    expect_error("dynamodb:votes", "AWS_REGION");
    cr_assert_eq(setenv("AWS_REGION", "eu-west-1", 1), 0);
    cr_assert_eq(setenv("AWS_ENDPOINT_URL_DYNAMODB", "localhost:8000", 1), 0);
    expect_error("dynamodb:votes", "AWS_ENDPOINT_URL_DYNAMODB");
}

Test(store_dynamodb_open, opening_calls_nobody)
{
    static const struct fake_answer answers[] = {{200, "{}"}, {0}};
    fake_dynamodb_start(answers);
    cr_expect_str_eq(store_kind(fake_dynamodb.store), "dynamodb");
    cr_expect(store_is_blocking(fake_dynamodb.store));
    cr_expect_eq(fake_dynamodb_count(), 0u);
}

#define TABLE_OF(status, hash, range, type)                                                       \
    "{\"Table\":{\"TableStatus\":\"" status "\",\"KeySchema\":[{\"AttributeName\":\"" hash        \
    "\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"" range "\",\"KeyType\":\"RANGE\"}],"          \
    "\"AttributeDefinitions\":[{\"AttributeName\":\"" range "\",\"AttributeType\":\"" type "\"}," \
    "{\"AttributeName\":\"" hash "\",\"AttributeType\":\"S\"}]}}"
#define TABLE(status) TABLE_OF(status, "pk", "sk", "S")
#define OTHER_KEYS "the table 'votes' has other keys than pk (partition) and sk (sort), both texts"

struct check_row {
    struct fake_answer answers[2];
    enum rc rc;
    const char *reason;
};

static const struct check_row rows[] = {
    {{{200, TABLE("ACTIVE")}}, RC_OK, ""},
    {{{200, TABLE("UPDATING")}}, RC_OK, ""},
    {{{200, TABLE("CREATING")}}, RC_REFUSED, "the table 'votes' has the status 'CREATING'"},
    {{{200, TABLE("DELETING")}}, RC_REFUSED, "the table 'votes' has the status 'DELETING'"},
    {{{200, TABLE("INACCESSIBLE_ENCRYPTION_CREDENTIALS")}},
     RC_REFUSED,
     "the table 'votes' has the status 'INACCESSIBLE_ENCRYPTION_CREDENTIALS'"},
    {{{200, "{}"}}, RC_REFUSED, "the table 'votes' has the status ''"},
    {{{200, TABLE_OF("ACTIVE", "sk", "pk", "S")}}, RC_REFUSED, OTHER_KEYS},
    {{{200, TABLE_OF("ACTIVE", "pk", "name", "S")}}, RC_REFUSED, OTHER_KEYS},
    {{{200, TABLE_OF("ACTIVE", "pk", "sk", "B")}}, RC_REFUSED, OTHER_KEYS},
    {{{400, "{\"__type\":\"x#ResourceNotFoundException\",\"message\":\"no such table\"}"}},
     RC_REFUSED,
     "DescribeTable 'votes': refused, ResourceNotFoundException, no such table"},
    {{{400, "{\"__type\":\"x#ThrottlingException\"}"}},
     RC_THROTTLED,
     "DescribeTable 'votes': throttled, ThrottlingException"},
};

static void expect_check(const struct check_row *row)
{
    char reason[256] = "";
    enum rc rc = store_check(fake_dynamodb.store, 0, reason, sizeof reason);
    cr_expect_eq(rc, row->rc, "%s: %s", row->reason, rc_name(rc));
    cr_expect_str_eq(reason, row->reason);
}

/* How often it asks depends on how fast this machine is; but not each time. */
enum { CHECKS = 30 };

Test(store_dynamodb_open, a_check_tells_why_and_is_kept_for_a_while)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t before = fake_dynamodb_count();
        fake_dynamodb_start(rows[i].answers);
        for (int check = 0; check < CHECKS; check++)
            expect_check(&rows[i]);
        cr_expect_lt(fake_dynamodb_count() - before, (size_t)CHECKS, "%s", rows[i].reason);
        fake_dynamodb_teardown();
        fake_dynamodb_setup();
    }
}
