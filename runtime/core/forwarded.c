#include "runtime/core/forwarded.h"

/* --- the peer --- */

static size_t append_octet(char *text, unsigned octet)
{
    size_t len = 0;
    if (octet >= 100)
        text[len++] = (char)('0' + octet / 100);
    if (octet >= 10)
        text[len++] = (char)('0' + octet / 10 % 10);
    text[len++] = (char)('0' + octet % 10);
    return len;
}

/* Without printf: an access log has one of these a line. */
static struct bytes write_peer(char text[FORWARDED_PEER_BYTES], uint32_t addr_net)
{
    unsigned char octets[sizeof addr_net];
    size_t len = 0;
    memcpy(octets, &addr_net, sizeof octets);
    for (size_t i = 0; i < sizeof octets; i++) {
        if (i)
            text[len++] = '.';
        len += append_octet(text + len, octets[i]);
    }
    return bytes_make(text, len);
}

/* --- lists --- */

/* Takes the last entry off `list`; `list` is empty after the only one. */
static struct bytes take_last(struct bytes *list)
{
    const char *comma = list->len ? memrchr(list->ptr, ',', list->len) : NULL;
    struct bytes last = *list;
    if (comma)
        last = bytes_skip(*list, (size_t)(comma - list->ptr) + 1);
    list->len = comma ? (size_t)(comma - list->ptr) : 0;
    return bytes_trim(last);
}

/* The `nth` entry from the end, from 1, of all fields `name` together; empty when there are fewer.
 */
static struct bytes nth_from_end(const struct http_request *req, struct bytes name, unsigned nth)
{
    for (size_t i = req->field_count; i > 0; i--) {
        struct bytes list = req->fields[i - 1].value;
        if (!bytes_ieq(req->fields[i - 1].name, name))
            continue;
        do {
            struct bytes entry = take_last(&list);
            if (--nth == 0)
                return entry;
        } while (list.len);
    }
    return bytes_make(NULL, 0);
}

/* --- addresses --- */

static bool is_made_of(struct bytes view, const char *letters)
{
    for (size_t i = 0; i < view.len; i++)
        if (!view.ptr[i] || !strchr(letters, view.ptr[i]))
            return false;
    return view.len > 0;
}

/* The address of "1.2.3.4", "1.2.3.4:80", "::1" or "[::1]:80" (the ALB can add the client's port);
 * empty for anything else. The check is one of form: logs must not carry a made-up text. */
static struct bytes address_of(struct bytes entry)
{
    enum { LONGEST_BYTES = 45 }; /* an IPv6 address that ends with an IPv4 one */
    struct bytes address = entry;
    if (bytes_starts_with(entry, BYTES_LIT("["))) {
        address = bytes_skip(entry, 1);
        address.len = bytes_find(address, ']');
    } else if (is_made_of(entry, "0123456789.:") && memchr(entry.ptr, '.', entry.len)) {
        address.len = bytes_find(entry, ':');
    }
    if (address.len > LONGEST_BYTES)
        address.len = 0;
    bool is_v4 = is_made_of(address, "0123456789.") && memchr(address.ptr, '.', address.len);
    bool is_v6 =
        is_made_of(address, "0123456789abcdefABCDEF:.") && memchr(address.ptr, ':', address.len);
    return is_v4 || is_v6 ? address : bytes_make(NULL, 0);
}

static struct bytes client_of(const struct http_request *req, unsigned proxy_count)
{
    struct bytes none = {NULL, 0};
    if (proxy_count == 0)
        return none;
    return address_of(nth_from_end(req, BYTES_LIT("x-forwarded-for"), proxy_count));
}

void forwarded_read(const struct http_request *req, unsigned proxy_count, struct forwarded *out)
{
    uint64_t port = 0;
    out->client = client_of(req, proxy_count);
    out->scheme = req->is_tls ? BYTES_LIT("https") : BYTES_LIT("http");
    out->port = 0;
    if (!out->client.len) {
        if (req->peer_addr_net)
            out->client = write_peer(out->_peer, req->peer_addr_net);
        return;
    }
    struct bytes proto = nth_from_end(req, BYTES_LIT("x-forwarded-proto"), 1);
    if (bytes_ieq(proto, BYTES_LIT("https")))
        out->scheme = BYTES_LIT("https");
    else if (bytes_ieq(proto, BYTES_LIT("http")))
        out->scheme = BYTES_LIT("http");
    if (bytes_to_u64(nth_from_end(req, BYTES_LIT("x-forwarded-port"), 1), 65535, &port))
        out->port = (unsigned)port;
}
