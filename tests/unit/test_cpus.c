#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/server/cpus.h"

struct row {
    const char *text;
    unsigned cpus;
};

static const struct row rows[] = {
    {"max 100000\n", 0},    {"25000 100000\n", 1},  {"100000 100000\n", 1},
    {"100001 100000\n", 2}, {"400000 100000\n", 4}, {"", 0},
    {"words\n", 0},         {"100000 0\n", 0},
};

Test(cpus, rounds_the_quota_up)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[] = "/tmp/cpu.max.XXXXXX";
        int fd = mkstemp(path);
        cr_assert_geq(fd, 0);
        cr_assert_eq(write(fd, rows[i].text, strlen(rows[i].text)), (ssize_t)strlen(rows[i].text));
        cr_expect_eq(cpus_quota(path), rows[i].cpus, "'%s'", rows[i].text);
        (void)close(fd);
        (void)unlink(path);
    }
}

Test(cpus, a_missing_file_is_no_limit)
{
    cr_expect_eq(cpus_quota("/nowhere/cpu.max"), 0u);
}

Test(cpus, at_least_one_and_no_more_than_the_machine_has)
{
    unsigned cpus = cpus_available();
    cr_expect_geq(cpus, 1u);
    cr_expect_leq(cpus, (unsigned)sysconf(_SC_NPROCESSORS_CONF));
}
