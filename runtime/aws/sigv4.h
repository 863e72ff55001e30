#ifndef RUNTIME_AWS_SIGV4_H
#define RUNTIME_AWS_SIGV4_H

/*
 * sigv4 — Signature Version 4 of a request, on OpenSSL's HMAC ("Create a signed AWS API request",
 * IAM User Guide).
 *
 * Layer:   aws, private.
 * Memory:  results are in the arena; the keys derived on the way are wiped.
 * Threads: no state.
 */

#include "runtime/aws/client.h"

enum { SIGV4_HASH_LEN = 64, SIGV4_DATE_LEN = 16 };

struct sigv4_key {
    struct bytes access_key_id, secret_access_key;
    struct bytes session_token; /* empty: none */
    struct bytes region, service;
};

struct sigv4_request {
    struct bytes method;
    struct bytes path;             /* as it is sent, percent-encoded; empty is "/" */
    const struct aws_field *query; /* plain, in any order */
    size_t query_count;
    /* All that are signed, Host among them, but X-Amz-Date and X-Amz-Security-Token, which are
     * added here. In any order and any case. */
    const struct aws_field *fields;
    size_t field_count;
    struct bytes payload_hash; /* sigv4_hash of the body, or "UNSIGNED-PAYLOAD" */
    int64_t time_s;            /* of the signature, since 1970-01-01 UTC */
    /* Both are S3's way. All other services encode the path as it is sent once more, and resolve
     * its ".", ".." and empty segments. */
    bool keeps_path_encoding, keeps_path_segments;
    /* true: the token is sent, but not signed, as a few old services want it. */
    bool is_token_unsigned;
};

struct sigv4_result {
    struct bytes authorization;             /* the value of Authorization */
    struct bytes canonical, string_to_sign; /* what was signed; no secret, but never logged */
    char date[SIGV4_DATE_LEN + 1];          /* the value of X-Amz-Date */
};

/* Writes the SHA-256 of `data` as small hex digits and a NUL. false: OpenSSL refused. */
bool sigv4_hash(struct bytes data, char hex[SIGV4_HASH_LEN + 1]) MUST_CHECK;

/* Writes X-Amz-Date's "20261121T093000Z" and a NUL. */
void sigv4_date(int64_t time_s, char text[SIGV4_DATE_LEN + 1]);

/* Percent-encodes as AWS has it: all but RFC 3986's unreserved characters, and the slash where
 * `keeps_slash`. RC_NOMEM. */
enum rc sigv4_encode(struct arena *arena, struct bytes plain, bool keeps_slash,
                     struct bytes *out) MUST_CHECK;

/* RC_OK · RC_NOMEM · RC_IO: OpenSSL refused */
enum rc sigv4_sign(const struct sigv4_key *key, const struct sigv4_request *request,
                   struct arena *arena, struct sigv4_result *result) MUST_CHECK;

#endif
