#ifndef RUNTIME_AWS_PROFILE_H
#define RUNTIME_AWS_PROFILE_H

/*
 * profile — the shared config and credentials files, and the profiles in them ("Shared config and
 * credentials files", AWS SDKs and Tools Reference Guide).
 *
 * Layer:   aws, private.
 * Memory:  all texts are in the asking's arena, each with a NUL behind it.
 *
 * The files are AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/config and
 * ~/.aws/credentials; one that is not there is an empty one. Profiles of one name are one, and what
 * the credentials file says goes before what the config file says.
 */

#include "runtime/aws/sources.h"

struct aws_property {
    struct bytes profile, name, value; /* the name in small letters */
};

struct aws_profiles {
    struct aws_property *properties; /* later ones of one name go before earlier ones */
    size_t count, cap;
};

/* Reads both files. RC_OK · RC_REFUSED: one cannot be read or has a line that is none; `why` names
 * file and line · RC_NOMEM */
enum rc aws_profiles_load(struct aws_asking *asking, struct aws_profiles *profiles) MUST_CHECK;

/* Reads one file's text and adds its properties. `is_config`: profiles but the default one are
 * written "[profile NAME]", other sections are passed over. RC_OK · RC_SYNTAX: `line` is wrong,
 * from 1 · RC_NOMEM */
enum rc aws_profiles_parse(struct arena *arena, struct bytes text, bool is_config,
                           struct aws_profiles *profiles, size_t *line) MUST_CHECK;

/* AWS_PROFILE, else "default". */
struct bytes aws_profile_name(aws_lookup_fn *lookup);

bool aws_profile_exists(const struct aws_profiles *profiles, struct bytes profile);

/* The value of a property, with a NUL behind it; {NULL, 0} when there is none or it is empty. */
struct bytes aws_profile_get(const struct aws_profiles *profiles, struct bytes profile,
                             const char *name);

#endif
