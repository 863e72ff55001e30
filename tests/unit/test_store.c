#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "runtime/core/limits.h"
#include "tests/support/store_suite.h"
#include "tests/support/tempdir.h"

/* Each claim of the suite about each backend: a test's parameter is both numbers in one. */

struct backend_row {
    const char *kind;
    bool has_file;
    bool is_blocking;
};

static const struct backend_row backends[] = {
    {"memory", false, false},
    {"sqlite", true, true},
};

enum { BACKEND_COUNT = sizeof backends / sizeof *backends, CLAIMS_MAX = 64 };

ParameterizedTestParameters(store, claims)
{
    static size_t numbers[BACKEND_COUNT * CLAIMS_MAX];
    size_t count = BACKEND_COUNT * store_suite_count();
    for (size_t i = 0; i < count; i++)
        numbers[i] = i;
    return cr_make_param_array(size_t, numbers, count);
}

ParameterizedTest(size_t *number, store, claims)
{
    const struct backend_row *backend = &backends[*number % BACKEND_COUNT];
    char url[2 * TEMPDIR_PATH_MAX];
    struct tempdir dir;
    tempdir_init(&dir);
    store_suite_run(*number / BACKEND_COUNT,
                    backend->has_file ? tempdir_join(&dir, "sqlite:", "x.db", url) : backend->kind,
                    backend->kind, backend->is_blocking);
    tempdir_release(&dir);
}

static enum rc put(struct store *store, size_t number, struct bytes value)
{
    struct store_condition absent = {.when = STORE_IF_ABSENT};
    struct store_item item = {.name = bytes_make((const char *)&number, sizeof number),
                              .value = value};
    return store_put(store, &item, absent, 0);
}

Test(store, memory_has_a_maximum_and_gives_room_back)
{
    static char large[LIMIT_BODY_BYTES];
    struct bytes value = bytes_make(large, sizeof large);
    struct store_condition present = {.when = STORE_IF_PRESENT};
    size_t count = 0, first = 0;
    char reason[256] = "";
    enum rc rc = RC_OK;
    struct store *store = store_open("memory", reason, sizeof reason);
    for (; rc == RC_OK && count <= LIMIT_STORE_MEMORY_BYTES / sizeof large; count++)
        rc = put(store, count, value);
    cr_expect_eq(rc, RC_NOMEM);
    cr_expect_eq(count, LIMIT_STORE_MEMORY_BYTES / sizeof large);
    cr_expect_eq(store_check(store, 0, reason, sizeof reason), RC_OK, "a small one has room");
    cr_expect_eq(put(store, count, BYTES_LIT("v")), RC_OK);
    struct bytes name = bytes_make((const char *)&first, sizeof first);
    struct store_item item = {.name = name, .value = value};
    cr_expect_eq(store_put(store, &item, present, 0), RC_OK, "in the place of as large a one");
    cr_expect_eq(store_delete(store, name, present, 0), RC_OK);
    cr_expect_eq(put(store, count + 1, value), RC_OK);
    for (rc = RC_OK, count += 2; rc == RC_OK; count++)
        rc = put(store, count, BYTES_LIT("v"));
    cr_expect_eq(store_check(store, 0, reason, sizeof reason), RC_NOMEM);
    cr_expect_str_eq(reason, "it holds 67108864 bytes, and may hold no more");
    store_close(store);
}

Test(store, closing_nothing_is_harmless)
{
    store_close(NULL);
}

struct url_row {
    const char *url;
    const char *error;
};

static const struct url_row bad_urls[] = {
    {NULL, "cannot open the store '': it must be 'memory', 'sqlite:PATH' or 'dynamodb:TABLE'"},
    {"", "cannot open the store '': it must be 'memory', 'sqlite:PATH' or 'dynamodb:TABLE'"},
    {":", "cannot open the store ':': it must be 'memory', 'sqlite:PATH' or 'dynamodb:TABLE'"},
    {"sqlite", "cannot open the store 'sqlite': it must be 'sqlite:PATH'"},
    {"sqlite:", "cannot open the store 'sqlite:': it must be 'sqlite:PATH'"},
    {"memory:", "cannot open the store 'memory:': nothing may stand behind 'memory'"},
    {"memory:x", "cannot open the store 'memory:x': nothing may stand behind 'memory'"},
    {"Memory",
     "cannot open the store 'Memory': it must be 'memory', 'sqlite:PATH' or 'dynamodb:TABLE'"},
    {"/x.db",
     "cannot open the store '/x.db': it must be 'memory', 'sqlite:PATH' or 'dynamodb:TABLE'"},
    {"redis://h",
     "cannot open the store 'redis://h': it must be 'memory', 'sqlite:PATH' or 'dynamodb:TABLE'"},
};

Test(store, a_bad_url_is_refused_by_name)
{
    for (size_t i = 0; i < sizeof bad_urls / sizeof *bad_urls; i++) {
        char error[256] = "";
        cr_expect_null(store_open(bad_urls[i].url, error, sizeof error));
        cr_expect_str_eq(error, bad_urls[i].error);
    }
}

Test(store, an_error_is_cut_to_its_room)
{
    char error[8] = "1234567";
    cr_expect_null(store_open("redis://host", error, sizeof error));
    cr_expect_str_eq(error, "cannot ");
}
