#ifndef RUNTIME_FUNCTIONS_SETTINGS_H
#define RUNTIME_FUNCTIONS_SETTINGS_H

/*
 * settings — what a function's owner sets besides its code, as one value that is copied whole.
 *
 * Layer:   functions. Knows core/.
 * Memory:  texts live in the settings' own arena, or are borrowed until the next settings_copy.
 */

#include "runtime/core/arena.h"

enum {
    SETTINGS_ENV_BYTES = 4096, /* names and values in all; Lambda's limit */
    SETTINGS_MEMORY_MIN_MB = 128,
    SETTINGS_MEMORY_MAX_MB = 10240,
    SETTINGS_TIMEOUT_MAX_S = 900,
};

/* LoggingConfig's ApplicationLogLevel and SystemLogLevel, from the lowest up; NULL at the end. */
extern const char *const settings_log_levels[], *const settings_system_levels[];

struct settings {
    const char *description, *role, *handler, *runtime, *architecture; /* with a NUL; never NULL */
    const char *const *env;    /* "NAME=value", ends with NULL; never NULL */
    const char *const *layers; /* ARNs of layers' versions in their order, ends with NULL */
    unsigned memory_mb, timeout_s;
    bool logs_json;                   /* LogFormat; the levels are for JSON alone: */
    unsigned log_level, system_level; /* places in the lists above */
    struct arena _arena;              /* of a copy */
};

/* Lambda's defaults, all static: 128 MB, 3 s, no variables, provided.al2023 on this machine's
 * architecture. */
void settings_init(struct settings *settings);

/* A copy that owns its texts. false: no memory; nothing is left behind. */
bool settings_copy(struct settings *to, const struct settings *from) MUST_CHECK;

bool settings_equal(const struct settings *a, const struct settings *b);

/* Works on settings that own nothing, and twice. */
void settings_release(struct settings *settings);

#endif
