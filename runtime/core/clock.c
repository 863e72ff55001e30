#include "runtime/core/clock.h"

#include <string.h>
#include <time.h>

static int64_t now_us(clockid_t id)
{
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_ms_monotonic(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_us_monotonic(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_ms_epoch(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_us_epoch(void)
{
    return now_us(CLOCK_REALTIME);
}

/* The calendar is asked once a second, which is what most of a log line would cost. */
void clock_rfc3339(int64_t epoch_ms, char text[CLOCK_RFC3339_LEN + 1])
{
    enum { SECOND_LEN = 19 };
    static const int64_t last_ms = INT64_C(253402300799999); /* the end of the year 9999 */
    static _Thread_local char second_text[SECOND_LEN + 1];
    static _Thread_local time_t second_written = -1;
    if (epoch_ms < 0)
        epoch_ms = 0;
    if (epoch_ms > last_ms)
        epoch_ms = last_ms;
    time_t second = (time_t)(epoch_ms / 1000);
    if (second != second_written) {
        struct tm tm;
        (void)gmtime_r(&second, &tm);
        (void)strftime(second_text, sizeof second_text, "%Y-%m-%dT%H:%M:%S", &tm);
        second_written = second;
    }
    unsigned ms = (unsigned)(epoch_ms % 1000);
    const char rest[] = {
        '.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z', '\0'};
    memcpy(text, second_text, SECOND_LEN);
    memcpy(text + SECOND_LEN, rest, sizeof rest);
}
