#ifndef HANDLERS_WWW_H
#define HANDLERS_WWW_H

/*
 * www — the files of the page /sys-stats, put into the program by pipeline/embed_web.sh.
 *
 * They are handlers/www/ and Chart.js, as Debian's libjs-chart.js has it.
 */

#include "runtime/core/bytes.h"

struct www_file {
    const char *name; /* of the path, behind /sys-stats/ */
    struct bytes type;
    struct bytes plain, plain_tag; /* the tag with its quotes, as in an ETag field */
    struct bytes gzip, gzip_tag;
};

/* Ends with a NULL name. */
extern const struct www_file www_files[];

#endif
