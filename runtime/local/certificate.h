#ifndef RUNTIME_LOCAL_CERTIFICATE_H
#define RUNTIME_LOCAL_CERTIFICATE_H

/*
 * certificate — the certificate of the rig's HTTPS listeners, signed by an authority of this
 * folder's own, which people may trust once.
 *
 * Layer:   local. OpenSSL, and the file system.
 * Threads: any; processes that use one folder take turns by a lock on DIR/tls.lock.
 *
 * The certificate is for localhost, 127.0.0.1 and ::1, and the authority may sign for these, and
 * names under localhost, alone (name constraints): whoever trusts it, and loses its key, has lost
 * no other name. In DIR:
 *
 *   ca.pem    the authority, for trust (10 years)      ca-key.pem   its key
 *   tls.pem   the certificate (397 days)               tls-key.pem  its key
 *   tls-NAME.pem, tls-NAME-key.pem   those of a name under localhost, as long as tls.pem
 *
 * Each is written as a whole, and readable for its owner alone.
 */

#include <stdint.h>

#include "runtime/core/bytes.h"

enum { CERTIFICATE_PATH_MAX = 512 };

struct certificate {
    char authority_file[CERTIFICATE_PATH_MAX];
    char cert_file[CERTIFICATE_PATH_MAX], key_file[CERTIFICATE_PATH_MAX];
    bool is_new_authority; /* made by this call: whoever trusted another must trust it anew */
};

/* Makes what is missing in `dir`, a folder that is there; anew, too, what is damaged, does not
 * belong together, or ends soon: a certificate within 30 days, an authority before its next
 * certificate would. `now_epoch_s` is the time by which that is told, and from which new ones hold.
 *
 * false: `error` names the file and what is wrong with it */
bool certificate_keep(const char *dir, int64_t now_epoch_s, struct certificate *out, char *error,
                      size_t error_len) MUST_CHECK;

/* The same for a name under localhost, such as "api.localhost" or "*.api.localhost", in
 * tls-NAME.pem and tls-NAME-key.pem; "_" stands for "*". certificate_keep must have been called
 * before; a name is 200 bytes at most. `out` has the authority and these files. */
bool certificate_keep_name(const char *dir, const char *name, int64_t now_epoch_s,
                           struct certificate *out, char *error, size_t error_len) MUST_CHECK;

#endif
