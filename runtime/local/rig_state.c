#include "runtime/local/rig_state.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "runtime/alb/state.h"
#include "runtime/core/limits.h"

#define STATE_FILE "state.json"
#define KEY_FILE "cookie-key"

/* --- the key --- */

static bool take_key(const char *dir, struct alb_model *model, struct alb_why *why)
{
    struct sticky_key *key = &model->sticky_key;
    struct kept file;
    struct buf fresh;
    bool is_there = false;
    kept_init(&file, dir, KEY_FILE);
    bool is_whole = kept_load(&file, &is_there, why->text, sizeof why->text);
    if (is_whole && is_there && file.text.len != sizeof key->bytes) {
        is_whole = kept_fail(&file, "it is no key of 32 bytes", why->text, sizeof why->text);
    } else if (is_whole && is_there) {
        memcpy(key->bytes, file.text.data, sizeof key->bytes);
    } else if (is_whole) {
        buf_init(&fresh, sizeof key->bytes);
        buf_append(&fresh, bytes_make((const char *)key->bytes, sizeof key->bytes));
        is_whole = kept_save(&file, &fresh, why->text, sizeof why->text);
    }
    kept_release(&file);
    return is_whole;
}

/* --- the model --- */

bool rig_state_load(struct rig_state *state, const char *dir, struct alb_model *model,
                    bool *is_there, struct alb_why *why)
{
    struct alb_why detail = {{0}};
    kept_init(&state->file, dir, STATE_FILE);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        (void)snprintf(why->text, sizeof why->text, "cannot make '%.300s': %s", dir,
                       strerror(errno));
        return false;
    }
    if (!kept_load(&state->file, is_there, why->text, sizeof why->text))
        return false;
    if (*is_there && !alb_state_parse(model, buf_bytes(&state->file.text), &detail))
        return kept_fail(&state->file, detail.text, why->text, sizeof why->text);
    return take_key(dir, model, why);
}

static bool keep(struct alb_model *model, struct alb_why *why)
{
    struct rig_state *state = model->keep_context;
    struct buf text;
    buf_init(&text, LIMIT_STATE_BYTES);
    alb_state_print(model, &text);
    return kept_save(&state->file, &text, why->text, sizeof why->text);
}

bool rig_state_keep(struct rig_state *state, struct alb_model *model, struct alb_why *why)
{
    model->keep = keep;
    model->keep_context = state;
    return keep(model, why);
}

void rig_state_release(struct rig_state *state)
{
    kept_release(&state->file);
}
