#ifndef RUNTIME_LOCAL_RIG_LAMBDA_H
#define RUNTIME_LOCAL_RIG_LAMBDA_H

/*
 * rig_lambda — the rig's Lambda: its API, a registry of functions, and in it the one that
 * terraform/ makes, with a version 1 and an alias for each of the slots lambda-a and lambda-b; with
 * --state, as an earlier rig has kept them all.
 *
 * Layer:   local. Knows functions.
 * Threads: all on the loop's thread.
 *
 * Use: 1. rig_lambda_init   2. rig_lambda_find is given to the model, which may hold ARNs of a
 * state that was kept   3. rig_lambda_start   4. rig_lambda_release, before the model
 */

#include "runtime/control/kept.h"
#include "runtime/local/rig_fetch.h"
#include "runtime/local/rig_model.h"
#include "runtime/process/cgroup.h"
#include "runtime/process/debugger.h"

struct rig_lambda {
    struct registry *registry;
    struct lambda_api *api;
    struct rig_fetch *fetch; /* NULL: there is no S3 */
    char folder[32];         /* of unpacked packages, removed with all in it; "": there were none */
    struct code *program;    /* what the function is made with */
    struct cgroups cgroups;  /* zero: there are none */
    struct kept kept;        /* functions.json of --state */
    char packages[4200];     /* the folder of their zips there */
    bool is_started;
    struct debugger debugger;
    const struct rig_config *config;
};

/* Fills a zeroed struct, which stays where it is. `s3_url` is where packages are fetched from;
 * NULL: nowhere. false: errno says why; what was made stays for rig_lambda_release. */
bool rig_lambda_init(struct rig_lambda *lambda, struct loop *loop, const struct rig_config *config,
                     const char *s3_url) MUST_CHECK;

/* alb_model_options.find_function; `context` is the struct rig_lambda. Before rig_lambda_start any
 * function may be named, since a state that was kept has been loaded before them. */
bool rig_lambda_find(void *context, struct bytes arn, struct alb_function *function);

/* Makes the function where none of its name was kept, and registers the aliases with their slots,
 * where these are empty and the aliases there.
 *
 * program  of the Lambda home
 * env      its variables, "NAME=value", ends with NULL
 *
 * false: `error` says why; what was made stays for rig_lambda_release. */
bool rig_lambda_start(struct rig_lambda *lambda, const struct rig_config *config,
                      const struct rig_model *model, const char *program, const char *const *env,
                      char *error, size_t error_len) MUST_CHECK;

/* Where packages are unpacked, made when it is first asked for; `context` is the struct rig_lambda.
 * NULL: errno says why there is none. */
const char *rig_lambda_folder(void *context);

/* The program's file is another one: what runs it is replaced. */
void rig_lambda_replace(struct rig_lambda *lambda);

/* Calls that are open get their answer inside. Works on a zeroed struct. */
void rig_lambda_release(struct rig_lambda *lambda);

#endif
