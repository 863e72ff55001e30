#include <criterion/criterion.h>

#include "tests/support/request_probe.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define B BYTES_INIT
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

/* Each input ends where the fault is known at the latest: the error may not wait for more. */
struct bad_row {
    const char *why;
    enum rc rc;
    struct bytes input;
};

#define LINE(why, text)                         \
    {                                           \
        why, RC_SYNTAX, B(text " HTTP/1.1\r\n") \
    }
#define FIELD(why, text)                   \
    {                                      \
        why, RC_SYNTAX, B(GET text "\r\n") \
    }
#define CHUNK(why, text)                \
    {                                   \
        why, RC_SYNTAX, B(CHUNKED text) \
    }

static const struct bad_row bad_rows[] = {
    LINE("no method", " /"),
    LINE("a method that is no token", "G@T /"),
    LINE("a NUL in the method", "G\0T /"),
    LINE("two blanks before the target", "GET  /"),
    LINE("two blanks before the version", "GET / "),
    LINE("a tab for a blank", "GET\t/"),
    LINE("a blank before the method", " GET /"),
    LINE("a blank inside the target", "GET /a b"),
    LINE("a control byte in the target", "GET /\x01"),
    LINE("DEL in the target", "GET /\x7F"),
    LINE("a bare CR in the target", "GET /\r"),
    LINE("no target", "GET"),
    LINE("an empty target", "GET "),
    LINE("a target of no form", "GET x"),
    LINE("a fragment", "GET /#a"),
    LINE("a fragment in the query", "GET /?b#a"),
    LINE("asterisk form of GET", "GET *"),
    LINE("asterisk and more", "OPTIONS */"),
    LINE("authority form", "CONNECT a:80"),
    LINE("CONNECT in origin form", "CONNECT /"),
    LINE("authority form of GET", "GET a:80"),
    LINE("another scheme", "GET ftp://a/"),
    LINE("a scheme without slashes", "GET http:/a"),
    LINE("an empty authority", "GET http:///a"),
    LINE("a port without a host", "GET http://:80/"),
    LINE("user information", "GET http://u@a/"),
    LINE("a port that is no number", "GET http://a:8x/"),
    LINE("an IPv6 zone", "GET http://[fe80::1%25e]/"),
    LINE("a broken IPv6 host", "GET http://[::1/"),
    {"HTTP/0.9", RC_SYNTAX, B("GET /\r\n")},
    {"HTTP in small letters", RC_SYNTAX, B("GET / http/1.1\r\n")},
    {"a version of one digit", RC_SYNTAX, B("GET / HTTP/1\r\n")},
    {"a version of three digits", RC_SYNTAX, B("GET / HTTP/1.10\r\n")},
    {"a version that is no number", RC_SYNTAX, B("GET / HTTP/x.1\r\n")},
    {"a blank behind the version", RC_SYNTAX, B("GET / HTTP/1.1 \r\n")},
    {"an LF alone ends the request line", RC_SYNTAX, B("GET / HTTP/1.1\n")},
    {"two CRs end the request line", RC_SYNTAX, B("GET / HTTP/1.1\r\r\n")},
    {"HTTP/2.0", RC_VERSION, B("GET / HTTP/2.0\r\n")},
    {"HTTP/2's preface", RC_VERSION, B("PRI * HTTP/2.0\r\n")},
    {"HTTP/1.2", RC_VERSION, B("GET / HTTP/1.2\r\n")},
    {"HTTP/0.9, said", RC_VERSION, B("GET / HTTP/0.9\r\n")},
    {"three empty lines before", RC_SYNTAX, B("\r\n\r\n\r\n")},
    {"an LF alone as the empty line before", RC_SYNTAX, B("\n")},
    {"TLS on a plain port", RC_SYNTAX, B("\x16\x03\x01\x02\x00\x01\x00\n")},

    FIELD("no colon", "X"),
    FIELD("an empty name", ": x"),
    FIELD("a blank before the colon", "X : x"),
    FIELD("a tab before the colon", "X\t: x"),
    FIELD("a blank inside the name", "X Y: x"),
    FIELD("a folded line", "X: a\r\n b"),
    FIELD("a line folded with a tab", "X: a\r\n\tb"),
    FIELD("a blank line that is not empty", " "),
    FIELD("a control byte in the name", "X\x01: a"),
    FIELD("a NUL in the name", "X\0: a"),
    FIELD("a byte above ASCII in the name", "\xC3\xA9: a"),
    FIELD("a parenthesis in the name", "X(: a"),
    FIELD("a NUL in the value", "X: a\0b"),
    FIELD("a control byte in the value", "X: a\x08"),
    FIELD("a control byte late in a long value", "X: 0123456789abcdef\x1F 0123456789"),
    FIELD("DEL in the value", "X: \x7F"),
    FIELD("a vertical tab is no blank", "X: \x0B x"),
    FIELD("a bare CR in the value", "X: a\rb"),
    FIELD("a bare CR at the value's end", "X: a\r"),
    {"an LF alone ends a field", RC_SYNTAX, B(GET "X: a\n")},
    {"an LF alone ends the head", RC_SYNTAX, B(GET "\n")},
    {"a folded line first", RC_SYNTAX, B("GET / HTTP/1.1\r\n Host: a\r\n")},

    {"no Host", RC_SYNTAX, B("GET / HTTP/1.1\r\n\r\n")},
    {"absolute form, but no Host", RC_SYNTAX, B("GET http://a/ HTTP/1.1\r\n\r\n")},
    FIELD("two Hosts", "Host: b"),
    FIELD("two Hosts that agree", "HOST: a"),
    {"two Hosts in HTTP/1.0", RC_SYNTAX, B("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n")},
    {"a Host with a path", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: a/b\r\n")},
    {"a Host with a blank", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: a b\r\n")},
    {"a Host with a user", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: u@a\r\n")},
    {"a Host with two ports", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: a:1:2\r\n")},
    {"a Host of brackets", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: []\r\n")},

    FIELD("a length with a sign", "Content-Length: +1"),
    FIELD("a negative length", "Content-Length: -1"),
    FIELD("an empty length", "Content-Length:"),
    FIELD("a hex length", "Content-Length: 0x1"),
    FIELD("a list of lengths", "Content-Length: 1,1"),
    FIELD("a list of lengths with a blank", "Content-Length: 1, 1"),
    FIELD("two numbers", "Content-Length: 1 1"),
    FIELD("a fraction", "Content-Length: 1.0"),
    FIELD("two lengths that agree", "Content-Length: 1\r\nContent-Length: 1"),
    FIELD("two lengths", "Content-Length: 1\r\ncontent-length: 2"),
    FIELD("both framings, length first", "Content-Length: 1\r\nTransfer-Encoding: chunked"),
    FIELD("both framings, chunked first", "Transfer-Encoding: chunked\r\nContent-Length: 1"),
    FIELD("chunked on two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    FIELD("chunked twice", "Transfer-Encoding: chunked, chunked"),
    FIELD("chunked not last", "Transfer-Encoding: chunked, gzip"),
    FIELD("chunked and an empty element", "Transfer-Encoding: chunked,"),
    FIELD("chunked with a parameter", "Transfer-Encoding: chunked;a=b"),
    FIELD("no coding", "Transfer-Encoding:"),
    FIELD("a coding that is no token", "Transfer-Encoding: \"chunked\""),
    {"chunked in HTTP/1.0", RC_SYNTAX, B("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n")},
    {"a coding before chunked", RC_UNSUPPORTED, B(POST "Transfer-Encoding: gzip, chunked\r\n")},
    {"identity", RC_UNSUPPORTED, B(POST "Transfer-Encoding: identity\r\n")},
    {"nearly chunked", RC_UNSUPPORTED, B(POST "Transfer-Encoding: xchunked\r\n")},
    {"a body over the limit", RC_BODY_LIMIT, B(POST "Content-Length: 1048577\r\n")},
    {"a length of 64 bits and one", RC_BODY_LIMIT,
     B(POST "Content-Length: 18446744073709551616\r\n")},
    {"a length of 64 bits and three", RC_BODY_LIMIT,
     B(POST "Content-Length: 18446744073709551619\r\n")},

    CHUNK("a chunk without a size", "\r\n"),
    CHUNK("a chunk size with a sign", "+1\r\n"),
    CHUNK("a negative chunk size", "-1\r\n"),
    CHUNK("a chunk size with 0x", "0x1\r\n"),
    CHUNK("a chunk size that is no number", "g\r\n"),
    CHUNK("a blank before the chunk size", " 1\r\n"),
    CHUNK("a blank behind the chunk size", "1 \r\n"),
    CHUNK("a blank before an extension", "1 ;a\r\n"),
    CHUNK("a chunk size of 17 digits", "00000000000000001\r\n"),
    CHUNK("an LF alone behind the chunk size", "1\n"),
    CHUNK("an LF alone behind an extension", "1;a\n"),
    CHUNK("a bare CR in an extension", "1;a\rb\r\n"),
    CHUNK("a NUL in an extension", "1;a\0\r\n"),
    CHUNK("an extension without a name", "1;\r\n"),
    CHUNK("an extension without a value", "1;a=\r\n"),
    CHUNK("a blank in an extension", "1;a b\r\n"),
    CHUNK("a text without an end", "1;a=\"b\r\n"),
    CHUNK("a text that ends with its escape", "1;a=\"b\\\"\r\n"),
    CHUNK("more behind a text", "1;a=\"b\"c\r\n"),
    CHUNK("a chunk longer than it says", "1\r\nxy"),
    CHUNK("an LF alone behind a chunk", "1\r\nx\n"),
    CHUNK("a CR alone behind a chunk", "1\r\nx\r0"),
    CHUNK("an LF alone at the very end", "0\r\n\n"),
    CHUNK("a trailer without a colon", "0\r\nabc\r\n"),
    CHUNK("a folded trailer", "0\r\nA: b\r\n c\r\n"),
    CHUNK("a control byte in a trailer", "0\r\nA: \x01\r\n"),
    CHUNK("a second chunk that is bad", "1\r\nx\r\nz\r\n"),
    {"a chunk over the limit", RC_BODY_LIMIT, B(CHUNKED "100001\r\n")},
    {"two chunks over the limit", RC_BODY_LIMIT, B(CHUNKED "1\r\nx\r\n100000\r\n")},
    {"a chunk of 64 bits", RC_BODY_LIMIT, B(CHUNKED "ffffffffffffffff\r\n")},
    {"a chunk that would wrap around", RC_BODY_LIMIT, B(CHUNKED "1\r\nx\r\nffffffffffffffff\r\n")},
};

static void end_bad(void *context, const char *how, enum rc rc, size_t used)
{
    const struct request_probe *probe = context;
    const struct bad_row *row = probe->row;
    (void)used;
    cr_expect_eq(rc, row->rc, "%s, %s: %s", row->why, how, rc_name(rc));
}

Test(http1_refusals, refuses_what_is_not_as_soon_as_its_line_is_whole)
{
    for (size_t i = 0; i < ROWS(bad_rows); i++)
        request_probe_run(&bad_rows[i], bad_rows[i].input, end_bad);
}
