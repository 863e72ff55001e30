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

#endif
