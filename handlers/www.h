#ifndef HANDLERS_WWW_H
#define HANDLERS_WWW_H

/*
 * www — the files of the page /sys-stats, put into the program by pipeline/embed_web.sh: those of
 * handlers/www/, and Chart.js as Debian's libjs-chart.js has it.
 */

#include "runtime/core/www.h"

/* By the part of the path that is behind /sys-stats/. Ends with a NULL name. */
extern const struct www_file www_files[];

#endif
