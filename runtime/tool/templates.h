#ifndef RUNTIME_TOOL_TEMPLATES_H
#define RUNTIME_TOOL_TEMPLATES_H

/* templates — the files of runtime/tool/templates/, put into the program by pipeline/embed.sh. */

#include "runtime/core/bytes.h"

struct embedded_file {
    const char *name;
    struct bytes text; /* never empty: a file without a byte would be no C array */
};

/* What `duet init` writes; ends with a NULL name. In them @NAME@ stands for the service's name and
 * @DUET@ for the folder of Duet. */
extern const struct embedded_file tool_templates[];

#endif
