#ifndef RUNTIME_FUNCTIONS_FUNCTION_TEXTS_H
#define RUNTIME_FUNCTIONS_FUNCTION_TEXTS_H

/* function_texts — copies of a function's names, paths and variables, checked; for function.c. */

#include "runtime/functions/function.h"

struct function_texts {
    char *name;
    char *program;   /* absolute: the sandboxes start in another folder */
    char *task_root; /* absolute */
    char *version, *handler, *arn;
    char *opt;  /* NULL: it has none */
    char **env; /* ends with NULL */
};

/* Copies from `options`. false: no memory, or the program is not there or not executable; `error`
 * names it. Nothing is left to release then. */
bool function_texts_init(struct function_texts *texts, const struct function_options *options,
                         char *error, size_t error_len) MUST_CHECK;

void function_texts_release(struct function_texts *texts);

#endif
