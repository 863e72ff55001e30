#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/core/limits.h"
#include "runtime/core/log.h"

/* A log whose reader does not read. */

static int ends[2];
static char text[2 * LIMIT_LOG_LINE_BYTES];

enum { PIPE_BYTES = 16384 };

/* A pipe as it is given to a program: writing waits for its reader. */
static void setup(void)
{
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    cr_assert_eq(fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES), PIPE_BYTES);
    log_set_fd(ends[1]);
    log_set_wait(0);
}

static void teardown(void)
{
    (void)close(ends[0]);
    (void)close(ends[1]);
}

TestSuite(log_wait, .init = setup, .fini = teardown);

/* The lines that are there; how many of them hold `wanted`. */
static size_t read_lines(const char *wanted, size_t *all)
{
    size_t found = 0;
    ssize_t n = read(ends[0], text, sizeof text);
    struct bytes rest = bytes_make(text, n > 0 ? (size_t)n : 0);
    for (*all = 0; rest.len; ++*all) {
        struct bytes one = bytes_make(rest.ptr, bytes_find(rest, '\n'));
        cr_assert_lt(one.len, rest.len, "its end is missing");
        found += memmem(one.ptr, one.len, wanted, strlen(wanted)) != NULL;
        rest = bytes_skip(rest, one.len + 1);
    }
    return found;
}

Test(log_wait, a_log_that_nobody_reads_stops_nobody_and_says_what_was_lost)
{
    enum { LINES = 1000 };
    char lost[32];
    size_t kept, all;
    for (int i = 0; i < LINES; i++)
        log_event(LOG_INFO, "full", LOG_NUM("n", i));
    cr_expect_gt(read_lines("full", &kept), 10u);
    cr_expect_lt(kept, (size_t)LINES);
    log_event(LOG_INFO, "read again", LOG_NUM("n", 1));
    (void)snprintf(lost, sizeof lost, "\"count\":%zu}", LINES - kept);
    cr_expect_eq(read_lines(lost, &all), 1u, "%s: %s", lost, text);
    cr_expect_eq(all, 2u);
    log_event(LOG_INFO, "and again", LOG_NUM("n", 1));
    cr_expect_eq(read_lines("and again", &all), 1u);
    cr_expect_eq(all, 1u);
}

Test(log_wait, a_line_that_was_cut_off_spoils_no_other)
{
    size_t all;
    static char filling[3 * 4096];
    memset(filling, 'x', sizeof filling);
    cr_assert_eq(write(ends[1], filling, sizeof filling), (ssize_t)sizeof filling);
    log_event(LOG_INFO, "long", LOG_TEXT("x", bytes_make(filling, 5000)));
    cr_expect_eq(read(ends[0], text, sizeof text), PIPE_BYTES);
    log_event(LOG_INFO, "next", LOG_NUM("n", 1));
    cr_expect_eq(read_lines("next", &all), 1u);
    cr_expect_eq(all, 3u, "the end of the cut one, what was lost, the next: %.1000s", text);
}

Test(log_wait, a_file_is_not_waited_for)
{
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    log_set_fd(fileno(file));
    log_set_wait(0);
    for (int i = 0; i < 1000; i++)
        log_event(LOG_INFO, "kept", LOG_NUM("n", i));
    cr_expect_gt(lseek(fileno(file), 0, SEEK_END), 1000 * 60);
    (void)fclose(file);
}
