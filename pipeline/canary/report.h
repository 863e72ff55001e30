#ifndef PIPELINE_CANARY_REPORT_H
#define PIPELINE_CANARY_REPORT_H

/*
 * report — a recorded run as Markdown for a job's summary, and as one SVG picture.
 *
 * Layer:   canary.
 * Threads: plain functions.
 *
 * The picture is one self-contained file in light and dark (prefers-color-scheme), with a title and
 * a description for screen readers: the share over time with the steps, the error rate of both
 * slots with 95 % bounds, their p50, p95 and p99, and a strip with each check's verdicts.
 */

#include "pipeline/canary/replay.h"

/* Both read the lines of `recording` and append to `out`; a refusal shows in out->failed. Errors as
 * of replay_run. */
enum rc report_markdown(struct bytes recording, struct buf *out,
                        char error[RECORDING_ERROR_BYTES]) MUST_CHECK;
enum rc report_svg(struct bytes recording, struct buf *out,
                   char error[RECORDING_ERROR_BYTES]) MUST_CHECK;

/* `duet canary report RECORDING [--svg FILE]`: Markdown to stdout, the picture to FILE. Returns the
 * exit status: 0 · 1 cannot write · 2 bad usage or no recording. */
int canary_report(int argc, char **argv);

#endif
