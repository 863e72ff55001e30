#ifndef RUNTIME_TOOL_INVOKE_ARGS_H
#define RUNTIME_TOOL_INVOKE_ARGS_H

/*
 * invoke_args — the options of `duet invoke`.
 *
 * Layer:   tool.
 */

#include "runtime/tool/event_args.h"
#include "runtime/tool/store_env.h"

enum { INVOKE_ENV_MAX = 64, INVOKE_OWN_ENV_MAX = STORE_ENV_MAX + 2 };

struct invoke_args {
    struct event_args event;
    const char *bootstrap; /* of the function */
    const char *store;     /* as given; NULL: none */
    unsigned timeout_s;
    bool is_http;
    const char *env[INVOKE_ENV_MAX + INVOKE_OWN_ENV_MAX +
                    1]; /* "NAME=value", our own last; ends with NULL */
    size_t env_count;
};

enum invoke_verdict {
    INVOKE_GO_ON,
    INVOKE_BAD_USAGE, /* `error` says what */
    INVOKE_SHOW_HELP,
};

extern const char invoke_usage[];

void invoke_args_init(struct invoke_args *args, struct arena *arena);

/* Takes argv; on INVOKE_GO_ON all of `args` is set. */
enum invoke_verdict invoke_args_take(struct invoke_args *args, int argc, char **argv, char *error,
                                     size_t error_len) MUST_CHECK;

#endif
