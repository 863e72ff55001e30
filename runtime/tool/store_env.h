#ifndef RUNTIME_TOOL_STORE_ENV_H
#define RUNTIME_TOOL_STORE_ENV_H

/*
 * store_env — what both homes need of this process's environment to reach a store that is a
 * service.
 *
 * On AWS a home has its region and its role; here it has the user's, and only where the store asks
 * for it: nothing else of the user's environment reaches the homes.
 */

#include "runtime/core/arena.h"

enum { STORE_ENV_MAX = 32 };

/* The user's DUET_STORE; NULL when it is unset or empty. */
const char *store_env_url(void);

/* "NAME=value" for the region (us-east-1 when there is none), endpoint, credentials, proxy and
 * certificates; none for a store that is no service. At most STORE_ENV_MAX, and a NULL
 * behind them. NULL: no memory. */
const char *const *store_env_list(struct arena *arena, const char *url) MUST_CHECK;

#endif
