#ifndef RUNTIME_CORE_LOG_H
#define RUNTIME_CORE_LOG_H

/*
 * log — one event a line, as a JSON object or as text, with the ids of the request in hand.
 *
 * Layer:   core.
 * Threads: any; no other line of this process gets into one, and what a pipe takes whole (4096
 *          bytes) no other process's.
 *
 * JSON: "timestamp", "level", "message", then "requestId" and "traceId" where there are any, then
 * the caller's fields. Keys are Lambda's for custom runtimes ("Log and monitor custom runtimes",
 * Lambda developer guide). Text: the same in this order, the ids and the fields behind the message
 * as key=value, but for the request id, which stands before the message ("-": none).
 *
 * Never log a body, a query, or an Authorization or Cookie header.
 */

#include "runtime/core/bytes.h"

enum log_level { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL };

enum log_format { LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

struct log_field {
    const char *key; /* plain ASCII, written as it is */
    bool is_number;
    struct bytes text; /* when not a number; escaped; an empty text is left out */
    int64_t number;
};

#define LOG_TEXT(key_, view_)          \
    {                                  \
        .key = (key_), .text = (view_) \
    }
#define LOG_STR(key_, cstr_)                         \
    {                                                \
        .key = (key_), .text = bytes_from_str(cstr_) \
    }
#define LOG_NUM(key_, number_)                                         \
    {                                                                  \
        .key = (key_), .is_number = true, .number = (int64_t)(number_) \
    }

/* Writes the line, unless its level is under the least one; of `message`, a kilobyte at most. What
 * cannot be written is lost in silence: a log never stops a request. */
void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t field_count);

/* Writes a whole line of some other kind, its end included, between those of the log. */
void log_write_line(int fd, struct bytes line);

/* log_event(LOG_INFO, "listening", LOG_NUM("port", 8080)); at least one field. Below the least
 * level nothing is evaluated, the fields neither. */
#define log_event(level, message, ...)                                                           \
    (log_is_on(level)                                                                            \
         ? log_write((level), (message), (const struct log_field[]){__VA_ARGS__},                \
                     sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)) \
         : (void)0)

/* "TRACE" ... "FATAL" */
const char *log_level_name(enum log_level level);

/* true when a line of this level is written. */
bool log_is_on(enum log_level level);

/* --- the request in hand --- */

struct log_context {
    struct bytes request_id, trace_id; /* empty: none */
};

/* Gives all lines of the calling thread these ids, until the next call; returns those that it had,
 * so that a caller can set them again. The views are borrowed: whoever sets them takes them back
 * ((struct log_context){0}, or what this returned) before their memory goes. */
struct log_context log_context_set(struct log_context context);

/* --- settings; set before threads start --- */

/* Where lines go: a file descriptor, 1 unless told; -1: nowhere. */
void log_set_fd(int fd);
int log_fd_get(void);

/* How long a line waits for whoever reads the pipe or the terminal that log_set_fd named: for ever
 * unless told, or where a line goes to a file. A line that
 * has waited in vain is lost, and so are those behind it, at once, until somebody reads again; then
 * a line says how many they were. */
void log_set_wait(int ms);

/* The least level that is written; LOG_INFO unless told. LOG_FATAL is always written. */
void log_set_level(enum log_level least);

/* LOG_FORMAT_JSON unless told. */
void log_set_format(enum log_format format);

#endif
