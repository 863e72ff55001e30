#ifndef TESTS_SUPPORT_CLOUDWATCH_CALL_H
#define TESTS_SUPPORT_CLOUDWATCH_CALL_H

/* cloudwatch_call — calls of CloudWatch, by JSON or by Query, to a store in this process, whose
 * clock stands where the test has put it. */

#include "runtime/control/cloudwatch.h"

struct cloudwatch_case {
    struct series_store store;
    struct cloudwatch *cloudwatch;
    struct arena arena;
    int64_t now_s;
    int status; /* of the last call */
    struct bytes answer;
};

extern struct cloudwatch_case cloudwatch_case;

/* For a suite's .init and .fini; the clock is at 1795253400 (2026-11-21T09:30:00Z). */
void cloudwatch_case_init(void);
void cloudwatch_case_release(void);

/* Each gives the status; the answer lives until the next call. */
int cloudwatch_json(const char *action, const char *body);
int cloudwatch_query(const char *action, const char *parameters);

/* true when the last answer holds `text`; a failed check shows it. */
bool cloudwatch_has(const char *text);

#define EXPECT_JSON(status_, action, body)                                                   \
    cr_expect_eq(cloudwatch_json(action, body), status_, "%d: %.*s", cloudwatch_case.status, \
                 BYTES_ARG(cloudwatch_case.answer))
#define EXPECT_HAS(text) \
    cr_expect(cloudwatch_has(text), "no '%s' in %.*s", text, BYTES_ARG(cloudwatch_case.answer))

#endif
