#ifndef PIPELINE_CANARY_ENGINE_INTERNAL_H
#define PIPELINE_CANARY_ENGINE_INTERNAL_H

/*
 * engine_internal — the engine's parts: how a canary begins or is taken up (engine_begin.c), its
 * turns (engine.c), and what its phase wants to know (engine_look.c). For those alone.
 *
 * Layer:   canary, private.
 */

#include "pipeline/canary/engine.h"

#define ENGINE_SAY(engine, type, ...) out_say((engine)->out, engine_now(engine), type, __VA_ARGS__)

int64_t engine_now(const struct canary_engine *engine);

/* Turn after turn, until the canary ends, is held or is somebody else's. */
enum canary_exit engine_stay(struct canary_engine *engine);

/* Fills the parts of `look` that the phase needs, from the driver. As struct canary_driver says. */
enum rc engine_look(struct canary_engine *engine, struct canary_look *look) MUST_CHECK;

/* Forgets the evidence: the next look gathers it again from state->judged_ms on. false: no memory.
 */
bool engine_evidence_reset(struct canary_engine *engine) MUST_CHECK;

/* A step's share is there: its requests are counted from now on. */
void engine_step_begins(struct canary_engine *engine);

void engine_progress(const struct canary_engine *engine, struct out_progress *progress);

#endif
