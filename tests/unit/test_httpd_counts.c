#include <criterion/criterion.h>

#include "tests/support/timed_httpd.h"

/*
 * What an httpd counts of its connections.
 * link: -Wl,--wrap=clock_us_monotonic
 */

TestSuite(httpd_counts, .fini = timed_httpd_stop);

static void expect_counts(uint64_t opened, uint64_t closed, uint64_t late)
{
    const struct metrics_connections *counts = &timed_httpd.counts;
    cr_expect_eq(counts->opened, opened, "%zu opened", (size_t)counts->opened);
    cr_expect_eq(counts->closed, closed, "%zu closed", (size_t)counts->closed);
    cr_expect_eq(counts->late, late, "%zu late", (size_t)counts->late);
}

Test(httpd_counts, a_client_that_is_too_slow_with_its_request_is_late)
{
    struct client silent, half;
    timed_httpd_start(0);
    timed_httpd_open(&silent);
    timed_httpd_open(&half);
    timed_httpd_send(&half, BYTES_LIT(TIMED_HEAD));
    expect_counts(2, 0, 0);
    timed_httpd_pass(TIMED_READ_S * 1000);
    timed_httpd_expect(&half, 408, "close");
    cr_expect(client_is_closed(&silent));
    client_close(&half);
    client_close(&silent);
    while (httpd_connection_count(timed_httpd.httpd))
        timed_httpd_serve();
    expect_counts(2, 2, 2);
}

Test(httpd_counts, one_that_is_kept_and_asks_no_more_is_not)
{
    struct client kept;
    timed_httpd_start(0);
    timed_httpd_open(&kept);
    timed_httpd_send(&kept, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&kept, 200, "");
    timed_httpd_pass(TIMED_IDLE_S * 1000);
    timed_httpd_pass(0);
    cr_expect(client_is_closed(&kept));
    expect_counts(1, 1, 0);
    client_close(&kept);
}

Test(httpd_counts, who_makes_room_and_who_waits_for_it)
{
    struct client idle, busy, next;
    timed_httpd_start(1);
    timed_httpd_open(&idle);
    timed_httpd_open(&busy); /* in its place */
    expect_counts(2, 1, 0);
    cr_expect_eq(timed_httpd.counts.displaced, 1u);
    cr_expect_eq(timed_httpd.counts.put_off, 0u);
    timed_httpd_send(&busy, BYTES_LIT(TIMED_HEAD));
    cr_assert(client_open(&next, timed_httpd.port));
    while (timed_httpd.counts.put_off == 0)
        timed_httpd_serve();
    expect_counts(2, 1, 0);
    client_close(&idle);
    client_close(&busy);
    client_close(&next);
}
