#include "runtime/core/crash_line.h"

#include <signal.h>

#include "runtime/core/json_text.h"

const int crash_signals[CRASH_SIGNAL_COUNT] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

static const struct {
    const char *name, *error_type;
} kinds[CRASH_SIGNAL_COUNT] = {
    {"SIGSEGV", "Runtime.SegmentationFault"},
    {"SIGBUS", "Runtime.BusError"},
    {"SIGILL", "Runtime.IllegalInstruction"},
    {"SIGFPE", "Runtime.ArithmeticError"},
    {"SIGABRT", "Runtime.Abort"},
};

const char *crash_signal_name(int signal)
{
    for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
        if (crash_signals[i] == signal)
            return kinds[i].name;
    return "a signal";
}

const char *crash_error_type(const struct crash *crash)
{
    if (crash->is_overflow)
        return "Runtime.StackOverflow";
    for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
        if (crash_signals[i] == crash->signal)
            return kinds[i].error_type;
    return "Runtime.Crash";
}

static void append_hex(struct buf *out, uintptr_t value)
{
    char digits[2 * sizeof value];
    size_t i = sizeof digits;
    do {
        digits[--i] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    buf_append(out, BYTES_LIT("0x"));
    buf_append(out, bytes_make(digits + i, sizeof digits - i));
}

void crash_message_append(struct buf *out, const struct crash *crash)
{
    buf_append(out, BYTES_LIT("crashed by "));
    buf_append(out, bytes_from_str(crash_signal_name(crash->signal)));
    if (crash->has_address) {
        buf_append(out, BYTES_LIT(" at address "));
        append_hex(out, crash->address);
    }
    if (crash->is_overflow)
        buf_append(out, BYTES_LIT(", the end of the stack"));
}

static void append_digits(struct buf *out, int64_t value, int count, char end)
{
    char digits[4];
    for (int i = count; i-- > 0; value /= 10)
        digits[i] = (char)('0' + value % 10);
    buf_append(out, bytes_make(digits, (size_t)count));
    buf_append_char(out, end);
}

/* As clock_rfc3339, without the C library's calendar, which takes locks. The year is counted from
 * March on, so that the leap day is its last; 1970-03-01 is the day 719468 of that count. */
static void append_timestamp(struct buf *out, int64_t epoch_ms)
{
    enum { DAY_MS = 86400000, ERA_DAYS = 146097 };
    int64_t days = epoch_ms / DAY_MS + 719468, ms = epoch_ms % DAY_MS;
    int64_t era = days / ERA_DAYS, day = days % ERA_DAYS;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    append_digits(out, year + era * 400 + (month >= 10), 4, '-');
    append_digits(out, month < 10 ? month + 3 : month - 9, 2, '-');
    append_digits(out, of_year - (153 * month + 2) / 5 + 1, 2, 'T');
    append_digits(out, ms / 3600000, 2, ':');
    append_digits(out, ms / 60000 % 60, 2, ':');
    append_digits(out, ms / 1000 % 60, 2, '.');
    append_digits(out, ms % 1000, 3, 'Z');
}

static void append_text(struct buf *out, struct bytes key, const char *value)
{
    buf_append(out, key);
    json_text_string(out, bytes_from_str(value));
}

static void append_build_id(struct buf *out, const struct program_image *image)
{
    static const char digits[] = "0123456789abcdef";
    buf_append(out, BYTES_LIT(",\"buildId\":\""));
    for (size_t i = 0; i < image->build_id_len; i++) {
        buf_append_char(out, digits[image->build_id[i] >> 4]);
        buf_append_char(out, digits[image->build_id[i] & 15]);
    }
    buf_append(out, BYTES_LIT("\",\"base\":\""));
    append_hex(out, image->base);
    buf_append(out, BYTES_LIT("\""));
}

static void append_addresses(struct buf *out, const struct crash_line *line)
{
    buf_append(out, BYTES_LIT(",\"addresses\":["));
    for (size_t i = 0; i < line->address_count; i++) {
        buf_append(out, i ? BYTES_LIT(",\"") : BYTES_LIT("\""));
        append_hex(out, line->addresses[i]);
        buf_append_char(out, '"');
    }
    buf_append_char(out, ']');
}

void crash_line_append(struct buf *out, const struct crash_line *line)
{
    buf_append(out, BYTES_LIT("{\"timestamp\":\""));
    append_timestamp(out, line->epoch_ms);
    buf_append(out, BYTES_LIT("\",\"level\":\"FATAL\",\"message\":\""));
    crash_message_append(out, &line->crash);
    buf_append_char(out, '"');
    if (line->request_id.len) {
        buf_append(out, BYTES_LIT(",\"requestId\":"));
        json_text_string(out, line->request_id);
    }
    append_text(out, BYTES_LIT(",\"signal\":"), crash_signal_name(line->crash.signal));
    append_text(out, BYTES_LIT(",\"errorType\":"), crash_error_type(&line->crash));
    if (line->report_status) {
        buf_append(out, BYTES_LIT(",\"reportStatus\":"));
        buf_append_u64(out, (uint64_t)line->report_status);
    }
    append_build_id(out, line->image);
    append_addresses(out, line);
    buf_append(out, BYTES_LIT("}\n"));
}
