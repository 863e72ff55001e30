#ifndef RUNTIME_CORE_CONFIG_ROWS_H
#define RUNTIME_CORE_CONFIG_ROWS_H

/*
 * config_rows — the table of settings, for the files of config alone: config.c has it and reads the
 * settings, config_names.c looks for names that are not in it, config_show.c prints it.
 *
 * Layer:   core, private.
 */

#include <stddef.h>

#include "runtime/core/config.h"

enum config_kind { KIND_NUMBER, KIND_TEXT, KIND_SWITCH, KIND_LEVEL, KIND_FORMAT };

struct config_row {
    const char *name;
    enum config_kind kind;
    size_t offset;        /* of its member in struct config */
    const char *fallback; /* NULL: stays unset */
    unsigned min, max;    /* of a number; of a level or format, min is the home that it is for; of a
                           * text, max is the bytes that it may have, 0: any */
};

extern const struct config_row config_rows[];
extern const size_t config_row_count;

/* The words of enum log_level and enum log_format, in their order, as Lambda writes them, with ", "
 * between. */
extern const char config_level_words[];
extern const char config_format_words[];

/* Gives the next of such words, and drops it from `rest`; empty at the end. */
struct bytes config_next_word(struct bytes *rest);

/* What `lookup` knows of `name`. NULL: nothing, or an empty text, which is as good as nothing: that
 * is how a compose file or a template unsets a variable. */
const char *config_look_up(config_lookup_fn *lookup, const char *name);

#endif
