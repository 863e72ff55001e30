#include "runtime/alb/desync_internal.h"

/* Whom a field's name resembles. */
enum likeness { NEITHER, ENCODING, ENCODING_DISGUISED, LENGTH, LENGTH_DISGUISED };

static bool is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* NUL, CR and LF: where a reader may end a line, or the text. */
static bool is_bad(unsigned char c)
{
    return c == '\0' || c == '\r' || c == '\n';
}

void desync_note(enum desync_reason *place, enum desync_reason reason)
{
    if (desync_tier(reason) > desync_tier(*place))
        *place = reason;
}

/* --- names --- */

/* The lower-case ASCII letter or digit at name[*at], 0 for anything else. Two letters beyond ASCII
 * become ASCII ones when a reader makes them upper case: the dotless i and the long s. */
static char next_letter(struct bytes name, size_t *at)
{
    unsigned char c = (unsigned char)name.ptr[*at];
    unsigned char d = *at + 1 < name.len ? (unsigned char)name.ptr[*at + 1] : 0;
    *at += 1;
    if ((c == 0xc4 && d == 0xb1) || (c == 0xc5 && d == 0xbf)) {
        *at += 1;
        return c == 0xc4 ? 'i' : 's';
    }
    return is_alnum(c) ? (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) : '\0';
}

/* true: `name` is `wanted` (in lower case, one '-' in it) to a reader that trims or replaces what
 * is no letter before, between and behind the words, and drops blanks and control bytes inside
 * them. */
static bool resembles(struct bytes name, struct bytes wanted)
{
    size_t matched = 0;
    bool has_gap = false;
    for (size_t at = 0; at < name.len;) {
        size_t before = at;
        char letter = next_letter(name, &at);
        bool is_between = matched == 0 || matched == wanted.len || wanted.ptr[matched] == '-';
        if (!letter && !is_between && (unsigned char)name.ptr[before] > ' ')
            return false;
        has_gap |= !letter && is_between && matched;
        if (!letter)
            continue;
        if (has_gap && matched < wanted.len && wanted.ptr[matched] == '-')
            matched++;
        if (matched >= wanted.len || wanted.ptr[matched] != letter)
            return false;
        matched++;
    }
    return matched == wanted.len;
}

static enum likeness likeness(struct bytes name)
{
    static const struct bytes encoding = BYTES_INIT("transfer-encoding");
    static const struct bytes length = BYTES_INIT("content-length");
    /* Most names are shorter, and done with here. */
    if (name.len < length.len)
        return NEITHER;
    if (resembles(name, encoding))
        return bytes_ieq(name, encoding) ? ENCODING : ENCODING_DISGUISED;
    if (resembles(name, length))
        return bytes_ieq(name, length) ? LENGTH : LENGTH_DISGUISED;
    return NEITHER;
}

static enum desync_reason judge_bytes(struct bytes name, struct bytes value)
{
    size_t token_len = http_token_len(name);
    enum desync_reason reason =
        token_len < name.len ? DESYNC_NON_COMPLIANT_HEADER : DESYNC_IS_COMPLIANT;
    for (size_t i = token_len; i < name.len; i++)
        if (is_bad((unsigned char)name.ptr[i]))
            return DESYNC_BAD_HEADER;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (is_bad(c))
            return DESYNC_BAD_HEADER;
        if ((c < ' ' && c != '\t') || c == 0x7f)
            reason = DESYNC_NON_COMPLIANT_HEADER;
    }
    return reason;
}

/* --- what the two fields say --- */

/* Without its parameters; false: none that HTTP/1.1 has. */
static bool coding_is_known(struct bytes coding, bool *is_chunked)
{
    static const struct bytes known[] = {BYTES_INIT("compress"), BYTES_INIT("deflate"),
                                         BYTES_INIT("gzip"), BYTES_INIT("identity")};
    coding = bytes_trim(bytes_make(coding.ptr, bytes_find(coding, ';')));
    *is_chunked = bytes_ieq(coding, BYTES_LIT("chunked"));
    bool is_known = *is_chunked;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        is_known |= bytes_ieq(coding, known[i]);
    return is_known;
}

static void judge_encoding(struct desync_judge *judge, struct bytes value)
{
    judge->encoding_count++;
    for (;;) {
        size_t comma = bytes_find(value, ',');
        bool is_chunked;
        if (!coding_is_known(bytes_make(value.ptr, comma), &is_chunked))
            desync_note(&judge->encoding, DESYNC_BAD_TRANSFER_ENCODING);
        else if (is_chunked && judge->last_coding_is_chunked)
            desync_note(&judge->encoding, DESYNC_MULTIPLE_TRANSFER_ENCODING_CHUNKED);
        judge->last_coding_is_chunked |= is_chunked;
        if (comma == value.len)
            return;
        value = bytes_skip(value, comma + 1);
    }
}

static void judge_length(struct desync_judge *judge, struct bytes value)
{
    uint64_t length;
    judge->length_count++;
    if (!bytes_to_u64(bytes_trim(value), UINT64_MAX, &length))
        desync_note(&judge->length, DESYNC_BAD_CONTENT_LENGTH);
    else if (!judge->has_length) {
        judge->has_length = true;
        judge->content_length = length;
    } else
        desync_note(&judge->length, length == judge->content_length
                                        ? DESYNC_DUPLICATE_CONTENT_LENGTH
                                        : DESYNC_MULTIPLE_CONTENT_LENGTH);
}

/* own: what its bytes are worth. */
static void judge_meaning(struct desync_judge *judge, struct bytes name, struct bytes value,
                          enum desync_reason own)
{
    enum likeness like = likeness(name);
    bool is_disguised = like == ENCODING_DISGUISED || like == LENGTH_DISGUISED;
    if (like == NEITHER || (is_disguised && own == DESYNC_BAD_HEADER))
        return;
    if (is_disguised)
        desync_note(&judge->fields, DESYNC_SUSPICIOUS_HEADER);
    judge->has_disguise |= is_disguised;
    judge->has_plain_encoding |= like == ENCODING;
    if (like == ENCODING || like == ENCODING_DISGUISED)
        judge_encoding(judge, value);
    else
        judge_length(judge, value);
}

void desync_judge_field(struct desync_judge *judge, struct bytes name, struct bytes value)
{
    enum desync_reason own = judge_bytes(name, value);
    struct bytes trimmed = bytes_trim(name);
    desync_note(&judge->fields, own);
    if (trimmed.len == 0 || trimmed.ptr[0] == ':')
        desync_note(&judge->fields, DESYNC_EMPTY_HEADER);
    else
        judge_meaning(judge, name, value, own);
}

/* --- the whole --- */

/* The digit behind "HTTP/1."; 0 for HTTP/0.9 and for no version at all, which is the same; -1:
 * nothing that a version looks like. HTTP/1.0 is 10. */
static int version_number(struct bytes version)
{
    version = bytes_trim(version);
    if (version.len == 0 || bytes_eq(version, BYTES_LIT("HTTP/0.9")))
        return 0;
    if (version.len != strlen("HTTP/1.1") || !bytes_starts_with(version, BYTES_LIT("HTTP/1.")) ||
        version.ptr[7] < '0' || version.ptr[7] > '9')
        return -1;
    return 10 + (version.ptr[7] - '0');
}

/* What is undefined by the method or the version. */
static enum desync_reason judge_semantics(const struct desync_judge *judge,
                                          const struct desync_request *request, int version)
{
    bool is_bodiless =
        bytes_eq(request->method, BYTES_LIT("GET")) || bytes_eq(request->method, BYTES_LIT("HEAD"));
    bool is_old = version == 0 || version == 10;
    if (judge->encoding_count && (is_old || is_bodiless))
        return DESYNC_UNDEFINED_TRANSFER_ENCODING_SEMANTICS;
    if (judge->length_count && version == 0)
        return DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS;
    if (judge->has_length && is_bodiless)
        return judge->content_length ? DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS
                                     : DESYNC_GET_HEAD_ZERO_CONTENT_LENGTH;
    return judge->has_length && judge->encoding_count ? DESYNC_BOTH_TE_CL_PRESENT
                                                      : DESYNC_IS_COMPLIANT;
}

static enum desync_reason judge_version(struct bytes version, int number)
{
    if (number < 0)
        return DESYNC_BAD_VERSION;
    bool is_usual = (number == 10 || number == 11) && bytes_trim(version).len == version.len;
    return is_usual ? DESYNC_IS_COMPLIANT : DESYNC_NON_COMPLIANT_VERSION;
}

static enum desync_reason judge_uri(struct bytes uri)
{
    enum desync_reason reason = DESYNC_IS_COMPLIANT;
    for (size_t i = 0; i < uri.len; i++) {
        unsigned char c = (unsigned char)uri.ptr[i];
        if (is_bad(c))
            desync_note(&reason, DESYNC_BAD_URI);
        else if (c < ' ' || c == 0x7f)
            desync_note(&reason, DESYNC_AMBIGUOUS_URI);
        else if (c == ' ')
            desync_note(&reason, DESYNC_SPACE_IN_URI);
    }
    return reason;
}

enum desync_reason desync_judge_end(struct desync_judge *judge,
                                    const struct desync_request *request)
{
    enum desync_reason verdict = judge->fields;
    int version = version_number(request->version);
    if (judge->encoding_count || judge->length_count) {
        if (judge->has_plain_encoding && judge->length_count && judge->has_disguise)
            desync_note(&verdict, DESYNC_SUSPICIOUS_TE_CL_PRESENT);
        desync_note(&verdict, judge->encoding);
        desync_note(&verdict, judge->length);
        desync_note(&verdict, judge_semantics(judge, request, version));
    }
    if (!request->is_read && !http_is_token(request->method))
        desync_note(&verdict, DESYNC_BAD_METHOD);
    desync_note(&verdict, judge_version(request->version, version));
    if (!request->is_read)
        desync_note(&verdict, judge_uri(request->uri));
    desync_note(&verdict, judge->lines);
    return verdict;
}

enum desync_reason desync_judge(const struct desync_request *request)
{
    struct desync_judge judge = {0};
    for (size_t i = 0; i < request->field_count; i++) {
        const struct http_field *field = &request->fields[i];
        if (request->is_read)
            judge_meaning(&judge, field->name, field->value, DESYNC_IS_COMPLIANT);
        else
            desync_judge_field(&judge, field->name, field->value);
    }
    return desync_judge_end(&judge, request);
}
