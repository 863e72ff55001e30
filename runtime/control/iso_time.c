#include "runtime/control/iso_time.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

static const double earliest_s = -62135596800.0; /* 0001-01-01T00:00:00Z */
static const double latest_s = 253402300799.0;   /* 9999-12-31T23:59:59Z */

/* Takes `digits` digits off the front. */
static bool take_number(struct bytes *rest, size_t digits, int max, int *out)
{
    uint64_t value;
    if (rest->len < digits || !bytes_to_u64(bytes_make(rest->ptr, digits), (uint64_t)max, &value))
        return false;
    *rest = bytes_skip(*rest, digits);
    *out = (int)value;
    return true;
}

static bool take_char(struct bytes *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return false;
    *rest = bytes_skip(*rest, 1);
    return true;
}

static bool take_date(struct bytes *rest, struct tm *tm)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!take_number(rest, 4, 9999, &tm->tm_year) || !take_char(rest, '-') ||
        !take_number(rest, 2, 12, &tm->tm_mon) || !take_char(rest, '-') ||
        !take_number(rest, 2, 31, &tm->tm_mday) || !tm->tm_year || !tm->tm_mon || !tm->tm_mday)
        return false;
    bool is_leap = tm->tm_year % 4 == 0 && (tm->tm_year % 100 != 0 || tm->tm_year % 400 == 0);
    if (tm->tm_mday > days[tm->tm_mon - 1] + (is_leap && tm->tm_mon == 2))
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return true;
}

static bool take_fraction(struct bytes *rest, double *fraction)
{
    double unit = 0.1;
    if (!take_char(rest, '.'))
        return true;
    size_t len = rest->len;
    for (; rest->len && rest->ptr[0] >= '0' && rest->ptr[0] <= '9'; unit /= 10) {
        *fraction += unit * (rest->ptr[0] - '0');
        *rest = bytes_skip(*rest, 1);
    }
    return rest->len < len;
}

static bool take_zone(struct bytes *rest, int *offset_s)
{
    int hours, minutes;
    *offset_s = 0;
    if (rest->len == 0 || take_char(rest, 'Z') || take_char(rest, 'z'))
        return true;
    bool is_behind = rest->ptr[0] == '-';
    if ((!take_char(rest, '+') && !take_char(rest, '-')) || !take_number(rest, 2, 23, &hours))
        return false;
    (void)take_char(rest, ':');
    if (!take_number(rest, 2, 59, &minutes))
        return false;
    *offset_s = (hours * 3600 + minutes * 60) * (is_behind ? -1 : 1);
    return true;
}

bool iso_time_parse(struct bytes text, double *out_seconds)
{
    struct tm tm = {0};
    struct bytes rest = text;
    double fraction = 0;
    int offset_s = 0;
    if (!take_date(&rest, &tm))
        return false;
    if (rest.len) {
        if ((!take_char(&rest, 'T') && !take_char(&rest, 't') && !take_char(&rest, ' ')) ||
            !take_number(&rest, 2, 23, &tm.tm_hour) || !take_char(&rest, ':') ||
            !take_number(&rest, 2, 59, &tm.tm_min) || !take_char(&rest, ':') ||
            !take_number(&rest, 2, 60, &tm.tm_sec) || !take_fraction(&rest, &fraction) ||
            !take_zone(&rest, &offset_s) || rest.len)
            return false;
    }
    *out_seconds = (double)timegm(&tm) - offset_s + fraction;
    return true;
}

void iso_time_print(double seconds, char text[ISO_TIME_LEN + 1])
{
    struct tm tm;
    char date[96];
    seconds = !(seconds > earliest_s) ? earliest_s : seconds > latest_s ? latest_s : seconds;
    double whole = floor(seconds);
    int ms = (int)((seconds - whole) * 1000);
    time_t time = (time_t)whole;
    (void)gmtime_r(&time, &tm);
    (void)snprintf(date, sizeof date, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
    memcpy(text, date, ISO_TIME_LEN);
    text[ISO_TIME_LEN] = '\0';
}
