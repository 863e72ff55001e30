#include "runtime/lambda/error_report.h"

#include <limits.h>
#include <unistd.h>

#include "runtime/core/json_text.h"

/*
 * The cause travels in a header field, where only ASCII is safe: JSON says everything else in
 * escapes, so the JSON text is made first, and what is no printable ASCII in it is escaped after.
 */

/* --- type --- */

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_reason(struct bytes text)
{
    if (text.len < 2 || !is_upper(text.ptr[0]))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!is_upper(text.ptr[i]) && !(text.ptr[i] >= 'a' && text.ptr[i] <= 'z'))
            return false;
    return true;
}

struct bytes error_report_type(struct bytes type)
{
    const struct bytes runtime = BYTES_LIT("Runtime."), function = BYTES_LIT("Function.");
    bool is_function = bytes_starts_with(type, function);
    size_t prefix_len = is_function ? function.len : runtime.len;
    if ((is_function || bytes_starts_with(type, runtime)) &&
        is_reason(bytes_skip(type, prefix_len)))
        return type;
    return is_function ? BYTES_LIT("Function.Unknown") : BYTES_LIT("Runtime.Unknown");
}

/* --- body --- */

void error_report_body(struct buf *out, const struct error_report *report)
{
    buf_append(out, BYTES_LIT("{\"errorMessage\":"));
    json_text_string(out, report->message);
    buf_append(out, BYTES_LIT(",\"errorType\":"));
    json_text_string(out, error_report_type(report->type));
    buf_append(out, BYTES_LIT(",\"stackTrace\":[]}"));
}

/* --- cause --- */

static void append_cause(struct buf *out, const struct error_report *report)
{
    char directory[PATH_MAX];
    const char *here = getcwd(directory, sizeof directory);
    buf_append(out, BYTES_LIT("{\"working_directory\":"));
    json_text_string(out, bytes_from_str(here ? here : ""));
    buf_append(out, BYTES_LIT(",\"exceptions\":[{\"type\":"));
    json_text_string(out, error_report_type(report->type));
    buf_append(out, BYTES_LIT(",\"message\":"));
    json_text_string(out, report->message);
    buf_append(out, BYTES_LIT(",\"stack\":[]}],\"paths\":[]}"));
}

/* The code point at the start of `text`, which is well-formed UTF-8, and its length. */
static unsigned code_point(struct bytes text, size_t *len)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    *len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    unsigned point = *len == 1 ? p[0] : p[0] & (0x7fu >> *len);
    for (size_t i = 1; i < *len; i++)
        point = point << 6 | (p[i] & 0x3fu);
    return point;
}

static void append_escape(struct buf *out, unsigned point)
{
    if (point < 0x10000) {
        buf_printf(out, "\\u%04x", point);
        return;
    }
    point -= 0x10000;
    buf_printf(out, "\\u%04x\\u%04x", 0xd800 | point >> 10, 0xdc00 | (point & 0x3ff));
}

/* JSON text without control bytes, in ASCII. */
static void append_ascii(struct buf *out, struct bytes json)
{
    size_t len;
    for (; json.len; json = bytes_skip(json, len)) {
        unsigned point = code_point(json, &len);
        if (point < 0x7f)
            buf_append_char(out, (char)point);
        else
            append_escape(out, point);
    }
}

void error_report_cause(struct arena *arena, const struct error_report *report, struct bytes *out)
{
    struct buf json, ascii;
    buf_init(&json, ERROR_CAUSE_MAX_BYTES);
    buf_init(&ascii, ERROR_CAUSE_MAX_BYTES);
    *out = bytes_make(NULL, 0);
    append_cause(&json, report);
    if (!json.failed)
        append_ascii(&ascii, buf_bytes(&json));
    if (!json.failed && !ascii.failed && arena_dup(arena, buf_bytes(&ascii), out) != RC_OK)
        *out = bytes_make(NULL, 0);
    buf_release(&json);
    buf_release(&ascii);
}
