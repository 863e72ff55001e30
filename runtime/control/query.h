#ifndef RUNTIME_CONTROL_QUERY_H
#define RUNTIME_CONTROL_QUERY_H

/*
 * query — parameters of AWS's Query protocol: "A.member.2.B=x&C=y" as a tree.
 *
 * Layer:   control. A codec; no I/O.
 * Source:  the AWS Query protocol as Smithy describes it: a structure's member adds ".Name", a
 *          list's item ".member.N" with N from 1.
 */

#include "runtime/control/datum.h"

/* Reads the pieces of `form` into `root`, a map, beside what it has; to be called for the query of
 * the request target and for the body. All values are DATUM_TEXT.
 *
 * Items of a list may come in any order, and numbers may be left out: they are items in the order
 * of their numbers. Empty pieces are passed over.
 *
 * RC_OK · RC_SYNTAX: a broken percent-encoding, a name with an empty part or of other than visible
 * ASCII, one name twice, or a name that is both a value and a structure; `error` names it ·
 * RC_BODY_LIMIT: over LIMIT_CONTROL_ITEMS (an item's number too), LIMIT_CONTROL_DEPTH or
 * LIMIT_CONTROL_NAMES · RC_NOMEM
 */
enum rc query_parse(struct arena *arena, struct bytes form, struct datum *root,
                    struct bytes *error) MUST_CHECK;

#endif
