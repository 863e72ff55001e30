#ifndef RUNTIME_ALB_DESYNC_H
#define RUNTIME_ALB_DESYNC_H

/*
 * desync — how far a request is from RFC 9112, as an Application Load Balancer judges it before two
 * readers can take it for two different requests: a tier, a reason, and what is done about it.
 *
 * Layer:   alb. Pure: bytes in, a verdict out; no allocation.
 * Threads: plain values.
 *
 * Sources: "Desync mitigation mode" in the ALB user guide, and the documentation and test cases of
 * the library behind it (github.com/aws/http-desync-guardian).
 *
 * Which reason wins where several fit: that of the highest tier. Within one tier the first of
 *   1. the fields, in their order: what each is by itself (bad bytes, no name, a name in disguise)
 *   2. what Transfer-Encoding and Content-Length say, in this order; then both of them together
 *   3. method, version, URI
 *   4. the lines: how they end, are folded, or have no colon. These reasons are the library's
 * alone; an ALB's log has no name for them, so any other comes before them.
 *
 * SuspiciousTeClPresent, which the user guide has and the library does not, is given where a
 * Transfer-Encoding that every reader sees comes with a Content-Length, and one of all these is in
 * disguise. Where Transfer-Encoding is there in disguise alone, the library's cases say
 * SuspiciousHeader.
 */

#include "runtime/core/http.h"

enum desync_tier { DESYNC_COMPLIANT, DESYNC_ACCEPTABLE, DESYNC_AMBIGUOUS, DESYNC_SEVERE };

enum desync_reason {
    DESYNC_IS_COMPLIANT,
    /* Acceptable. */
    DESYNC_NON_COMPLIANT_HEADER,
    DESYNC_SPACE_IN_URI,
    DESYNC_NON_COMPLIANT_VERSION,
    DESYNC_GET_HEAD_ZERO_CONTENT_LENGTH,
    DESYNC_NON_CRLF_LINE_TERMINATION,
    /* Ambiguous. */
    DESYNC_EMPTY_HEADER,
    DESYNC_AMBIGUOUS_URI,
    DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS,
    DESYNC_UNDEFINED_TRANSFER_ENCODING_SEMANTICS,
    DESYNC_DUPLICATE_CONTENT_LENGTH,
    DESYNC_BOTH_TE_CL_PRESENT,
    DESYNC_SUSPICIOUS_HEADER,
    DESYNC_MULTILINE_HEADER,
    DESYNC_PARTIAL_HEADER_LINE,
    DESYNC_MISSING_LAST_EMPTY_LINE,
    DESYNC_MISSING_HEADER_COLON,
    DESYNC_MISSING_URI,
    /* Severe. */
    DESYNC_SUSPICIOUS_TE_CL_PRESENT,
    DESYNC_BAD_HEADER,
    DESYNC_BAD_URI,
    DESYNC_BAD_VERSION,
    DESYNC_MULTIPLE_CONTENT_LENGTH,
    DESYNC_BAD_CONTENT_LENGTH,
    DESYNC_MULTIPLE_TRANSFER_ENCODING_CHUNKED,
    DESYNC_BAD_TRANSFER_ENCODING,
    DESYNC_BAD_METHOD,
    DESYNC_REASON_COUNT
};

/* The attribute routing.http.desync_mitigation_mode. */
enum desync_mode { DESYNC_MONITOR, DESYNC_DEFENSIVE, DESYNC_STRICTEST };

enum desync_action {
    DESYNC_PASS,       /* forward it */
    DESYNC_PASS_CLOSE, /* forward it, then close the client's and the target's connection */
    DESYNC_REFUSE,     /* answer 400 and close */
};

/* A request's line and fields as somebody has cut them, before any check. */
struct desync_request {
    struct bytes method;
    struct bytes uri;
    struct bytes version; /* such as "HTTP/1.1"; empty: HTTP/0.9 */
    const struct http_field *fields;
    size_t field_count;
    bool is_read; /* our reader has taken it: each byte is one that the grammar has there, so that
                   * only what the fields say together is left to judge */
};

enum desync_tier desync_tier(enum desync_reason reason);

/* The names in the access log: "Ambiguous", "BothTeClPresent". */
const char *desync_tier_name(enum desync_tier tier);
const char *desync_reason_name(enum desync_reason reason);

enum desync_action desync_action(enum desync_mode mode, enum desync_tier tier);

/* "monitor", "defensive", "strictest". parse: false for any other text, and `mode` untouched. */
const char *desync_mode_name(enum desync_mode mode);
bool desync_mode_parse(struct bytes text, enum desync_mode *mode) MUST_CHECK;

/* Judges a request that is cut already; its bytes may be anything. */
enum desync_reason desync_judge(const struct desync_request *request);

/* Judges the bytes of a head: the request line, the field lines and the empty line behind them.
 * What comes after that is not looked at; where it is missing, that is a finding.
 *
 * A line ends at LF; without a CR before it that is NonCrLfLineTermination. But a bare LF before a
 * blank or a colon is one inside a field (BadHeader), and one that leaves a request line without a
 * version, before a line without a colon, is one inside the URI (BadUri). A line that begins with a
 * blank goes on with the field before it (MultilineHeader, but for Content-Type), unless it could
 * be a field by itself: then it is judged as one, as a reader would see it that trims lines. */
enum desync_reason desync_judge_head(struct bytes head);

#endif
