#ifndef RUNTIME_FUNCTIONS_REGISTRY_H
#define RUNTIME_FUNCTIONS_REGISTRY_H

/*
 * registry — the functions of this machine as Lambda keeps them: $LATEST, published versions,
 * aliases, policy, concurrency; each version with a pool of sandboxes of its own (function.h).
 *
 * Layer:   functions. Knows function, code, settings; nothing of HTTP.
 * Memory:  what it hands out stays until the next call that changes or removes it.
 * Threads: all on the loop's thread.
 * Source:  "Lambda function versions", "Lambda function aliases", "Using resource-based policies
 * for Lambda", Lambda developer guide.
 *
 * A version starts no sandbox before its first call. One that is replaced ($LATEST by new code or
 * settings) or deleted ends its sandboxes after the calls that they are in.
 */

#include "runtime/alb/random.h"
#include "runtime/functions/code.h"
#include "runtime/functions/function.h"
#include "runtime/functions/layers.h"
#include "runtime/functions/settings.h"

enum {
    REGISTRY_NAME_MAX = 64,
    REGISTRY_ALIAS_MAX = 128,
    REGISTRY_STATEMENT_MAX = 100,
    REGISTRY_ID_LEN = 36,
    REGISTRY_ARN_MAX = 256,
    REGISTRY_LATEST = 0, /* number of the version $LATEST */
};

struct registry;
struct registry_function;
struct registry_pool;

struct registry_version {
    struct registry_function *function;
    unsigned number;
    struct code *code;
    struct settings settings;
    bool has_given_settings;    /* as the rig made them: not the work of a call */
    struct registry_pool *pool; /* NULL before the first call */
    unsigned provisioned;       /* sandboxes that were asked for ahead of calls */
    char revision_id[REGISTRY_ID_LEN + 1];
    int64_t modified_epoch_ms;
    struct registry_version *next; /* by number */
};

struct registry_alias {
    char name[REGISTRY_ALIAS_MAX + 1];
    unsigned version;
    unsigned other; /* a second version that gets a part of the calls, or REGISTRY_LATEST: none */
    double other_weight; /* from 0 to 1 */
    unsigned provisioned;
    char description[257];
    char revision_id[REGISTRY_ID_LEN + 1];
    struct registry_alias *next; /* by name */
};

/* Who may call what: a statement of the policy of a function, a version or an alias. */
struct registry_statement {
    char id[REGISTRY_STATEMENT_MAX + 1];
    char qualifier[REGISTRY_ALIAS_MAX + 1]; /* "": the function itself */
    char action[65], principal[257];
    char source_arn[REGISTRY_ARN_MAX + 1], source_account[13]; /* "": none */
    struct registry_statement *next;
};

enum { REGISTRY_TAGS_MAX = 50, REGISTRY_TAG_KEY_MAX = 4 * 128, REGISTRY_TAG_VALUE_MAX = 4 * 256 };

struct registry_tag {
    char key[REGISTRY_TAG_KEY_MAX + 1], value[REGISTRY_TAG_VALUE_MAX + 1];
    struct registry_tag *next; /* in the order in which they came */
};

struct registry_function {
    struct registry *registry;
    char name[REGISTRY_NAME_MAX + 1];
    char arn[REGISTRY_ARN_MAX + 1];
    struct registry_version *versions; /* the first is $LATEST */
    struct registry_alias *aliases;
    struct registry_statement *statements;
    struct registry_tag *tags;
    unsigned published; /* the highest number so far; numbers are not used again */
    int64_t reserved;   /* calls at once; -1: as many as the registry allows */
    size_t running;     /* calls in hand */
    bool is_updating;   /* its code is on its way: what would change it is refused */
    bool is_deleted;    /* nobody finds it any more; it stays for its calls */
    struct registry_function *next;
};

struct registry_options {
    struct loop *loop;               /* Required. */
    const char *region;              /* of ARNs; NULL: us-east-1 */
    const char *account;             /* NULL: 000000000000 */
    unsigned concurrency;            /* calls of one function at once */
    function_line_fn *on_line;       /* NULL: output goes nowhere */
    bool is_quiet;                   /* as function_options has it */
    const struct debugger *debugger; /* likewise */
    struct cgroups *cgroups;         /* likewise */
    void *context;                   /* of on_line */
};

/* An empty one. NULL: no memory. Texts are borrowed. */
struct registry *registry_new(const struct registry_options *options) MUST_CHECK;

/* Ends all sandboxes; calls still open get their result inside. NULL is harmless. */
void registry_free(struct registry *registry);

const struct registry_options *registry_options(const struct registry *registry);

struct layers *registry_layers(struct registry *registry);

/* true: a version of a function has this version of a layer. */
bool registry_has_layer(const struct registry *registry, const struct layer_version *version);

/* --- functions and versions --- */

/* true: 1 to 64 letters, digits, '-' and '_'. */
bool registry_is_name(struct bytes name);

struct registry_function *registry_first(const struct registry *registry);
struct registry_function *registry_find(const struct registry *registry, struct bytes name);

/* A new function whose $LATEST has `code` (a reference is taken) and a copy of `settings`; its name
 * is one, and free. NULL: no memory. */
struct registry_function *registry_create(struct registry *registry, struct bytes name,
                                          struct code *code,
                                          const struct settings *settings) MUST_CHECK;

/* Adds the published version `number`, over all that are there, as it once was; as registry_create.
 */
struct registry_version *registry_version_add(struct registry_function *function, unsigned number,
                                              struct code *code,
                                              const struct settings *settings) MUST_CHECK;

/* Nobody finds it any more; what it runs ends after the calls that it is in. */
void registry_delete(struct registry_function *function);

/* NULL: there is none of that number. */
struct registry_version *registry_version_find(const struct registry_function *function,
                                               unsigned number);

/* Removes a published version that no alias has. */
void registry_version_delete(struct registry_version *version);

/* Gives $LATEST other code (a reference is taken; NULL: as it is) and other settings (copied; NULL:
 * as they are). Calls that run end with the old ones. false: no memory, nothing changed. */
bool registry_update(struct registry_function *function, struct code *code,
                     const struct settings *settings) MUST_CHECK;

/* Publishes $LATEST; where code and settings are those of the version that was published last, that
 * one is given. `description` "": $LATEST's. NULL: no memory. */
struct registry_version *registry_publish(struct registry_function *function,
                                          struct bytes description) MUST_CHECK;

/* "$LATEST", or the number. */
void registry_version_name(const struct registry_version *version, char out[16]);

/* --- aliases --- */

/* true: 1 to 128 letters, digits, '-' and '_', and no number. */
bool registry_is_alias_name(struct bytes name);

struct registry_alias *registry_alias_find(const struct registry_function *function,
                                           struct bytes name);

/* A copy of `alias`, under a name that is free; its revision id is made. NULL: no memory. */
struct registry_alias *registry_alias_add(struct registry_function *function,
                                          const struct registry_alias *alias) MUST_CHECK;

/* Has a new revision id after it. */
void registry_alias_touch(struct registry_function *function, struct registry_alias *alias);

void registry_alias_delete(struct registry_function *function, struct registry_alias *alias);

/* --- policy --- */

struct registry_statement *registry_statement_find(const struct registry_function *function,
                                                   struct bytes qualifier, struct bytes id);

/* A copy of `statement`. false: no memory. */
bool registry_statement_add(struct registry_function *function,
                            const struct registry_statement *statement) MUST_CHECK;

void registry_statement_delete(struct registry_function *function,
                               struct registry_statement *statement);

/* true: a statement for that qualifier lets the service `principal` invoke it, from `source_arn` or
 * from anywhere. */
bool registry_may_invoke(const struct registry_function *function, struct bytes qualifier,
                         const char *principal, struct bytes source_arn);

/* --- tags --- */

/* Sets it, or gives it another value. false: no memory, or a text that is too long. */
bool registry_tag_set(struct registry_function *function, struct bytes key,
                      struct bytes value) MUST_CHECK;

/* One that is not there is harmless. */
void registry_tag_drop(struct registry_function *function, struct bytes key);

/* --- calls --- */

/* Takes "NAME", "NAME:QUALIFIER", "ACCOUNT:function:NAME..." or an ARN apart; the qualifier is
 * empty where there is none. */
void registry_split(struct bytes text, struct bytes *name, struct bytes *qualifier);

/* The version that a qualifier means: "$LATEST" or empty, a number, or an alias, which chooses
 * among its versions by chance. NULL: there is none. */
struct registry_version *registry_resolve(struct registry_function *function,
                                          struct bytes qualifier);

/* Calls a version; as function_call, the result comes exactly once, maybe inside:
 * FUNCTION_THROTTLED also where the function's own limit is reached. */
void registry_call(struct registry_version *version, const struct function_call *call);

/* Starts sandboxes until the version has `count` of them ahead of calls. false: the version cannot
 * run, `error` says why. */
bool registry_provision(struct registry_version *version, unsigned count, char *error,
                        size_t error_len) MUST_CHECK;

/* Its sandboxes; NULL: it has had no call. */
struct function *registry_version_function(const struct registry_version *version);

/* The program of each version that has `code` was replaced where it is. */
void registry_program_changed(struct registry *registry, const struct code *code);

#endif
