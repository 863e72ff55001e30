#ifndef RUNTIME_ALB_REGEX_H
#define RUNTIME_ALB_REGEX_H

/*
 * regex — regular expressions of rules, by PCRE2, with a limit of what one may cost.
 *
 * Layer:   alb. Knows core/.
 * Threads: no shared state; an expression is one thread's.
 *
 * A match that takes more steps or memory than LIMIT_REGEX_STEPS and LIMIT_REGEX_HEAP_KB is none:
 * the loop that serves all requests waits for it. Expressions see bytes, not characters.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct alb_regex;

enum { ALB_REGEX_WHY_MAX = 160 };

/* Compiles `pattern`. NULL: `why` says why it is no expression, such as "missing closing
 * parenthesis at 3". */
struct alb_regex *alb_regex_new(struct bytes pattern, bool is_caseless,
                                char why[ALB_REGEX_WHY_MAX]) MUST_CHECK;

/* NULL is fine. */
void alb_regex_free(struct alb_regex *regex);

/* true: it matches somewhere in `text`. */
bool alb_regex_matches(const struct alb_regex *regex, struct bytes text);

/* Puts `replacement`, where $1 or ${1} is what the first parenthesis matched and $$ a dollar, in
 * place of the first match.
 *
 * RC_OK         `out` is the new text, in the arena
 * RC_NOT_FOUND  it does not match
 * RC_SYNTAX     the replacement names a parenthesis that is not there
 * RC_NOMEM      no memory, or a limit was met */
enum rc alb_regex_replace(const struct alb_regex *regex, struct bytes text,
                          struct bytes replacement, struct arena *arena,
                          struct bytes *out) MUST_CHECK;

#endif
