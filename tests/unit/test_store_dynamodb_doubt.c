#include <criterion/criterion.h>

#include "tests/support/fake_dynamodb.h"

/* A write whose answer is lost is sent again; what the store says of it must be true either way. */

TestSuite(store_dynamodb_doubt, .init = fake_dynamodb_setup, .fini = fake_dynamodb_teardown);

#define ITEM(version, token)                                                                  \
    "{\"pk\":{\"S\":\"item\"},\"sk\":{\"S\":\"ada\"},\"value\":{\"B\":\"\"},"                 \
    "\"created\":{\"N\":\"1\"},\"version\":{\"N\":\"" version "\"},\"token\":{\"S\":\"" token \
    "\"}}"
#define CHECK_FAILED "\"__type\":\"x#ConditionalCheckFailedException\""

#define LOST          \
    {                 \
        FAKE_LOST, "" \
    }
#define BROKEN    \
    {             \
        500, "{}" \
    }
#define GARBAGE       \
    {                 \
        200, "<html>" \
    }
#define THROTTLED                                     \
    {                                                 \
        400, "{\"__type\":\"x#ThrottlingException\"}" \
    }
#define DENIED                                          \
    {                                                   \
        400, "{\"__type\":\"x#AccessDeniedException\"}" \
    }
#define DONE(version)                                    \
    {                                                    \
        200, "{\"Attributes\":" ITEM(version, "@T@") "}" \
    }
#define DELETED   \
    {             \
        200, "{}" \
    }
#define NO_ITEM   \
    {             \
        200, "{}" \
    }
#define REFUSED                   \
    {                             \
        400, "{" CHECK_FAILED "}" \
    } /* by one that sends no item along */
#define OURS_IS_THERE(version)                                      \
    {                                                               \
        400, "{" CHECK_FAILED ",\"Item\":" ITEM(version, "@T@") "}" \
    }
#define ANOTHER_IS_THERE                                            \
    {                                                               \
        400, "{" CHECK_FAILED ",\"Item\":" ITEM("9", "another") "}" \
    }
#define ANOTHER                                    \
    {                                              \
        200, "{\"Item\":" ITEM("9", "another") "}" \
    }

enum kind { PUT, DELETE };

struct doubt_row {
    const char *name;
    enum kind kind;
    enum store_when when;
    enum rc rc;
    uint64_t version; /* of what was put; 0: of no account */
    struct fake_answer answers[6];
};

static const struct doubt_row rows[] = {
    /* No answer is lost: what is refused was not done. */
    {"new: taken", PUT, STORE_IF_ABSENT, RC_EXISTS, 0, {ANOTHER_IS_THERE}},
    {"new: taken, looked up", PUT, STORE_IF_ABSENT, RC_EXISTS, 0, {REFUSED, ANOTHER}},
    {"new: taken, after throttling",
     PUT,
     STORE_IF_ABSENT,
     RC_EXISTS,
     0,
     {THROTTLED, ANOTHER_IS_THERE}},
    {"old: there is none", PUT, STORE_IF_PRESENT, RC_NOT_FOUND, 0, {REFUSED, NO_ITEM}},
    {"version: another", PUT, STORE_IF_VERSION, RC_CONFLICT, 0, {ANOTHER_IS_THERE}},
    {"version: another, looked up", PUT, STORE_IF_VERSION, RC_CONFLICT, 0, {REFUSED, ANOTHER}},
    {"version: there is none", PUT, STORE_IF_VERSION, RC_NOT_FOUND, 0, {REFUSED, NO_ITEM}},
    {"version: not looked up", PUT, STORE_IF_VERSION, RC_REFUSED, 0, {REFUSED, DENIED}},
    {"deletion: there is none", DELETE, STORE_IF_PRESENT, RC_NOT_FOUND, 0, {REFUSED, NO_ITEM}},
    {"deletion: another version", DELETE, STORE_IF_VERSION, RC_CONFLICT, 0, {ANOTHER_IS_THERE}},
    /* An answer is lost, and it was not done before. */
    {"new: done at last", PUT, STORE_IF_ABSENT, RC_OK, 1, {LOST, NO_ITEM}},
    {"any: done at last", PUT, STORE_ALWAYS, RC_OK, 3, {LOST, DONE("3")}},
    {"version: done at last", PUT, STORE_IF_VERSION, RC_OK, 8, {BROKEN, THROTTLED, DONE("8")}},
    {"deletion: done at last", DELETE, STORE_IF_PRESENT, RC_OK, 0, {LOST, DELETED}},
    /* An answer is lost, and it was done before: the token tells. */
    {"new: was done", PUT, STORE_IF_ABSENT, RC_OK, 1, {LOST, OURS_IS_THERE("1")}},
    {"new: was done, then 500", PUT, STORE_IF_ABSENT, RC_OK, 1, {BROKEN, OURS_IS_THERE("1")}},
    {"new: was done, nonsense said", PUT, STORE_IF_ABSENT, RC_OK, 1, {GARBAGE, OURS_IS_THERE("1")}},
    {"any: was done", PUT, STORE_ALWAYS, RC_OK, 3, {LOST, OURS_IS_THERE("3")}},
    {"old: was done", PUT, STORE_IF_PRESENT, RC_OK, 4, {LOST, OURS_IS_THERE("4")}},
    {"version: was done", PUT, STORE_IF_VERSION, RC_OK, 8, {LOST, LOST, OURS_IS_THERE("8")}},
    /* An answer is lost, and nobody can tell. */
    {"new: another", PUT, STORE_IF_ABSENT, RC_UNREACHABLE, 0, {LOST, ANOTHER_IS_THERE}},
    {"new: another, looked up", PUT, STORE_IF_ABSENT, RC_UNREACHABLE, 0, {LOST, REFUSED, ANOTHER}},
    {"old: none", PUT, STORE_IF_PRESENT, RC_UNREACHABLE, 0, {LOST, REFUSED, NO_ITEM}},
    {"version: another", PUT, STORE_IF_VERSION, RC_UNREACHABLE, 0, {LOST, ANOTHER_IS_THERE}},
    {"deletion: none", DELETE, STORE_IF_PRESENT, RC_UNREACHABLE, 0, {LOST, REFUSED, NO_ITEM}},
    {"deletion: another", DELETE, STORE_IF_VERSION, RC_UNREACHABLE, 0, {LOST, ANOTHER_IS_THERE}},
    {"no answer at all", PUT, STORE_IF_ABSENT, RC_UNREACHABLE, 0, {LOST, LOST, LOST, LOST}},
};

static size_t answer_count(const struct doubt_row *row)
{
    size_t count = 0;
    while (row->answers[count].body)
        count++;
    return count;
}

static enum rc write(const struct doubt_row *row, uint64_t *version)
{
    struct store_condition condition = {.when = row->when, .version = 7};
    struct store_item item = {.name = BYTES_LIT("ada"), .created_ms = 1};
    enum rc rc = row->kind == PUT ? store_put(fake_dynamodb.store, &item, condition, 0)
                                  : store_delete(fake_dynamodb.store, item.name, condition, 0);
    *version = item.version;
    return rc;
}

Test(store_dynamodb_doubt, what_is_said_of_a_write_is_true)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct doubt_row *row = &rows[i];
        uint64_t version;
        size_t before = fake_dynamodb_count();
        fake_dynamodb_start(row->answers);
        enum rc rc = write(row, &version);
        cr_expect_eq(rc, row->rc, "%s: %s", row->name, rc_name(rc));
        cr_expect_eq(fake_dynamodb_count() - before, answer_count(row), "%s: %zu requests",
                     row->name, fake_dynamodb_count() - before);
        if (row->version)
            cr_expect_eq(version, row->version, "%s", row->name);
        cr_expect_eq(fake_dynamodb_log_has("the store failed"),
                     row->rc == RC_UNREACHABLE || row->rc == RC_REFUSED, "%s", row->name);
        fake_dynamodb_teardown();
        fake_dynamodb_setup();
    }
}
