#include <criterion/criterion.h>

#include "runtime/aws/retry.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "tests/support/aws_rig.h"

/* Which answers make a call try again, and how often. */

TestSuite(aws_retry, .init = aws_rig_init, .fini = aws_rig_release, .timeout = 60);

#define EXPECT_VIEW(view, text) \
    cr_expect(bytes_eq(view, bytes_from_str(text)), "'%.*s' instead of '%s'", BYTES_ARG(view), text)

#define THROTTLED AWS_ERROR(400, "ProvisionedThroughputExceededException")
#define BROKEN AWS_ERROR(500, "InternalServerError")

Test(aws_retry, asks_again_after_throttling)
{
    AWS_RIG_START(THROTTLED, {.text = "", .status = 429}, AWS_OK);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_eq(aws_rig_count(), 3);
}

Test(aws_retry, tells_of_throttling_that_does_not_end)
{
    AWS_RIG_START(THROTTLED, THROTTLED, THROTTLED);
    cr_expect_eq(aws_rig_call(), RC_THROTTLED);
    cr_expect_eq(aws_rig_count(), LIMIT_AWS_ATTEMPTS);
    EXPECT_VIEW(aws_rig.response.error, "ProvisionedThroughputExceededException");
}

Test(aws_retry, asks_again_after_a_failure_of_the_service)
{
    AWS_RIG_START(BROKEN, AWS_DROP, AWS_OK);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_eq(aws_rig_count(), 3);
}

Test(aws_retry, tells_of_a_failure_that_does_not_end)
{
    AWS_RIG_START(BROKEN, BROKEN, {.text = "<html>", .status = 502});
    cr_expect_eq(aws_rig_call(), RC_UNREACHABLE);
    cr_expect_eq(aws_rig.response.status, 502);
    EXPECT_VIEW(aws_rig.response.error, "UnknownError");
    EXPECT_VIEW(aws_rig.response.message, "status 502: <html>");
}

Test(aws_retry, does_once_what_may_have_been_done)
{
    AWS_RIG_START(BROKEN, AWS_DROP, AWS_OK);
    cr_expect_eq(aws_rig_call_until(0, true), RC_UNREACHABLE);
    cr_expect_eq(aws_rig_count(), 1);
    cr_expect_eq(aws_rig_call_until(0, true), RC_UNREACHABLE);
    cr_expect_eq(aws_rig_count(), 2);
}

Test(aws_retry, does_again_what_was_throttled_for_certain)
{
    AWS_RIG_START(THROTTLED, AWS_OK);
    cr_expect_eq(aws_rig_call_until(0, true), RC_OK);
    cr_expect_eq(aws_rig_count(), 2);
}

Test(aws_retry, does_not_send_a_body_twice_over_a_connection_that_breaks)
{
    /* libcurl would begin anew by itself: the second request comes on a kept connection. */
    AWS_RIG_START(AWS_OK, AWS_DROP, AWS_OK);
    cr_expect_eq(aws_rig_call_until(0, true), RC_OK);
    cr_expect_eq(aws_rig_call_until(0, true), RC_UNREACHABLE);
    cr_expect_eq(aws_rig_count(), 2);
}

Test(aws_retry, ends_with_the_deadline)
{
    AWS_RIG_START({.text = "", .end = FAKE_HOLD});
    cr_expect_eq(aws_rig_call_until(clock_ms_monotonic() + 200, false), RC_TIMEOUT);
    cr_expect_eq(aws_rig_call_until(clock_ms_monotonic() - 1, false), RC_TIMEOUT);
    cr_expect_leq(aws_rig_count(), 1);
}

Test(aws_retry, does_not_wait_longer_than_the_deadline)
{
    AWS_RIG_START({.text = "{}", .status = 503, .fields = "Retry-After: 40\r\n"},
                  {.text = "{}", .status = 429, .fields = "Retry-After: 40\r\n"});
    cr_expect_eq(aws_rig_call(), RC_UNREACHABLE);
    cr_expect_eq(aws_rig_call(), RC_THROTTLED);
    cr_expect_eq(aws_rig_count(), 2);
}

Test(aws_retry, sets_its_clock_by_the_service)
{
    static const char fields[] = "Date: Sat, 01 Jan 2050 00:00:10 GMT\r\n";
    AWS_RIG_START(
        {.text = "{\"__type\":\"InvalidSignatureException\"}", .status = 400, .fields = fields},
        AWS_OK, AWS_OK);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_expect_eq(aws_rig_call(), RC_OK);
    cr_assert_eq(aws_rig_count(), 3);
    cr_expect_neq(strncmp(aws_rig_field(0, "X-Amz-Date"), "20500101T", 9), 0);
    cr_expect_eq(strncmp(aws_rig_field(1, "X-Amz-Date"), "20500101T", 9), 0);
    cr_expect_eq(strncmp(aws_rig_field(2, "X-Amz-Date"), "20500101T", 9), 0);
}

Test(aws_retry, believes_a_refused_signature_when_the_clock_is_right)
{
    AWS_RIG_START(AWS_ERROR(400, "InvalidSignatureException"));
    cr_expect_eq(aws_rig_call(), RC_REFUSED);
    cr_expect_eq(aws_rig_count(), 1);
}

Test(aws_retry, tells_of_credentials_that_nothing_renews)
{
    AWS_RIG_START(AWS_ERROR(400, "ExpiredTokenException"));
    cr_expect_eq(aws_rig_call(), RC_REFUSED);
    EXPECT_VIEW(aws_rig.response.error, "NoCredentials");
    cr_expect_not_null(strstr(aws_rig.response.message.ptr, "have expired"));
    cr_expect_eq(aws_rig_count(), 1);
}

Test(aws_retry, reads_dates)
{
    cr_expect_eq(aws_retry_date_s(BYTES_LIT("Thu, 01 Jan 1970 00:01:00 GMT")), 60);
    cr_expect_eq(aws_retry_date_s(BYTES_LIT("yesterday")), -1);
    cr_expect_eq(aws_retry_date_s(BYTES_LIT("")), -1);
    cr_expect_eq(aws_retry_date_s(BYTES_LIT("Thu, 01 Jan 1970 00:01:00 GMT and more")), -1);
}

Test(aws_retry, waits_at_random_up_to_a_doubling_time)
{
    for (unsigned attempt = 1; attempt < 40; attempt++) {
        int64_t most = attempt < 9 ? (int64_t)LIMIT_AWS_BACKOFF_BASE_MS << (attempt - 1)
                                   : LIMIT_AWS_BACKOFF_MS;
        int64_t wait_ms = aws_retry_wait_ms(attempt, BYTES_LIT(""));
        cr_expect(wait_ms >= 0 && wait_ms <= most, "%u: %d", attempt, (int)wait_ms);
    }
    cr_expect_eq(aws_retry_wait_ms(1, BYTES_LIT("7")), 7000);
    cr_expect_leq(aws_retry_wait_ms(1, BYTES_LIT("Thu, 01 Jan 1970 00:01:00 GMT")), 50);
}

Test(aws_retry, stops_when_too_much_fails)
{
    struct aws_budget budget;
    unsigned count = 0, cost;
    aws_budget_init(&budget);
    while ((cost = aws_budget_take(&budget, true)) != 0)
        count++;
    cr_expect_eq(count, 100);
    aws_budget_refund(&budget, 5);
    cr_expect_eq(aws_budget_take(&budget, false), 0);
    cr_expect_eq(aws_budget_take(&budget, true), 5);
    aws_budget_release(&budget);
}
