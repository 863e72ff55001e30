#ifndef TESTS_SUPPORT_TSAN_CRITERION_H
#define TESTS_SUPPORT_TSAN_CRITERION_H

/*
 * criterion.h — as much of Criterion as our tests use, over fork(2) alone, for MODE=tsan.
 *
 * Criterion cannot run under the thread sanitizer: it maps memory at addresses that the sanitizer
 * keeps for itself (Criterion's issue 274). With -Itests/support/tsan a test finds this file in
 * Criterion's place; its text stays the same. A macro that is missing here does not compile: add
 * it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct criterion_test_params {
    size_t size; /* of one parameter */
    void *params;
    size_t length;
};

/* What stands behind the names in Test(...) and TestSuite(...). */
struct plain_options {
    void (*init)(void);
    void (*fini)(void);
    double timeout; /* seconds; 0: the runner's */
    int signal;     /* the test passes when this signal kills it */
    int exit_code;  /* the status that it must end with */
    bool disabled;
};

struct plain_test {
    const char *suite, *name; /* a NULL name: the options of a whole suite */
    void (*body)(void *parameter);
    struct criterion_test_params (*parameters)(void); /* NULL: a plain test */
    struct plain_options options;
    struct plain_test *next;
};

/* Called before main by what Test and TestSuite make. */
void plain_register(struct plain_test *test);

/* Counts a failure of the running test and prints it; when `is_fatal` the test ends here. `format`
 * may be empty, and has one argument more than it asks for. */
void plain_fail(bool is_fatal, const char *file, int line, const char *claim, const char *format,
                ...);

#define plain_definition(id, suite_, name_, body_, parameters_, ...)                              \
    static struct plain_test id = {suite_, name_, body_, parameters_, {.signal = 0, __VA_ARGS__}, \
                                   NULL};                                                         \
    __attribute__((constructor)) static void id##_register(void)                                  \
    {                                                                                             \
        plain_register(&id);                                                                      \
    }                                                                                             \
    struct plain_test /* takes the semicolon, or the body's absence of one */

#define TestSuite(...) plain_suite(__VA_ARGS__, .disabled = false)
#define plain_suite(suite_, ...) \
    plain_definition(plain_suite_##suite_, #suite_, NULL, NULL, NULL, __VA_ARGS__)

#define Test(...) plain_test_(__VA_ARGS__, .disabled = false)
#define plain_test_(suite_, name_, ...)                                                        \
    static void suite_##_##name_##_body(void *parameter);                                      \
    plain_definition(plain_##suite_##_##name_, #suite_, #name_, suite_##_##name_##_body, NULL, \
                     __VA_ARGS__);                                                             \
    static void suite_##_##name_##_body(void *parameter __attribute__((unused)))

#define cr_assert(...) plain_check(true, __VA_ARGS__, "")
#define cr_expect(...) plain_check(false, __VA_ARGS__, "")
#define cr_assert_not(...) plain_not(true, __VA_ARGS__, "")
#define cr_expect_not(...) plain_not(false, __VA_ARGS__, "")
#define cr_assert_fail(...) plain_check(true, false, __VA_ARGS__)
#define cr_assert_null(...) plain_null(true, __VA_ARGS__, "")
#define cr_expect_null(...) plain_null(false, __VA_ARGS__, "")
#define cr_assert_not_null(...) plain_not_null(true, __VA_ARGS__, "")
#define cr_expect_not_null(...) plain_not_null(false, __VA_ARGS__, "")
#define cr_assert_eq(...) plain_compare(true, ==, __VA_ARGS__, "")
#define cr_expect_eq(...) plain_compare(false, ==, __VA_ARGS__, "")
#define cr_assert_neq(...) plain_compare(true, !=, __VA_ARGS__, "")
#define cr_expect_neq(...) plain_compare(false, !=, __VA_ARGS__, "")
#define cr_assert_lt(...) plain_compare(true, <, __VA_ARGS__, "")
#define cr_expect_lt(...) plain_compare(false, <, __VA_ARGS__, "")
#define cr_assert_leq(...) plain_compare(true, <=, __VA_ARGS__, "")
#define cr_expect_leq(...) plain_compare(false, <=, __VA_ARGS__, "")
#define cr_assert_gt(...) plain_compare(true, >, __VA_ARGS__, "")
#define cr_expect_gt(...) plain_compare(false, >, __VA_ARGS__, "")
#define cr_assert_geq(...) plain_compare(true, >=, __VA_ARGS__, "")
#define cr_expect_geq(...) plain_compare(false, >=, __VA_ARGS__, "")
#define cr_assert_str_eq(...) plain_str(true, ==, __VA_ARGS__, "")
#define cr_expect_str_eq(...) plain_str(false, ==, __VA_ARGS__, "")
#define cr_assert_str_neq(...) plain_str(true, !=, __VA_ARGS__, "")
#define cr_expect_str_neq(...) plain_str(false, !=, __VA_ARGS__, "")

#define cr_assert_float_eq(...) plain_float(true, __VA_ARGS__, "")
#define cr_expect_float_eq(...) plain_float(false, __VA_ARGS__, "")

#define plain_check(is_fatal, holds, ...) \
    ((holds) ? (void)0 : plain_fail(is_fatal, __FILE__, __LINE__, #holds, __VA_ARGS__))
#define plain_not(is_fatal, value, ...) plain_check(is_fatal, !(value), __VA_ARGS__)
#define plain_null(is_fatal, value, ...) plain_check(is_fatal, !(value), __VA_ARGS__)
#define plain_not_null(is_fatal, value, ...) plain_check(is_fatal, (value), __VA_ARGS__)
#define plain_compare(is_fatal, op, a, b, ...) plain_check(is_fatal, (a)op(b), __VA_ARGS__)
#define plain_str(is_fatal, op, a, b, ...) plain_check(is_fatal, strcmp((a), (b)) op 0, __VA_ARGS__)

#define plain_float(is_fatal, a, b, tolerance, ...) \
    plain_check(is_fatal, (a) - (b) <= (tolerance) && (b) - (a) <= (tolerance), __VA_ARGS__)

#endif
