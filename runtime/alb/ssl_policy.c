#include "runtime/alb/ssl_policy.h"

/* Of "ELBSecurityPolicy-NAME" the last part. Those with 1.3 begin with "TLS13-", and with
 * "TLS13-1-3" where there is nothing older. */
static const char *const names[] = {
    "TLS13-1-3-2021-06",
    "TLS13-1-2-2021-06",
    "TLS13-1-2-Res-2021-06",
    "TLS13-1-2-Ext1-2021-06",
    "TLS13-1-2-Ext2-2021-06",
    "TLS13-1-1-2021-06",
    "TLS13-1-0-2021-06",
    "TLS13-1-3-FIPS-2023-04",
    "TLS13-1-2-FIPS-2023-04",
    "TLS13-1-2-Res-FIPS-2023-04",
    "TLS13-1-2-Ext0-FIPS-2023-04",
    "TLS13-1-2-Ext1-FIPS-2023-04",
    "TLS13-1-2-Ext2-FIPS-2023-04",
    "TLS13-1-1-FIPS-2023-04",
    "TLS13-1-0-FIPS-2023-04",
    "TLS13-1-3-RFC9151-FIPS-2023-07",
    "TLS13-1-2-RFC9151-FIPS-2023-07",
    "TLS13-1-2-Ext0-RFC9151-FIPS-2023-07",
    "TLS13-1-2-RFC9151-INTEROP1-FIPS-2023-07",
    "TLS13-1-2-RFC9151-INTEROP2-FIPS-2023-07",
    "TLS13-1-2-RFC9151-INTEROP3-FIPS-2023-07",
    "TLS13-1-2-RFC9151-INTEROP4-FIPS-2023-07",
    "TLS13-1-3-PQ-2025-09",
    "TLS13-1-2-PQ-2025-09",
    "TLS13-1-2-Res-PQ-2025-09",
    "TLS13-1-2-Ext1-PQ-2025-09",
    "TLS13-1-2-Ext2-PQ-2025-09",
    "TLS13-1-0-PQ-2025-09",
    "TLS13-1-3-FIPS-PQ-2025-09",
    "TLS13-1-2-FIPS-PQ-2025-09",
    "TLS13-1-2-Res-FIPS-PQ-2025-09",
    "TLS13-1-2-Ext0-FIPS-PQ-2025-09",
    "TLS13-1-2-Ext1-FIPS-PQ-2025-09",
    "TLS13-1-2-Ext2-FIPS-PQ-2025-09",
    "TLS13-1-0-FIPS-PQ-2025-09",
    "2016-08",
    "2015-05",
    "TLS-1-0-2015-04",
    "TLS-1-1-2017-01",
    "TLS-1-2-2017-01",
    "TLS-1-2-Ext-2018-06",
    "FS-2018-06",
    "FS-1-1-2019-08",
    "FS-1-2-2019-08",
    "FS-1-2-Res-2019-08",
    "FS-1-2-Res-2020-10",
};

/* What stands behind "ELBSecurityPolicy-"; empty where that does not. */
static struct bytes last_part(struct bytes name)
{
    const struct bytes first = BYTES_LIT("ELBSecurityPolicy-");
    return bytes_starts_with(name, first) ? bytes_skip(name, first.len) : bytes_make(NULL, 0);
}

bool ssl_policy_is_known(struct bytes name)
{
    struct bytes last = last_part(name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_eq(last, bytes_from_str(names[i])))
            return true;
    return false;
}

struct tls_versions ssl_policy_versions(struct bytes name)
{
    struct bytes last = last_part(name);
    if (!ssl_policy_is_known(name))
        return (struct tls_versions){.has_12 = true, .has_13 = true};
    return (struct tls_versions){.has_12 = !bytes_starts_with(last, BYTES_LIT("TLS13-1-3-")),
                                 .has_13 = bytes_starts_with(last, BYTES_LIT("TLS13-"))};
}
