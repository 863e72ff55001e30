#ifndef RUNTIME_ALB_SSL_POLICY_H
#define RUNTIME_ALB_SSL_POLICY_H

/*
 * ssl_policy — the security policies of HTTPS listeners, by AWS's names ("Security policies for
 * your Application Load Balancer").
 *
 * Layer:   alb. Knows core/, net/tls.
 * Memory:  all static.
 *
 * Of a policy its versions of TLS are acted on, as far as net/tls speaks them: 1.0 and 1.1 are
 * never spoken, and the ciphers are the same whatever a policy says.
 */

#include "runtime/net/tls.h"

/* true: AWS has a policy of this name for Application Load Balancers. */
bool ssl_policy_is_known(struct bytes name);

/* What it lets clients speak; of a name that is not known, all that net/tls speaks. */
struct tls_versions ssl_policy_versions(struct bytes name);

#endif
