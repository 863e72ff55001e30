#include "runtime/core/clock.h"

#include <stdio.h>
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

void clock_rfc3339(int64_t epoch_ms, char text[CLOCK_RFC3339_LEN + 1])
{
    static const int64_t last_ms = INT64_C(253402300799999); /* the end of the year 9999 */
    struct tm tm;
    if (epoch_ms < 0)
        epoch_ms = 0;
    if (epoch_ms > last_ms)
        epoch_ms = last_ms;
    time_t seconds = (time_t)(epoch_ms / 1000);
    (void)gmtime_r(&seconds, &tm);
    size_t n = strftime(text, CLOCK_RFC3339_LEN + 1, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(text + n, CLOCK_RFC3339_LEN + 1 - n, ".%03uZ", (unsigned)(epoch_ms % 1000));
}
