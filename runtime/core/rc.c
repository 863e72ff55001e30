#include "runtime/core/rc.h"

struct rc_row {
    const char *name;
    int status;
};

static const struct rc_row rows[] = {
    [RC_OK] = {"ok", 200},
    [RC_AGAIN] = {"again", 500},
    [RC_SYNTAX] = {"syntax", 400},
    [RC_HEAD_LIMIT] = {"head-limit", 431},
    [RC_URI_LIMIT] = {"uri-limit", 414},
    [RC_BODY_LIMIT] = {"body-limit", 413},
    [RC_UNSUPPORTED] = {"unsupported", 501},
    [RC_VERSION] = {"version", 505},
    [RC_NOT_FOUND] = {"not-found", 404},
    [RC_EXISTS] = {"exists", 409},
    [RC_CLOSED] = {"closed", 500},
    [RC_NOMEM] = {"no-memory", 503},
    [RC_IO] = {"io", 503},
    [RC_TIMEOUT] = {"timeout", 504},
    [RC_CONFLICT] = {"conflict", 412},
    [RC_THROTTLED] = {"throttled", 429},
    [RC_REFUSED] = {"refused", 503},
    [RC_UNREACHABLE] = {"unreachable", 503},
};

const char *rc_name(enum rc rc)
{
    return rows[rc].name;
}

int rc_to_status(enum rc rc)
{
    return rows[rc].status;
}
