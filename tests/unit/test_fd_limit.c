#include <criterion/criterion.h>
#include <sys/resource.h>

#include "runtime/core/limits.h"
#include "runtime/net/fd_limit.h"

/* The soft limit after a raise from these. */
static rlim_t raised(rlim_t soft, rlim_t hard)
{
    struct rlimit limit = {soft, hard};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    fd_limit_raise();
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_expect_eq(limit.rlim_max, hard);
    return limit.rlim_cur;
}

Test(fd_limit, goes_up_to_the_hard_limit)
{
    cr_expect_eq(raised(64, 900), 900u);
    cr_expect_eq(raised(900, 900), 900u);
}

Test(fd_limit, goes_no_higher_than_our_own_limit_and_never_down)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlim_t hard = limit.rlim_max, wanted = hard < LIMIT_FDS ? hard : LIMIT_FDS;
    cr_expect_eq(raised(64, hard), wanted);
    cr_expect_eq(raised(hard, hard), hard);
}
