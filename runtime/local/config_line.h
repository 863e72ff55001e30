#ifndef RUNTIME_LOCAL_CONFIG_LINE_H
#define RUNTIME_LOCAL_CONFIG_LINE_H

/* config_line — where a setting stands in a configuration file, for messages about it. */

#include "runtime/core/bytes.h"

/* The line, from 1, of the member `path` ("port", "weights.lambda": two names at most) in `text`,
 * which is one JSON object. Where it is not to be found: 0. */
size_t config_line(struct bytes text, const char *path);

#endif
