#include "runtime/net/fd_limit.h"

#include <sys/resource.h>

#include "runtime/core/limits.h"

void fd_limit_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= LIMIT_FDS)
        return;
    limit.rlim_cur = limit.rlim_max < LIMIT_FDS ? limit.rlim_max : LIMIT_FDS;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

size_t fd_limit_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1;
    rlim_t max = limit.rlim_cur < LIMIT_FDS ? limit.rlim_cur : LIMIT_FDS;
    return max > LIMIT_SPARE_FDS ? (size_t)(max - LIMIT_SPARE_FDS) : 1;
}
