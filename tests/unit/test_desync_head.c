#include <criterion/criterion.h>

#include "runtime/alb/desync.h"
#include "tests/support/guard.h"

/* Raw heads: at least three for each reason that the library's cases have none of, and those where
 * two reasons fit. */

#define LINE "GET /a HTTP/1.1\r\n"
#define POST "POST /a HTTP/1.1\r\n"
#define HOST "Host: a\r\n"

struct row {
    struct bytes head;
    enum desync_reason reason;
};

#define ROW(reason_, head_)                          \
    {                                                \
        .head = BYTES_INIT(head_), .reason = reason_ \
    }

static const struct row rows[] = {
    ROW(DESYNC_IS_COMPLIANT, LINE HOST "\r\n"),
    ROW(DESYNC_IS_COMPLIANT, LINE "\r\n"),
    ROW(DESYNC_IS_COMPLIANT, "PATCH * HTTP/1.0\r\nX: \t\xff\r\n\r\n"),
    ROW(DESYNC_IS_COMPLIANT, POST HOST "Content-Length: 3\r\n\r\n\0\r\n"),

    ROW(DESYNC_SPACE_IN_URI, "GET /a b HTTP/1.1\r\n" HOST "\r\n"),
    ROW(DESYNC_SPACE_IN_URI, "GET /a?q=x y z HTTP/1.1\r\n" HOST "\r\n"),
    ROW(DESYNC_SPACE_IN_URI, "GET /a  HTTP/1.1\r\n" HOST "\r\n"),

    ROW(DESYNC_NON_CRLF_LINE_TERMINATION, "GET /a HTTP/1.1\n" HOST "\r\n"),
    ROW(DESYNC_NON_CRLF_LINE_TERMINATION, LINE "Host: a\nX: b\r\n\r\n"),
    ROW(DESYNC_NON_CRLF_LINE_TERMINATION, LINE HOST "\n"),

    ROW(DESYNC_AMBIGUOUS_URI, "GET /a\x01 HTTP/1.1\r\n" HOST "\r\n"),
    ROW(DESYNC_AMBIGUOUS_URI, "GET /a\tb HTTP/1.1\r\n" HOST "\r\n"),
    ROW(DESYNC_AMBIGUOUS_URI, "GET /a b\x7f HTTP/1.1\r\n" HOST "\r\n"),

    ROW(DESYNC_MULTILINE_HEADER, LINE HOST "X: a\r\n b\r\n\r\n"),
    ROW(DESYNC_MULTILINE_HEADER, LINE HOST "X: a\r\n\tb\r\n\t c\r\n\r\n"),
    ROW(DESYNC_MULTILINE_HEADER, LINE HOST "X:\r\n y: b\r\n\r\n"),
    ROW(DESYNC_IS_COMPLIANT, LINE "Content-Type: multipart/x;\r\n boundary=a:b\r\n\r\n"),

    ROW(DESYNC_PARTIAL_HEADER_LINE, LINE "Host: a"),
    ROW(DESYNC_PARTIAL_HEADER_LINE, LINE HOST "X: b\r"),
    ROW(DESYNC_PARTIAL_HEADER_LINE, LINE HOST "X:"),

    ROW(DESYNC_MISSING_LAST_EMPTY_LINE, LINE HOST),
    ROW(DESYNC_MISSING_LAST_EMPTY_LINE, LINE),
    ROW(DESYNC_MISSING_LAST_EMPTY_LINE, LINE HOST "X: b\r\n"),

    ROW(DESYNC_MISSING_HEADER_COLON, LINE HOST "X\r\n\r\n"),
    ROW(DESYNC_MISSING_HEADER_COLON, LINE HOST "Host\r\nX: b\r\n\r\n"),
    ROW(DESYNC_MISSING_HEADER_COLON, LINE "X y; z\r\n" HOST "\r\n"),

    ROW(DESYNC_MISSING_URI, "GET HTTP/1.1\r\n" HOST "\r\n"),
    ROW(DESYNC_MISSING_URI, "GET  HTTP/1.1\r\n" HOST "\r\n"),
    ROW(DESYNC_MISSING_URI, "GET\r\n" HOST "\r\n"),

    ROW(DESYNC_SUSPICIOUS_TE_CL_PRESENT, POST "Transfer-Encoding: chunked\r\n"
                                              "Content-Length : 5\r\n\r\n"),
    ROW(DESYNC_SUSPICIOUS_TE_CL_PRESENT, POST "Content_Length: 5\r\n"
                                              "Transfer-Encoding: chunked\r\n\r\n"),
    ROW(DESYNC_SUSPICIOUS_TE_CL_PRESENT, POST "Transfer-Encoding: gzip\r\n"
                                              "Transfer_Encoding: chunked\r\n"
                                              "Content-Length: 5\r\n\r\n"),
    ROW(DESYNC_SUSPICIOUS_HEADER, POST "Transfer_Encoding: chunked\r\n"
                                       "Content-Length: 5\r\n\r\n"),

    ROW(DESYNC_BAD_VERSION, "GET /a HTTP/1.10\r\n" HOST "\r\n"),
    ROW(DESYNC_BAD_VERSION, "GET /a HTTP/1\r\n" HOST "\r\n"),
    ROW(DESYNC_BAD_VERSION, "GET /a http/1.1\r\n" HOST "\r\n"),
    ROW(DESYNC_BAD_VERSION, "GET /a HTTP/2.0\r\n" HOST "\r\n"),

    /* A bare LF that cannot end a line. */
    ROW(DESYNC_BAD_HEADER, LINE "X: a\n b\r\n\r\n"),
    ROW(DESYNC_BAD_HEADER, LINE "X\n: a\r\n\r\n"),
    ROW(DESYNC_BAD_HEADER, LINE "X: a\rContent-Length: 5\r\n\r\n"),
    ROW(DESYNC_BAD_URI, "GET /a\nb HTTP/1.1\r\n" HOST "\r\n"),
    ROW(DESYNC_NON_COMPLIANT_VERSION, "GET /a\n\n"),

    /* Lines of nothing but blanks, or without a name. */
    ROW(DESYNC_EMPTY_HEADER, LINE HOST "  \r\n\r\n"),
    ROW(DESYNC_EMPTY_HEADER, LINE ": a\r\n\r\n"),
    ROW(DESYNC_EMPTY_HEADER, LINE " \t : a\r\n\r\n"),

    /* A number that no reader can hold; none; a sign. */
    ROW(DESYNC_BAD_CONTENT_LENGTH, POST "Content-Length: 18446744073709551616\r\n\r\n"),
    ROW(DESYNC_BAD_CONTENT_LENGTH, POST "Content-Length:\r\n\r\n"),
    ROW(DESYNC_BAD_CONTENT_LENGTH, POST "Content-Length: +5\r\n\r\n"),
    ROW(DESYNC_MULTIPLE_TRANSFER_ENCODING_CHUNKED, POST "Transfer-Encoding: chunked\r\n"
                                                        "Transfer-Encoding: gzip, chunked\r\n"
                                                        "\r\n"),
    ROW(DESYNC_BAD_METHOD, "G(T /a HTTP/1.1\r\n\r\n"),
    ROW(DESYNC_BAD_METHOD, " /a HTTP/1.1\r\n\r\n"),
    ROW(DESYNC_BAD_METHOD, ""),

    /* Names that merely look alike. */
    ROW(DESYNC_IS_COMPLIANT, LINE "TransferEncoding: x\r\nContentLength: 5\r\n\r\n"),
    ROW(DESYNC_IS_COMPLIANT, LINE "X-Content-Length: 5\r\nContent-Lengths: 5\r\n\r\n"),
    ROW(DESYNC_IS_COMPLIANT, LINE "Conten#t-Length: 5\r\n\r\n"),
    ROW(DESYNC_SUSPICIOUS_HEADER, LINE "Con tent\x01-Length: 5\r\n\r\n"),
    ROW(DESYNC_SUSPICIOUS_HEADER, LINE "content.length: 5\r\n\r\n"),
    ROW(DESYNC_SUSPICIOUS_HEADER, LINE "Tran\xc5\xbf"
                                       "fer-Encoding: chunked\r\n\r\n"),

    /* Where two fit: the higher tier; then fields, what they say, the request line, the lines. */
    ROW(DESYNC_BAD_HEADER, "G(T /a HTTP/9\r\nX: \0\r\nContent-Length: x\r\n\r\n"),
    ROW(DESYNC_BAD_TRANSFER_ENCODING, POST "Content-Length: x\r\nTransfer-Encoding: y\r\n\r\n"),
    ROW(DESYNC_BAD_METHOD, "G(T /a\r HTTP/9\r\n\r\n"),
    ROW(DESYNC_BAD_VERSION, "GET /a\r HTTP/9\r\n\r\n"),
    ROW(DESYNC_EMPTY_HEADER, POST ": a\r\nContent_Length: 5\r\n\r\n"),
    ROW(DESYNC_SUSPICIOUS_HEADER, LINE HOST "X: a\r\n Content-Length: 5\r\n\r\n"),
    ROW(DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS, "GET /\x01 HTTP/1.1\nContent-Length: 5\n\n"),
    ROW(DESYNC_AMBIGUOUS_URI, "GET /\x01 HTTP/1.1\r\nHost"),
    ROW(DESYNC_NON_COMPLIANT_HEADER, "GET /a b HTTP/1.3\nX y: a\n\n"),
    ROW(DESYNC_NON_COMPLIANT_VERSION, "GET /a b HTTP/1.3\n\n"),
    ROW(DESYNC_SPACE_IN_URI, "GET /a b HTTP/1.1\n\n"),
};

Test(desync_head, gives_each_raw_head_its_reason)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct guard guard = guard_new(rows[i].head);
        enum desync_reason got = desync_judge_head(guard.view);
        cr_expect_eq(got, rows[i].reason, "row %zu: %s instead of %s", i, desync_reason_name(got),
                     desync_reason_name(rows[i].reason));
        guard_free(&guard);
    }
}

Test(desync_head, every_reason_has_a_tier_and_a_name_of_its_own)
{
    for (int i = 0; i < DESYNC_REASON_COUNT; i++) {
        cr_assert_not_null(desync_reason_name((enum desync_reason)i));
        for (int j = 0; j < i; j++)
            cr_expect_str_neq(desync_reason_name((enum desync_reason)i),
                              desync_reason_name((enum desync_reason)j));
        cr_expect_eq(desync_tier((enum desync_reason)i) == DESYNC_COMPLIANT, i == 0);
    }
}

Test(desync_head, modes_act_as_the_user_guide_says)
{
    static const char want[][5] = {
        [DESYNC_MONITOR] = "pppp", [DESYNC_DEFENSIVE] = "ppcr", [DESYNC_STRICTEST] = "prrr"};
    static const char letters[] = {
        [DESYNC_PASS] = 'p', [DESYNC_PASS_CLOSE] = 'c', [DESYNC_REFUSE] = 'r'};
    for (int mode = DESYNC_MONITOR; mode <= DESYNC_STRICTEST; mode++)
        for (int tier = DESYNC_COMPLIANT; tier <= DESYNC_SEVERE; tier++)
            cr_expect_eq(letters[desync_action((enum desync_mode)mode, (enum desync_tier)tier)],
                         want[mode][tier], "%s, %s", desync_mode_name((enum desync_mode)mode),
                         desync_tier_name((enum desync_tier)tier));
}

Test(desync_head, modes_are_read_by_their_names)
{
    enum desync_mode mode = DESYNC_MONITOR;
    cr_expect(desync_mode_parse(BYTES_LIT("strictest"), &mode) && mode == DESYNC_STRICTEST);
    cr_expect(desync_mode_parse(BYTES_LIT("defensive"), &mode) && mode == DESYNC_DEFENSIVE);
    cr_expect(!desync_mode_parse(BYTES_LIT("Strictest"), &mode) && mode == DESYNC_DEFENSIVE);
    cr_expect(desync_mode_parse(BYTES_LIT("monitor"), &mode) && mode == DESYNC_MONITOR);
}
