#ifndef RUNTIME_FUNCTIONS_REGISTRY_STATE_H
#define RUNTIME_FUNCTIONS_REGISTRY_STATE_H

/*
 * registry_state — the functions of a registry as JSON and back, for a rig that is started again.
 *
 * Layer:   functions. Knows the registry and control/kept.h. No I/O.
 *
 * Kept: layers; each function with its versions (numbers go on where they were), aliases, policy,
 * tags and concurrency; of code its SHA-256, by which the owner finds its package. What is the
 * rig's own is not kept but named: the program that it was started with, and the settings that it
 * makes of its configuration. A version that had these has the new rig's.
 */

#include "runtime/core/buf.h"
#include "runtime/functions/registry.h"

/* Of the text; a reader refuses every other. */
enum { REGISTRY_STATE_VERSION = 1 };

/* Appends the registry as one JSON object, a function a line. out->failed: it has no room. */
void registry_state_print(struct registry *registry, struct buf *out);

/* What the text refers to. */
struct registry_source {
    struct code *program;            /* Required: the rig's own; borrowed */
    const struct settings *settings; /* Required: likewise */
    /* The code of a function's or a layer's package, asked for once each: a reference that is the
     * caller's. NULL: `error` says why there is none. */
    struct code *(*find)(void *context, const char *sha256, bool is_layer, char *error,
                         size_t error_len);
    void *context;
};

/* Makes all that `text` describes in an empty registry. false: `error` says what is wrong with it;
 * part of it may be there. */
bool registry_state_parse(struct registry *registry, struct bytes text,
                          const struct registry_source *source, char *error,
                          size_t error_len) MUST_CHECK;

#endif
