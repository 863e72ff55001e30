#ifndef RUNTIME_ALB_CERTIFICATES_H
#define RUNTIME_ALB_CERTIFICATES_H

/*
 * certificates — what an HTTPS listener has beside its default certificate: one for each name that
 * clients may ask for in their handshake (SNI).
 *
 * Layer:   alb. A part of the model (model.h). No I/O: model->doors has them made.
 * Threads: all on the loop's thread.
 * Source:  "SSL certificates for your Application Load Balancer", and "Quotas ...", ALB user guide.
 *
 * An ARN says its certificate's name: that of the model's default one with a DNS name behind
 * "certificate/", which is of localhost: "api.localhost", or "*.api.localhost" for all names with
 * one more label. The default's own ARN may be on the list too, as on AWS, and changes nothing.
 */

#include "runtime/alb/error.h"
#include "runtime/alb/group.h"

enum { ALB_CERTIFICATES_MAX = 25, ALB_CERTIFICATE_NAME_MAX = 128 };

struct alb_listener;
struct alb_model;
struct tls_context;

struct alb_certificate {
    char arn[ALB_ARN_MAX + 1];
    struct bytes name;       /* within arn; empty: the default certificate's */
    struct tls_context *tls; /* the door's; NULL: not made yet */
    struct alb_certificate *next;
};

/* Adds those that are not there yet, behind those that are. All or nothing.
 * ALB_OK · CertificateNotFound: an ARN is none of the above · TooManyCertificates: over
 * ALB_CERTIFICATES_MAX of all listeners · InvalidConfigurationRequest: the listener speaks no TLS ·
 * and what the model's doors say, which make the certificates. */
enum alb_error alb_certificates_add(struct alb_listener *listener, const struct bytes *arns,
                                    size_t count, struct alb_why *why) MUST_CHECK;

/* Connections that are open keep it. Harmless where it is not there. */
void alb_certificates_remove(struct alb_listener *listener, struct bytes arn);

/* All of them. */
void alb_certificates_clear(struct alb_listener *listener);

/* That of exactly this name (without case); else that of a wildcard that has it; else NULL: the
 * default one. */
const struct alb_certificate *alb_certificates_choose(const struct alb_listener *listener,
                                                      struct bytes server_name);

#endif
