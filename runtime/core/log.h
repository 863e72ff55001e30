#ifndef RUNTIME_CORE_LOG_H
#define RUNTIME_CORE_LOG_H

/*
 * log — one JSON object a line: "timestamp", "level", "message", then the caller's fields.
 *
 * Layer:   core.
 * Threads: any; a line is written by one write(2).
 *
 * Never log a body, or an Authorization or Cookie header. Keys are Lambda's for custom runtimes
 * ("Log and monitor custom runtimes", Lambda developer guide).
 */

#include "runtime/core/bytes.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL };

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

/* Writes the line; of `message`, a kilobyte at most. What cannot be written is lost in silence: a
 * log never stops a request. */
void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t field_count);

/* log_event(LOG_INFO, "listening", LOG_NUM("port", 8080)); at least one field */
#define log_event(level, message, ...)                                     \
    log_write((level), (message), (const struct log_field[]){__VA_ARGS__}, \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* Where lines go: a file descriptor, 1 unless told; -1: nowhere. Set before threads start. */
void log_set_fd(int fd);

#endif
