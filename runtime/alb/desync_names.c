#include "runtime/alb/desync.h"

static const struct {
    enum desync_tier tier;
    const char *name;
} reasons[DESYNC_REASON_COUNT] = {
    [DESYNC_IS_COMPLIANT] = {DESYNC_COMPLIANT, "Compliant"},
    [DESYNC_NON_COMPLIANT_HEADER] = {DESYNC_ACCEPTABLE, "NonCompliantHeader"},
    [DESYNC_SPACE_IN_URI] = {DESYNC_ACCEPTABLE, "SpaceInUri"},
    [DESYNC_NON_COMPLIANT_VERSION] = {DESYNC_ACCEPTABLE, "NonCompliantVersion"},
    [DESYNC_GET_HEAD_ZERO_CONTENT_LENGTH] = {DESYNC_ACCEPTABLE, "GetHeadZeroContentLength"},
    [DESYNC_NON_CRLF_LINE_TERMINATION] = {DESYNC_ACCEPTABLE, "NonCrLfLineTermination"},
    [DESYNC_EMPTY_HEADER] = {DESYNC_AMBIGUOUS, "EmptyHeader"},
    [DESYNC_AMBIGUOUS_URI] = {DESYNC_AMBIGUOUS, "AmbiguousUri"},
    [DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS] = {DESYNC_AMBIGUOUS,
                                                   "UndefinedContentLengthSemantics"},
    [DESYNC_UNDEFINED_TRANSFER_ENCODING_SEMANTICS] = {DESYNC_AMBIGUOUS,
                                                      "UndefinedTransferEncodingSemantics"},
    [DESYNC_DUPLICATE_CONTENT_LENGTH] = {DESYNC_AMBIGUOUS, "DuplicateContentLength"},
    [DESYNC_BOTH_TE_CL_PRESENT] = {DESYNC_AMBIGUOUS, "BothTeClPresent"},
    [DESYNC_SUSPICIOUS_HEADER] = {DESYNC_AMBIGUOUS, "SuspiciousHeader"},
    [DESYNC_MULTILINE_HEADER] = {DESYNC_AMBIGUOUS, "MultilineHeader"},
    [DESYNC_PARTIAL_HEADER_LINE] = {DESYNC_AMBIGUOUS, "PartialHeaderLine"},
    [DESYNC_MISSING_LAST_EMPTY_LINE] = {DESYNC_AMBIGUOUS, "MissingLastEmptyLine"},
    [DESYNC_MISSING_HEADER_COLON] = {DESYNC_AMBIGUOUS, "MissingHeaderColon"},
    [DESYNC_MISSING_URI] = {DESYNC_AMBIGUOUS, "MissingUri"},
    [DESYNC_SUSPICIOUS_TE_CL_PRESENT] = {DESYNC_SEVERE, "SuspiciousTeClPresent"},
    [DESYNC_BAD_HEADER] = {DESYNC_SEVERE, "BadHeader"},
    [DESYNC_BAD_URI] = {DESYNC_SEVERE, "BadUri"},
    [DESYNC_BAD_VERSION] = {DESYNC_SEVERE, "BadVersion"},
    [DESYNC_MULTIPLE_CONTENT_LENGTH] = {DESYNC_SEVERE, "MultipleContentLength"},
    [DESYNC_BAD_CONTENT_LENGTH] = {DESYNC_SEVERE, "BadContentLength"},
    [DESYNC_MULTIPLE_TRANSFER_ENCODING_CHUNKED] = {DESYNC_SEVERE,
                                                   "MultipleTransferEncodingChunked"},
    [DESYNC_BAD_TRANSFER_ENCODING] = {DESYNC_SEVERE, "BadTransferEncoding"},
    [DESYNC_BAD_METHOD] = {DESYNC_SEVERE, "BadMethod"},
};

static const char *const tiers[] = {
    [DESYNC_COMPLIANT] = "Compliant",
    [DESYNC_ACCEPTABLE] = "Acceptable",
    [DESYNC_AMBIGUOUS] = "Ambiguous",
    [DESYNC_SEVERE] = "Severe",
};

static const char *const modes[] = {
    [DESYNC_MONITOR] = "monitor",
    [DESYNC_DEFENSIVE] = "defensive",
    [DESYNC_STRICTEST] = "strictest",
};

/* What the user guide's table says, a row a mode. */
static const enum desync_action actions[][DESYNC_SEVERE + 1] = {
    [DESYNC_MONITOR] = {DESYNC_PASS, DESYNC_PASS, DESYNC_PASS, DESYNC_PASS},
    [DESYNC_DEFENSIVE] = {DESYNC_PASS, DESYNC_PASS, DESYNC_PASS_CLOSE, DESYNC_REFUSE},
    [DESYNC_STRICTEST] = {DESYNC_PASS, DESYNC_REFUSE, DESYNC_REFUSE, DESYNC_REFUSE},
};

enum desync_tier desync_tier(enum desync_reason reason)
{
    return reasons[reason].tier;
}

const char *desync_tier_name(enum desync_tier tier)
{
    return tiers[tier];
}

const char *desync_reason_name(enum desync_reason reason)
{
    return reasons[reason].name;
}

enum desync_action desync_action(enum desync_mode mode, enum desync_tier tier)
{
    return actions[mode][tier];
}

const char *desync_mode_name(enum desync_mode mode)
{
    return modes[mode];
}

bool desync_mode_parse(struct bytes text, enum desync_mode *mode)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (bytes_eq(text, bytes_from_str(modes[i]))) {
            *mode = (enum desync_mode)i;
            return true;
        }
    return false;
}
