#ifndef RUNTIME_AWS_SOURCES_H
#define RUNTIME_AWS_SOURCES_H

/*
 * sources — the places where credentials may be, one function each.
 *
 * Layer:   aws, private.
 * Memory:  what they read is in the asking's arena, which is wiped after it.
 * Threads: no shared state; one asking belongs to one thread.
 */

#include "runtime/aws/credentials.h"
#include "runtime/aws/environment.h"
#include "runtime/core/text.h"

struct aws_asking {
    aws_lookup_fn *lookup;
    int64_t deadline_ms; /* clock_ms_monotonic */
    struct arena *arena;
    struct text *why; /* what a source that fails has to say, in one line without a secret */
};

/* RC_OK: `out` is a reference of the caller's · RC_NOT_FOUND: nothing says that credentials are
 * here · RC_REFUSED: they should be here, and `why` says what is wrong · RC_UNREACHABLE: who gives
 * them does not answer; `why` · RC_TIMEOUT · RC_NOMEM */
typedef enum rc aws_source_fn(struct aws_asking *asking, const struct aws_credentials **out);

/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. */
aws_source_fn aws_source_environment;

/* AWS_WEB_IDENTITY_TOKEN_FILE for the role AWS_ROLE_ARN; the session is AWS_ROLE_SESSION_NAME. */
aws_source_fn aws_source_web_identity;

/* In a job of GitHub Actions with the permission id-token: write, which has
 * ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN: a token of the job for
 * AWS_ROLE_ARN. Each time that is asked there is a new token, so a job may outlast its session. */
aws_source_fn aws_source_github;

/* The profile AWS_PROFILE, or "default", of the shared files; see profile.h. */
aws_source_fn aws_source_profile;

/* AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
 * or AWS_CONTAINER_AUTHORIZATION_TOKEN: a task's role, a pod's. */
aws_source_fn aws_source_container;

/* Where the chain looks, for a message to people. */
#define AWS_SOURCES_TRIED                                                                  \
    "AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, the profile in the shared files and " \
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI have none"

/* The chain in this order ("Standardized credential providers", AWS SDKs and Tools Reference
 * Guide), ended by NULL. */
extern aws_source_fn *const aws_source_chain[];

/* --- what sources share --- */

struct aws_secret_texts {
    struct bytes access_key_id, secret_access_key, session_token;
    struct bytes expiration; /* "2026-11-21T09:30:00Z"; empty: never, or not known */
};

/* Checks that texts are such as can be sent, and makes credentials of them. RC_OK · RC_REFUSED: the
 * text that is missing or wrong is named, and `where` it was · RC_NOMEM */
enum rc aws_source_make(struct aws_asking *asking, const char *where,
                        const struct aws_secret_texts *texts,
                        const struct aws_credentials **out) MUST_CHECK;

/* The file `path`, in the asking's arena, with a NUL behind it. RC_OK · RC_NOT_FOUND: there is none
 * · RC_REFUSED: it cannot be read, or has over a quarter of a megabyte; `why` · RC_NOMEM */
enum rc aws_source_read_file(struct aws_asking *asking, const char *path,
                             struct bytes *out) MUST_CHECK;

/* The token in the file `path`, without white space at its end. A file that is not there is
 * RC_REFUSED too, and `why` says who named it: `where`. */
enum rc aws_source_read_token(struct aws_asking *asking, const char *where, const char *path,
                              struct bytes *out) MUST_CHECK;

#endif
