#ifndef RUNTIME_CORE_CLOCK_H
#define RUNTIME_CORE_CLOCK_H

/* clock — the two clocks of the system, in the units that we use. */

#include <stdint.h>

/* Milliseconds of a clock that never goes back; for durations and deadlines. */
int64_t clock_ms_monotonic(void);

/* Microseconds of the same clock. */
int64_t clock_us_monotonic(void);

/* Milliseconds since 1970-01-01 UTC; for what people and AWS read. */
int64_t clock_ms_epoch(void);

/* Microseconds of the same clock. */
int64_t clock_us_epoch(void);

enum { CLOCK_RFC3339_LEN = 24 };

/* Writes `epoch_ms` as RFC 3339 in UTC with milliseconds, such as "2026-11-21T09:30:00.250Z", and a
 * NUL. Times before 1970 and after 9999 are written as the nearest one between. */
void clock_rfc3339(int64_t epoch_ms, char text[CLOCK_RFC3339_LEN + 1]);

#endif
