#ifndef RUNTIME_TASKS_DEFINITION_H
#define RUNTIME_TASKS_DEFINITION_H

/*
 * definition — task definitions: what the tasks of a service run, in numbered revisions.
 *
 * Layer:   tasks. Knows control/datum.h.
 * Memory:  the registry owns all definitions, and keeps them until its end: a service may always go
 *          back to an older one.
 *
 * Of a definition's containers one is run: that with the name "server", else the first. Its image
 * is a program of this machine, as a path that begins with "/" or "file:///", or one of a registry,
 * which Docker runs.
 */

#include "runtime/control/datum.h"

enum { DEFINITION_ARN_MAX = 400, DEFINITION_ENV_MAX = 192, DEFINITION_ARGS_MAX = 32 };

struct definition {
    char arn[DEFINITION_ARN_MAX];
    const char *family;
    unsigned revision;
    bool is_active;
    bool is_given; /* the rig's own, made of its configuration: not the work of a call */
    int64_t registered_ms, deregistered_ms; /* epoch */
    struct bytes text;                      /* what was registered, as a JSON object */
    const char *container, *image;          /* of the one that is run */
    const char *program;                    /* NULL: its image is one of a registry */
    unsigned port;                          /* that its container listens on */
    const char *argv[DEFINITION_ARGS_MAX + 2];
    const char *env[DEFINITION_ENV_MAX + 1]; /* its own over the rig's; ends with NULL */
    unsigned stop_timeout_s;                 /* 0: it says nothing */
    struct arena arena;
    struct definition *next; /* in the order in which they came */
};

struct definitions {
    const char *region, *account; /* borrowed */
    const char *const *env;       /* what every task gets; borrowed */
    /* An image that stands for another program, such as the copy that --watch keeps; NULL: none.
     * Both borrowed. */
    const char *image, *program;
    struct definition *first;
};

void definitions_release(struct definitions *definitions);

/* Makes the next revision of the family that `input`, a RegisterTaskDefinition's, names. NULL:
 * `error` says what is wrong with it, or that there is no memory. */
struct definition *definition_register(struct definitions *definitions, const struct datum *input,
                                       int64_t now_ms, char *error, size_t error_len) MUST_CHECK;

/* The same for the rig's own definition, which gets no new revision where its newest one of the
 * family says the same. */
struct definition *definition_give(struct definitions *definitions, const struct datum *input,
                                   int64_t now_ms, char *error, size_t error_len) MUST_CHECK;

/* The same for one that an earlier rig had: with its own number, which is over all of the family.
 */
struct definition *definition_restore(struct definitions *definitions, const struct datum *input,
                                      unsigned revision, char *error, size_t error_len) MUST_CHECK;

/* By ARN, "FAMILY:REVISION", or "FAMILY", which is its newest active revision. NULL: there is none.
 */
struct definition *definition_find(const struct definitions *definitions, struct bytes name);

#endif
