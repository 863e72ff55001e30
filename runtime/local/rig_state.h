#ifndef RUNTIME_LOCAL_RIG_STATE_H
#define RUNTIME_LOCAL_RIG_STATE_H

/*
 * rig_state — the folder of `duet local --state`: what a rig that is started again takes up.
 *
 * Layer:   local. Knows alb, control/kept.h.
 *
 * state.json is the model (alb/state.h), written anew before the answer to each call that changed
 * it; cookie-key is the key of the cookies that bind clients. Nothing but these two is read.
 */

#include "runtime/alb/model.h"
#include "runtime/control/kept.h"

struct rig_state {
    struct kept file; /* state.json */
};

/* Makes the folder where it is missing, and fills `model`, which is empty but for its settings.
 *
 * is_there  out: there was a state, and the model has it
 *
 * false: `why` names the file and what is wrong: it cannot be read, is no state, or of another
 * version; `model` is then of no use */
bool rig_state_load(struct rig_state *state, const char *dir, struct alb_model *model,
                    bool *is_there, struct alb_why *why) MUST_CHECK;

/* Writes the model now, and from now on whenever a call has changed it (model->keep). `state` stays
 * where it is for the model's life. false: `why` says why not. */
bool rig_state_keep(struct rig_state *state, struct alb_model *model,
                    struct alb_why *why) MUST_CHECK;

/* Works on a zeroed struct. */
void rig_state_release(struct rig_state *state);

#endif
