#include "runtime/http1/http1.h"

#include <time.h>

/* By hand, not by strftime: the names are English in every locale. */

enum { YEAR_BASE = 1900 };

static const int64_t last_second_of_9999 = 253402300799;

static char *put_two(char *at, int value)
{
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
    return at + 2;
}

static char *put_text(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return at + len;
}

void http1_date(int64_t epoch_s, char text[HTTP1_DATE_LEN + 1])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (epoch_s < 0)
        epoch_s = 0;
    if (epoch_s > last_second_of_9999)
        epoch_s = last_second_of_9999;
    time_t seconds = (time_t)epoch_s;
    struct tm tm = {0};
    (void)gmtime_r(&seconds, &tm);
    char *at = put_text(text, days + 3 * tm.tm_wday, 3);
    at = put_text(at, ", ", 2);
    at = put_text(put_two(at, tm.tm_mday), " ", 1);
    at = put_text(put_text(at, months + 3 * tm.tm_mon, 3), " ", 1);
    at = put_two(put_two(at, (tm.tm_year + YEAR_BASE) / 100), (tm.tm_year + YEAR_BASE) % 100);
    at = put_two(put_text(at, " ", 1), tm.tm_hour);
    at = put_two(put_text(at, ":", 1), tm.tm_min);
    at = put_two(put_text(at, ":", 1), tm.tm_sec);
    (void)put_text(at, " GMT", 5);
}
