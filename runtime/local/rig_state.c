#include "runtime/local/rig_state.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "runtime/alb/state.h"
#include "runtime/alb/state_file.h"
#include "runtime/core/limits.h"

#define STATE_FILE "state.json"
#define KEY_FILE "cookie-key"

static bool fail(const struct rig_state *state, const char *file, const char *what,
                 struct alb_why *why)
{
    (void)snprintf(why->text, sizeof why->text, "%.200s/%s: %.250s", state->dir, file, what);
    return false;
}

static const char *file_error(enum rc rc)
{
    return rc == RC_IO ? strerror(errno) : "it is too large, or its path is";
}

/* --- the key --- */

static bool take_key(const struct rig_state *state, struct alb_model *model, struct alb_why *why)
{
    struct buf text;
    struct sticky_key *key = &model->sticky_key;
    buf_init(&text, LIMIT_STATE_BYTES);
    enum rc rc = state_file_read(state->dir, KEY_FILE, &text);
    bool is_whole = rc == RC_OK && text.len == sizeof key->bytes;
    if (is_whole)
        memcpy(key->bytes, text.data, sizeof key->bytes);
    buf_release(&text);
    if (rc == RC_NOT_FOUND) {
        rc = state_file_write(state->dir, KEY_FILE,
                              bytes_make((const char *)key->bytes, sizeof key->bytes));
        is_whole = rc == RC_OK;
    }
    if (is_whole)
        return true;
    return fail(state, KEY_FILE, rc == RC_OK ? "it is no key of 32 bytes" : file_error(rc), why);
}

/* --- the model --- */

bool rig_state_load(struct rig_state *state, const char *dir, struct alb_model *model,
                    bool *is_there, struct alb_why *why)
{
    struct alb_why detail = {{0}};
    *state = (struct rig_state){.dir = dir};
    buf_init(&state->text, LIMIT_STATE_BYTES);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        (void)snprintf(why->text, sizeof why->text, "cannot make '%.300s': %s", dir,
                       strerror(errno));
        return false;
    }
    enum rc rc = state_file_read(dir, STATE_FILE, &state->text);
    *is_there = rc == RC_OK;
    if (rc != RC_OK && rc != RC_NOT_FOUND)
        return fail(state, STATE_FILE, file_error(rc), why);
    if (*is_there && !alb_state_parse(model, buf_bytes(&state->text), &detail))
        return fail(state, STATE_FILE, detail.text, why);
    return take_key(state, model, why);
}

static bool keep(struct alb_model *model, struct alb_why *why)
{
    struct rig_state *state = model->keep_context;
    struct buf text;
    buf_init(&text, LIMIT_STATE_BYTES);
    alb_state_print(model, &text);
    if (text.failed || bytes_eq(buf_bytes(&text), buf_bytes(&state->text))) {
        bool is_same = !text.failed;
        buf_release(&text);
        return is_same || fail(state, STATE_FILE, "there is no memory for it", why);
    }
    enum rc rc = state_file_write(state->dir, STATE_FILE, buf_bytes(&text));
    if (rc != RC_OK) {
        buf_release(&text);
        return fail(state, STATE_FILE, file_error(rc), why);
    }
    buf_release(&state->text);
    state->text = text;
    return true;
}

bool rig_state_keep(struct rig_state *state, struct alb_model *model, struct alb_why *why)
{
    model->keep = keep;
    model->keep_context = state;
    return keep(model, why);
}

void rig_state_release(struct rig_state *state)
{
    buf_release(&state->text);
}
