#include "runtime/core/log.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/core/buf.h"
#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"

static int log_fd = 1;
static enum log_level least_level = LOG_INFO;
static enum log_format line_format = LOG_FORMAT_JSON;
static _Thread_local struct log_context context_in_hand;

static const char *const level_names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

void log_set_fd(int fd)
{
    log_fd = fd;
}

int log_fd_get(void)
{
    return log_fd;
}

void log_set_level(enum log_level least)
{
    least_level = least;
}

void log_set_format(enum log_format format)
{
    line_format = format;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

bool log_is_on(enum log_level level)
{
    return level >= least_level && log_fd >= 0;
}

struct log_context log_context_set(struct log_context context)
{
    struct log_context before = context_in_hand;
    context_in_hand = context;
    return before;
}

/* --- pieces of both formats --- */

static void append_number(struct buf *line, int64_t number)
{
    if (number < 0)
        buf_append_char(line, '-');
    buf_append_u64(line, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

/* A line of text stays one line, and each field one word: what would end either is written as a
 * JSON string, quotes and all. */
static bool is_word(struct bytes view)
{
    for (size_t i = 0; i < view.len; i++) {
        unsigned char c = (unsigned char)view.ptr[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '\\')
            return false;
    }
    return view.len > 0;
}

static void append_word(struct buf *line, struct bytes view)
{
    if (is_word(view))
        buf_append(line, view);
    else
        json_text_string(line, view);
}

/* A JSON string without its quotes: whatever would end the line is escaped. */
static void append_bare(struct buf *line, struct bytes view)
{
    size_t start = line->len;
    json_text_string(line, view);
    if (line->failed)
        return;
    line->len -= 2;
    memmove(line->data + start, line->data + start + 1, line->len - start);
}

static void append_key(struct buf *line, const char *key)
{
    bool is_json = line_format == LOG_FORMAT_JSON;
    buf_append(line, is_json ? BYTES_LIT(",\"") : BYTES_LIT(" "));
    buf_append(line, bytes_from_str(key));
    buf_append(line, is_json ? BYTES_LIT("\":") : BYTES_LIT("="));
}

/* The line stays whole: a field that does not fit is left out. */
static void append_field(struct buf *line, const struct log_field *field)
{
    size_t before = line->len;
    if (!field->is_number && field->text.len == 0)
        return;
    append_key(line, field->key);
    if (field->is_number)
        append_number(line, field->number);
    else if (line_format == LOG_FORMAT_JSON)
        json_text_string(line, field->text);
    else
        append_word(line, field->text);
    if (line->failed || line->len + 2 > LIMIT_LOG_LINE_BYTES) {
        line->len = before;
        line->failed = false;
    }
}

/* --- the line --- */

static void begin_json(struct buf *line, struct bytes timestamp, enum log_level level,
                       struct bytes message)
{
    buf_append(line, BYTES_LIT("{\"timestamp\":\""));
    buf_append(line, timestamp);
    buf_append(line, BYTES_LIT("\",\"level\":\""));
    buf_append(line, bytes_from_str(level_names[level]));
    buf_append(line, BYTES_LIT("\",\"message\":"));
    json_text_string(line, message);
    append_field(line, &(struct log_field)LOG_TEXT("requestId", context_in_hand.request_id));
}

static void begin_text(struct buf *line, struct bytes timestamp, enum log_level level,
                       struct bytes message)
{
    enum { ID_MAX_BYTES = 256 };
    struct bytes id = context_in_hand.request_id;
    if (id.len > ID_MAX_BYTES)
        id.len = ID_MAX_BYTES;
    buf_append(line, timestamp);
    buf_append_char(line, ' ');
    buf_append(line, bytes_from_str(level_names[level]));
    buf_append_char(line, ' ');
    if (id.len)
        append_word(line, id);
    else
        buf_append_char(line, '-');
    buf_append_char(line, ' ');
    append_bare(line, message);
}

static void append_all(struct buf *line, enum log_level level, const char *message,
                       const struct log_field *fields, size_t field_count)
{
    /* A message is our own and short; one that is not is cut, so that its escapes fit the line. */
    enum { MESSAGE_MAX_BYTES = LIMIT_LOG_LINE_BYTES / 8 };
    struct bytes view = bytes_make(message, strnlen(message, MESSAGE_MAX_BYTES));
    char timestamp[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(clock_ms_epoch(), timestamp);
    if (line_format == LOG_FORMAT_JSON)
        begin_json(line, bytes_make(timestamp, CLOCK_RFC3339_LEN), level, view);
    else
        begin_text(line, bytes_make(timestamp, CLOCK_RFC3339_LEN), level, view);
    append_field(line, &(struct log_field)LOG_TEXT("traceId", context_in_hand.trace_id));
    for (size_t i = 0; i < field_count; i++)
        append_field(line, &fields[i]);
    buf_append(line, line_format == LOG_FORMAT_JSON ? BYTES_LIT("}\n") : BYTES_LIT("\n"));
}

/* --- writing --- */

/* Under `lock`: whose turn it is, and what nobody has read in time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int most_wait_ms = -1;
static uint64_t lost_count;
static bool is_cut; /* the last line that was written has no end */

void log_set_wait(int ms)
{
    struct stat about;
    bool may_wait = fstat(log_fd, &about) == 0 &&
                    (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode) || isatty(log_fd));
    most_wait_ms = may_wait ? ms : -1;
}

/* A pipe with room for a piece takes it at once. When somebody has not read in time, nobody waits
 * for him until he does. */
static bool has_room(int fd)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};
    return most_wait_ms < 0 || poll(&out, 1, lost_count ? 0 : most_wait_ms) != 0;
}

/* In pieces that a pipe takes whole, where somebody may not read; else at once. */
static void write_pieces(int fd, struct bytes line)
{
    size_t most = most_wait_ms < 0 ? SIZE_MAX : PIPE_BUF;
    for (bool is_first = true; line.len; is_first = false) {
        if (!has_room(fd)) {
            is_cut |= !is_first;
            lost_count++;
            return;
        }
        ssize_t n = write(fd, line.ptr, line.len < most ? line.len : most);
        if (n <= 0)
            return; /* nowhere left to say it */
        line = bytes_skip(line, (size_t)n);
    }
}

static void tell_lost(int fd)
{
    char room[LIMIT_LOG_LINE_BYTES];
    struct buf line = {.data = room, .cap = sizeof room, .max = sizeof room};
    struct log_field count = LOG_NUM("count", lost_count);
    struct log_context before = log_context_set((struct log_context){0});
    if (is_cut)
        buf_append_char(&line, '\n');
    append_all(&line, LOG_WARN, "log lines were lost: nobody read them", &count, 1);
    (void)log_context_set(before);
    lost_count = 0;
    is_cut = false;
    write_pieces(fd, buf_bytes(&line));
}

void log_write_line(int fd, struct bytes line)
{
    (void)pthread_mutex_lock(&lock);
    if (lost_count && has_room(fd))
        tell_lost(fd);
    write_pieces(fd, line);
    (void)pthread_mutex_unlock(&lock);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t field_count)
{
    char room[LIMIT_LOG_LINE_BYTES];
    struct buf line = {.data = room, .cap = sizeof room, .max = sizeof room}; /* never grows */
    if (!log_is_on(level))
        return;
    append_all(&line, level, message, fields, field_count);
    log_write_line(log_fd, buf_bytes(&line));
}
