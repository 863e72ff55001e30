#ifndef PIPELINE_CANARY_REPORT_SVG_H
#define PIPELINE_CANARY_REPORT_SVG_H

/*
 * report_svg — the panels of the picture, from top to bottom, and where they stand.
 *
 * Layer:   canary. Shared by the files of the report.
 */

#include "pipeline/canary/report_data.h"

/* Pixels. */
enum {
    REPORT_WIDTH = 960,
    REPORT_HEIGHT = 720,
    REPORT_MARGIN = 16,
    REPORT_LEFT = 96, /* of the drawings; names and scales stand before */
    REPORT_RIGHT = 912,
    REPORT_SHARE_TOP = 72,
    REPORT_SHARE_BOTTOM = 182,
    REPORT_ERRORS_TOP = 232,
    REPORT_ERRORS_BOTTOM = 372,
    REPORT_LATENCY_TOP = 422,
    REPORT_LATENCY_BOTTOM = 562,
    REPORT_VERDICTS_TOP = 608,
    REPORT_BOTTOM = 690, /* the axis of time */
};

/* Where a minute stands. */
double report_x(const struct report_data *data, double minute);

void report_put_share(const struct report_data *data, struct buf *out);
void report_put_errors(const struct report_data *data, struct buf *out);
void report_put_latency(const struct report_data *data, struct buf *out);
void report_put_verdicts(const struct report_data *data, struct buf *out);

#endif
