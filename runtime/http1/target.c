#include "runtime/http1/internal.h"

/* RFC 3986's reg-name: unreserved, sub-delims and '%'; one bit a byte value. */
static bool is_reg_name_char(unsigned char c)
{
    static const uint64_t is_in_name[4] = {0x2BFF7FF200000000u, 0x47FFFFFE87FFFFFEu};
    return is_in_name[c >> 6] >> (c & 63) & 1;
}

/* What stands between the brackets of "[::1]" or "[v7.x:y]". */
static bool is_ip_literal_char(unsigned char c)
{
    return c == ':' || (c != '%' && is_reg_name_char(c));
}

/* The length of the host at the start of `view`; a broken literal ends at its bracket, which no
 * port follows. */
static size_t host_len(struct bytes view)
{
    size_t i = 0;
    if (view.len && view.ptr[0] == '[') {
        i = 1;
        while (i < view.len && is_ip_literal_char((unsigned char)view.ptr[i]))
            i++;
        return i > 1 && i < view.len && view.ptr[i] == ']' ? i + 1 : 0;
    }
    while (i < view.len && is_reg_name_char((unsigned char)view.ptr[i]))
        i++;
    return i;
}

bool http1_is_host(struct bytes view)
{
    struct bytes port = bytes_skip(view, host_len(view));
    if (port.len && port.ptr[0] != ':')
        return false;
    for (size_t i = 1; i < port.len; i++)
        if (port.ptr[i] < '0' || port.ptr[i] > '9')
            return false;
    return true;
}

/* "http://host:80/path": takes scheme and authority off the front of `target`. User information is
 * no part of an http URI that is sent (RFC 9110 section 4.2.4), and the host may not be empty. */
static enum rc take_authority(struct bytes *target, struct bytes *authority)
{
    size_t scheme_len = bytes_find(*target, ':');
    struct bytes scheme = bytes_make(target->ptr, scheme_len);
    if (!bytes_ieq(scheme, BYTES_LIT("http")) && !bytes_ieq(scheme, BYTES_LIT("https")))
        return RC_SYNTAX;
    *target = bytes_skip(*target, scheme_len);
    if (!bytes_starts_with(*target, BYTES_LIT("://")))
        return RC_SYNTAX;
    *target = bytes_skip(*target, 3);
    size_t len = 0;
    while (len < target->len && target->ptr[len] != '/' && target->ptr[len] != '?')
        len++;
    *authority = bytes_make(target->ptr, len);
    *target = bytes_skip(*target, len);
    return host_len(*authority) && http1_is_host(*authority) ? RC_OK : RC_SYNTAX;
}

enum rc http1_target_split(struct bytes target, struct http1_table *table)
{
    table->authority = table->query = bytes_make(NULL, 0);
    if (bytes_eq(table->method_text, BYTES_LIT("CONNECT")) || bytes_find(target, '#') < target.len)
        return RC_SYNTAX;
    if (table->method == HTTP_OPTIONS && bytes_eq(target, BYTES_LIT("*"))) {
        table->path = target;
        return RC_OK;
    }
    if (target.ptr[0] != '/' && take_authority(&target, &table->authority) != RC_OK)
        return RC_SYNTAX;
    size_t path_len = bytes_find(target, '?');
    if (path_len)
        table->path = bytes_make(target.ptr, path_len);
    else /* "OPTIONS http://host" is the asterisk form as a proxy sees it (RFC 9112 section 3.2.4)
          */
        table->path =
            table->method == HTTP_OPTIONS && target.len == 0 ? BYTES_LIT("*") : BYTES_LIT("/");
    if (path_len < target.len)
        table->query = bytes_skip(target, path_len + 1);
    return RC_OK;
}
