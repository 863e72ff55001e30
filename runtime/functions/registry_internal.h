#ifndef RUNTIME_FUNCTIONS_REGISTRY_INTERNAL_H
#define RUNTIME_FUNCTIONS_REGISTRY_INTERNAL_H

/* registry_internal — what registry.c, registry_alias.c and registry_pool.c share. */

#include "runtime/functions/registry.h"

struct registry {
    struct registry_options options;
    struct registry_function *functions; /* by name */
    struct registry_function *deleted;   /* that still have calls */
    struct registry_pool *retired;       /* that still have sandboxes */
    struct loop_timer sweep_timer;       /* looks after the last two */
    struct registry_home *homes;         /* registry_home.c's */
    struct layers layers;
    bool has_looked_at_opt, is_opt_mapped; /* whether sandboxes may have an /opt of their own */
    struct random_state random;
    bool is_freeing; /* no call begins any more */
};

/* A new revision id. */
void registry_id(struct registry *registry, char out[REGISTRY_ID_LEN + 1]);

/* Takes the pool away from its version, if there is one; it ends after its calls. */
void registry_pool_retire(struct registry_version *version);

/* Ends what is over, and looks again later where something is not. */
void registry_sweep(struct registry *registry);

/* Ends a pool now; its calls get their results inside. */
void registry_pool_free(struct registry_pool *pool);

/* Frees all pools of the function's versions, and those that are retired. */
void registry_pools_free(struct registry *registry);

/* Frees what load balancers call. */
void registry_homes_free(struct registry *registry);

void registry_function_free(struct registry_function *function);

#endif
