#include "runtime/alb/desync_internal.h"

/* The head is cut as a lenient reader would cut it: at each LF, at the first colon of a line, at
 * the first and the last blank of the request line. What is odd about the cutting goes to
 * judge.lines; the pieces are judged like those of any request. */

struct line {
    struct bytes text; /* without its end */
    bool is_ended;     /* by LF */
    bool is_bare;      /* that LF has no CR before it */
};

static struct line next_line(struct bytes *rest)
{
    size_t end = bytes_find(*rest, '\n');
    struct line line = {.text = bytes_make(rest->ptr, end), .is_ended = end < rest->len};
    *rest = bytes_skip(*rest, line.is_ended ? end + 1 : end);
    if (end && line.text.ptr[end - 1] == '\r')
        line.text.len--;
    else
        line.is_bare = line.is_ended;
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool has_colon(struct bytes text)
{
    return bytes_find(text, ':') < text.len;
}

/* The last word of the request line: what stands behind its last blank, odd bytes at its end left
 * alone. text.len: there is one word. */
static size_t last_word(struct bytes text)
{
    size_t end = text.len;
    while (end && http_token_len(bytes_make(text.ptr + end - 1, 1)) == 0)
        end--;
    while (end && text.ptr[end - 1] != ' ')
        end--;
    return end ? end : text.len;
}

static void cut_request_line(struct bytes text, struct desync_judge *judge,
                             struct desync_request *request)
{
    size_t method_len = bytes_find(text, ' ');
    request->method = bytes_make(text.ptr, method_len);
    struct bytes rest = bytes_skip(text, method_len < text.len ? method_len + 1 : text.len);
    size_t version = last_word(rest);
    if (version < rest.len) {
        request->version = bytes_skip(rest, version);
        request->uri = bytes_make(rest.ptr, version - 1);
    } else if (bytes_starts_with(rest, BYTES_LIT("HTTP/1.")))
        request->version = rest;
    else
        request->uri = rest;
    if (request->uri.len == 0)
        desync_note(&judge->lines, DESYNC_MISSING_URI);
}

/* A field's line, or one that goes on with the field before it, whose name is `*name`. */
static void judge_line(struct desync_judge *judge, struct bytes text, struct bytes *name)
{
    bool is_folded = is_blank(text.ptr[0]);
    bool is_of_content_type = bytes_ieq(*name, BYTES_LIT("content-type"));
    if (is_folded && !is_of_content_type)
        desync_note(&judge->lines, DESYNC_MULTILINE_HEADER);
    if (is_folded && name->len && bytes_trim(text).len &&
        (is_of_content_type || !has_colon(text))) {
        desync_judge_field(judge, *name, text);
        return;
    }
    size_t colon = bytes_find(text, ':');
    struct bytes own = bytes_make(text.ptr, colon);
    if (colon == text.len && !is_folded)
        desync_note(&judge->lines, DESYNC_MISSING_HEADER_COLON);
    desync_judge_field(judge, own, bytes_skip(text, colon < text.len ? colon + 1 : colon));
    if (!is_folded)
        *name = own;
}

static void judge_lines(struct desync_judge *judge, struct bytes rest)
{
    struct bytes name = {NULL, 0};
    while (rest.len) {
        struct line line = next_line(&rest);
        if (line.is_bare)
            desync_note(&judge->lines, DESYNC_NON_CRLF_LINE_TERMINATION);
        if (line.text.len == 0)
            return;
        if (line.is_bare && rest.len && (is_blank(rest.ptr[0]) || rest.ptr[0] == ':'))
            desync_note(&judge->fields, DESYNC_BAD_HEADER);
        judge_line(judge, line.text, &name);
        if (!line.is_ended) {
            desync_note(&judge->lines, DESYNC_PARTIAL_HEADER_LINE);
            return;
        }
    }
    desync_note(&judge->lines, DESYNC_MISSING_LAST_EMPTY_LINE);
}

/* true: the bare LF behind a request line without a version stands inside its URI. */
static bool uri_goes_on(struct bytes rest)
{
    struct line line = next_line(&rest);
    return line.text.len && !has_colon(line.text);
}

enum desync_reason desync_judge_head(struct bytes head)
{
    struct desync_judge judge = {0};
    struct desync_request request = {.method = {NULL, 0}};
    struct line line = next_line(&head);
    cut_request_line(line.text, &judge, &request);
    if (line.is_bare)
        desync_note(&judge.lines, DESYNC_NON_CRLF_LINE_TERMINATION);
    if (line.is_bare && request.version.len == 0 && uri_goes_on(head))
        desync_note(&judge.fields, DESYNC_BAD_URI);
    judge_lines(&judge, head);
    return desync_judge_end(&judge, &request);
}
