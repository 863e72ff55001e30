#include "runtime/core/uri.h"
#include "runtime/http1/internal.h"

enum { VERSION_LEN = 8 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads "HTTP/1.1", all of `text`. A well-formed version that is not 1.0 or 1.1 is RC_VERSION. */
static enum rc read_version(struct bytes text, struct http1_head *head)
{
    if (text.len != VERSION_LEN || memcmp(text.ptr, "HTTP/", 5) != 0 || !is_digit(text.ptr[5]) ||
        text.ptr[6] != '.' || !is_digit(text.ptr[7]))
        return RC_SYNTAX;
    head->is_http10 = text.ptr[7] == '0';
    return text.ptr[5] == '1' && text.ptr[7] <= '1' ? RC_OK : RC_VERSION;
}

/* The version is looked at before the form of the target, so that HTTP/2's preface,
 * "PRI * HTTP/2.0", is told its true fault. */
enum rc http1_request_line(struct bytes line, struct http1_head *head, struct http1_table *table)
{
    size_t method_len = http_token_len(line);
    if (method_len == 0 || line.len < method_len + VERSION_LEN + 3 || line.ptr[method_len] != ' ')
        return RC_SYNTAX;
    struct bytes version = bytes_skip(line, line.len - VERSION_LEN);
    struct bytes target =
        bytes_make(line.ptr + method_len + 1, line.len - VERSION_LEN - method_len - 2);
    if (version.ptr[-1] != ' ' || !uri_is_target(target))
        return RC_SYNTAX;
    enum rc rc = read_version(version, head);
    if (rc != RC_OK)
        return rc;
    table->method_text = bytes_make(line.ptr, method_len);
    table->method = http_method_parse(table->method_text);
    rc = http1_target_split(target, table);
    head->is_absolute = table->authority.len > 0;
    return rc;
}

/* "HTTP/1.1 200 OK". The blank before a reason that is not there ought to come, but some servers
 * leave it out, and nobody can misunderstand that. */
enum rc http1_status_line(struct bytes line, struct http1_head *head, struct http1_table *table)
{
    if (line.len < VERSION_LEN + 4 || line.ptr[VERSION_LEN] != ' ')
        return RC_SYNTAX;
    const char *digits = line.ptr + VERSION_LEN + 1;
    struct bytes rest = bytes_skip(line, VERSION_LEN + 4);
    if (!is_digit(digits[0]) || digits[0] == '0' || !is_digit(digits[1]) || !is_digit(digits[2]))
        return RC_SYNTAX;
    if ((rest.len && rest.ptr[0] != ' ') || !http_is_field_value(rest))
        return RC_SYNTAX;
    head->status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    table->reason = rest.len ? bytes_skip(rest, 1) : rest;
    return read_version(bytes_make(line.ptr, VERSION_LEN), head);
}
