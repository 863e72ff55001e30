#ifndef RUNTIME_CONTROL_STS_H
#define RUNTIME_CONTROL_STS_H

/*
 * sts — the Security Token Service on the control port: GetCallerIdentity, which release scripts
 * ask to see in which account they are.
 *
 * Layer:   control.
 * Source:  AWS STS API, version 2011-06-15; the Query protocol.
 *
 * The answer does not depend on the credentials, since any are taken.
 */

#include "runtime/control/control_service.h"

struct sts {
    const char *account; /* twelve digits; borrowed */
    struct control_service service;
};

/* Fills `sts`, which stays where it is; sts->service is its row for the control port. */
void sts_init(struct sts *sts, const char *account);

#endif
