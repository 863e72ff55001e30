#include "runtime/core/log.h"

#include <unistd.h>

#include "runtime/core/buf.h"
#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"

static int log_fd = 1;

static const char *const level_names[] = {"DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

void log_set_fd(int fd)
{
    log_fd = fd;
}

/* A message is our own and short; one that is not is cut, so that its escapes fit the line. */
static void append_message(struct buf *line, const char *message)
{
    enum { MESSAGE_MAX_BYTES = LIMIT_LOG_LINE_BYTES / 8 };
    json_text_string(line, bytes_make(message, strnlen(message, MESSAGE_MAX_BYTES)));
}

static void append_field(struct buf *line, const struct log_field *field)
{
    size_t before = line->len;
    if (!field->is_number && field->text.len == 0)
        return;
    buf_append(line, BYTES_LIT(",\""));
    buf_append(line, bytes_from_str(field->key));
    buf_append(line, BYTES_LIT("\":"));
    if (field->is_number && field->number < 0)
        buf_append_char(line, '-');
    if (field->is_number)
        buf_append_u64(line,
                       field->number < 0 ? 0 - (uint64_t)field->number : (uint64_t)field->number);
    else
        json_text_string(line, field->text);
    /* The line stays whole JSON: a field that does not fit is left out. */
    if (line->failed || line->len + 2 > LIMIT_LOG_LINE_BYTES) {
        line->len = before;
        line->failed = false;
    }
}

void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t field_count)
{
    char room[LIMIT_LOG_LINE_BYTES], timestamp[CLOCK_RFC3339_LEN + 1];
    struct buf line = {.data = room, .cap = sizeof room, .max = sizeof room}; /* never grows */
    if (log_fd < 0)
        return;
    clock_rfc3339(clock_ms_epoch(), timestamp);
    buf_append(&line, BYTES_LIT("{\"timestamp\":\""));
    buf_append(&line, bytes_make(timestamp, CLOCK_RFC3339_LEN));
    buf_append(&line, BYTES_LIT("\",\"level\":\""));
    buf_append(&line, bytes_from_str(level_names[level]));
    buf_append(&line, BYTES_LIT("\",\"message\":"));
    append_message(&line, message);
    for (size_t i = 0; i < field_count; i++)
        append_field(&line, &fields[i]);
    buf_append(&line, BYTES_LIT("}\n"));
    if (write(log_fd, line.data, line.len) < 0) {
        /* nowhere left to say it */
    }
}
