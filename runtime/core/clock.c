#include "runtime/core/clock.h"

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
