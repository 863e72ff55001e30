#ifndef RUNTIME_DASHBOARD_WWW_H
#define RUNTIME_DASHBOARD_WWW_H

/*
 * www — the files of the dashboard, put into the program by pipeline/embed_web.sh: those of
 * runtime/dashboard/www/, and Chart.js as Debian's libjs-chart.js has it.
 */

#include "runtime/core/www.h"

/* By the part of the path that is behind /dashboard/. Ends with a NULL name. */
extern const struct www_file dashboard_files[];

#endif
