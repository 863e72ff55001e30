#ifndef PIPELINE_CANARY_RECORDING_H
#define PIPELINE_CANARY_RECORDING_H

/*
 * recording — a run as JSON lines: what the judge saw and said, enough to judge it again.
 *
 * Layer:   canary. Text only; who writes and reads files is the caller.
 * Threads: plain functions.
 *
 * One object a line, each with "type" and "at" (milliseconds since the epoch). These are read back:
 *   {"type":"run","at":..,"plan":"NAME","judge":{POLICY}}
 *       the first line; a later one begins the evidence anew, as resuming a run does
 *   {"type":"step","at":..,"step":1,"share":0.1}
 *       judge_step stands before the first sample that begins "at" or later; shares as parts of 1
 *   {"type":"sample","at":..,"minutes":1,"stable":{SIDE},"canary":{SIDE}}
 *       SIDE: {"requests":900,"errors":3,"latency":[[UPPER_MS,COUNT],..]}; UPPER_MS null: no bound
 *   {"type":"verdict","at":..,"verdict":"pass","checks":[{"check":"errors","verdict":"pass",..}]}
 *   {"type":"end","at":..,"outcome":"promoted"}                  the last line
 * Lines of any other type may stand between them: the replay passes over them, the report lists
 * those that have a "text" member.
 */

#include "pipeline/canary/judge.h"
#include "runtime/core/buf.h"
#include "runtime/json/json.h"

enum { RECORDING_ERROR_BYTES = 200 };

/* Reads a policy: `object` may have any of the members of struct judge_policy by their names, the
 * others keep what judge_policy_init says; NULL is an empty object.
 *
 * path   of `object` in its document, such as "judge": errors begin with it
 * error  out on RC_SYNTAX: "judge.alpha: must be a number above 0 and below 0.5" */
enum rc recording_policy_read(const cJSON *object, const char *path, struct judge_policy *policy,
                              char error[RECORDING_ERROR_BYTES]) MUST_CHECK;

/* Each appends its line to `out`, newline and all; a refusal shows in out->failed. */
void recording_run(struct buf *out, int64_t at_ms, const char *plan,
                   const struct judge_policy *policy);
void recording_step(struct buf *out, int64_t at_ms, unsigned step, double share);
void recording_sample(struct buf *out, const struct judge_sample *sample); /* at: its start_ms */
void recording_verdict(struct buf *out, int64_t at_ms, const struct judge_report *report);
void recording_end(struct buf *out, int64_t at_ms, const char *outcome);

#endif
