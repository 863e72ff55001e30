#ifndef RUNTIME_CONTROL_PARAMETER_H
#define RUNTIME_CONTROL_PARAMETER_H

/*
 * parameter — the parameters of Parameter Store with their versions, in memory and as a file.
 *
 * Layer:   control. Knows alb/state_file.h, json/.
 * Memory:  owns all; pointers hold until the next change.
 *
 * A change is kept in the file before it counts: where that fails, nothing has changed.
 */

#include "runtime/core/buf.h"

enum parameter_type { PARAMETER_STRING, PARAMETER_STRING_LIST, PARAMETER_SECURE };
enum parameter_tier { PARAMETER_STANDARD, PARAMETER_ADVANCED };

enum {
    PARAMETER_VERSIONS_MAX = 100, /* of one parameter; the oldest makes room */
    PARAMETER_COUNT_MAX = 10000,
};

struct parameter_version {
    int64_t number, modified_ms; /* epoch */
    struct bytes value, description;
    struct parameter_version *older;
};

struct parameter {
    struct bytes name;
    struct bytes key_id; /* of a SecureString */
    enum parameter_type type;
    enum parameter_tier tier;
    size_t version_count;
    struct parameter_version *newest;
    struct parameter *next; /* by name */
};

struct parameters {
    const char *dir; /* NULL: no file; borrowed */
    struct parameter *first;
    size_t count;
};

/* "String", "StringList", "SecureString", by enum parameter_type; and the tiers. Both end with
 * NULL. */
extern const char *const parameter_types[];
extern const char *const parameter_tiers[];

/* Reads the file in `dir`, when there is one. false: `error` says why not; release it all the same.
 */
bool parameters_init(struct parameters *parameters, const char *dir, char *error,
                     size_t error_len) MUST_CHECK;
void parameters_release(struct parameters *parameters);

/* NULL: there is none. */
struct parameter *parameters_find(const struct parameters *parameters, struct bytes name);
/* NULL: there is none, or no more. */
const struct parameter_version *parameter_version_find(const struct parameter *parameter,
                                                       int64_t number);

/* A new version, or a new parameter where there was none of that name. */
struct parameter_put {
    struct bytes name, value, description, key_id;
    enum parameter_type type;
    enum parameter_tier tier;
    int64_t now_ms;
};

/* RC_OK · RC_IO: the file cannot be written, errno says why · RC_NOMEM: also when the file would be
 * too large */
enum rc parameters_put(struct parameters *parameters, const struct parameter_put *put,
                       const struct parameter **out) MUST_CHECK;

/* Deletes those of `names` that are there: `is_deleted[i]` says which. Results as above. */
enum rc parameters_delete(struct parameters *parameters, const struct bytes *names, size_t count,
                          bool *is_deleted) MUST_CHECK;

#endif
