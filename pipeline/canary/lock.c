#include "pipeline/canary/lock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "pipeline/canary/fields.h"
#include "runtime/core/clock.h"

static const char *const words[] = {"none",  "pause",    "resume", "promote",
                                    "abort", "rollback", NULL};

const char *canary_word_name(enum canary_word word)
{
    return word < WORD_SIGNAL ? words[word] : "signal";
}

static enum rc write_state(struct canary_lock *lock, struct canary_state *state, bool overwrite,
                           int64_t *version, char *why)
{
    struct buf text;
    enum rc rc = RC_NOMEM;
    state->expiry_ms = lock->driver->now_ms(lock->driver->context) + lock->lease_ms;
    buf_init(&text, LOCK_STATE_MAX);
    state_print(state, &text);
    if (text.failed) {
        (void)snprintf(why, CANARY_WHY_MAX, "the canary's state has over %d bytes", LOCK_STATE_MAX);
    } else {
        memcpy(lock->text, text.data, text.len);
        lock->text[text.len] = 0;
        rc = lock->driver->note_write(lock->driver->context, lock->name, buf_bytes(&text),
                                      overwrite, version, why);
    }
    buf_release(&text);
    return rc;
}

static enum rc read_note(struct canary_lock *lock, struct canary_note *note, char *why)
{
    enum rc rc = lock->driver->note_read(lock->driver->context, lock->name, note, why);
    if (rc == RC_OK)
        lock->skew_ms = note->modified_ms - lock->driver->now_ms(lock->driver->context);
    return rc;
}

static bool is_our_text(const struct canary_lock *lock, const struct canary_note *note)
{
    return bytes_eq(bytes_make(note->text, note->len), bytes_from_str(lock->text));
}

/* What stands there after a write that failed may be ours all the same. */
enum rc lock_take(struct canary_lock *lock, struct canary_state *state, char *why)
{
    struct canary_note note;
    char unused[CANARY_WHY_MAX];
    enum rc rc = write_state(lock, state, false, &lock->version, why);
    if (rc == RC_OK || rc == RC_NOMEM || read_note(lock, &note, unused) != RC_OK ||
        !is_our_text(lock, &note))
        return rc;
    lock->version = note.version;
    return RC_OK;
}

enum rc lock_read(struct canary_lock *lock, struct canary_state *state, char *why)
{
    struct canary_note note;
    char error[CANARY_WHY_MAX / 2];
    enum rc rc = read_note(lock, &note, why);
    if (rc != RC_OK)
        return rc;
    lock->version = note.version;
    if (state_parse(state, bytes_make(note.text, note.len), error, sizeof error))
        return RC_OK;
    (void)snprintf(why, CANARY_WHY_MAX, "the parameter '%.80s' holds no canary: %s", lock->name,
                   error);
    return RC_SYNTAX;
}

enum rc lock_check(struct canary_lock *lock, char *why)
{
    struct canary_note note;
    enum rc rc = read_note(lock, &note, why);
    if (rc == RC_OK && note.version != lock->version && is_our_text(lock, &note))
        lock->version = note.version;
    if (rc == RC_OK && note.version == lock->version)
        return RC_OK;
    if (rc != RC_OK && rc != RC_NOT_FOUND)
        return rc;
    (void)snprintf(why, CANARY_WHY_MAX, "somebody else has %s the lock '%.80s'",
                   rc == RC_OK ? "written" : "removed", lock->name);
    return RC_CONFLICT;
}

enum rc lock_keep(struct canary_lock *lock, struct canary_state *state, char *why)
{
    int64_t version = 0;
    enum rc rc = lock_check(lock, why);
    if (rc == RC_OK)
        rc = write_state(lock, state, true, &version, why);
    if (rc != RC_OK)
        return rc;
    if (version != lock->version + 1) {
        (void)snprintf(why, CANARY_WHY_MAX,
                       "somebody else writes the lock '%.80s': its version is %" PRId64
                       ", not %" PRId64,
                       lock->name, version, lock->version + 1);
        return RC_CONFLICT;
    }
    lock->version = version;
    return RC_OK;
}

enum rc lock_take_over(struct canary_lock *lock, struct canary_state *state, bool is_forced,
                       char *why)
{
    int64_t now_ms = lock->driver->now_ms(lock->driver->context);
    bool is_idle = state->phase == PHASE_HOLD || state->phase == PHASE_END;
    char host[64] = "somewhere", when[CLOCK_RFC3339_LEN + 1];
    if (!is_forced && !is_idle && now_ms < state->expiry_ms) {
        clock_rfc3339(state->expiry_ms, when);
        (void)snprintf(why, CANARY_WHY_MAX,
                       "%s has the lock '%.80s' until %s; wait, or take it by --force",
                       state->owner, lock->name, when);
        return RC_EXISTS;
    }
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(state->owner, sizeof state->owner, "%s:%d", host, (int)getpid());
    return lock_keep(lock, state, why);
}

enum rc lock_release(struct canary_lock *lock, char *why)
{
    enum rc rc = lock->driver->note_remove(lock->driver->context, lock->name, why);
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* --- words --- */

static void word_note(const struct canary_lock *lock, char *name)
{
    (void)snprintf(name, LOCK_NAME_MAX, "%.*s/word", PLAN_LOCK_MAX, lock->name);
}

enum rc lock_say(struct canary_lock *lock, const char *run, enum canary_word word, char *why)
{
    char name[LOCK_NAME_MAX], text[2 * CANARY_RUN_MAX];
    int64_t version;
    word_note(lock, name);
    (void)snprintf(text, sizeof text, "{\"run\":\"%.*s\",\"word\":\"%s\"}", CANARY_RUN_MAX, run,
                   words[word]);
    return lock->driver->note_write(lock->driver->context, name, bytes_from_str(text), true,
                                    &version, why);
}

enum rc lock_hear(struct canary_lock *lock, const char *run, enum canary_word *word, char *why)
{
    static const char *const known[] = {"run", "word", NULL};
    char name[LOCK_NAME_MAX], error[CANARY_WHY_MAX];
    struct canary_note note;
    struct arena arena;
    cJSON *json;
    word_note(lock, name);
    *word = WORD_NONE;
    enum rc rc = lock->driver->note_read(lock->driver->context, name, &note, why);
    if (rc != RC_OK)
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    arena_init(&arena, 64 * 1024);
    if (json_parse(&arena, bytes_make(note.text, note.len), &json, NULL) == RC_OK) {
        struct fields fields = {.error = error, .error_len = sizeof error};
        struct fields_object root = fields_root(&fields, json, known);
        const char *for_run = "";
        int index = WORD_NONE;
        fields_text(&root, "run", &for_run);
        fields_choice(&root, "word", words, &index);
        if (!fields.has_error && strcmp(for_run, run) == 0)
            *word = (enum canary_word)index;
    }
    arena_release(&arena);
    return RC_OK;
}

enum rc lock_forget(struct canary_lock *lock, char *why)
{
    char name[LOCK_NAME_MAX];
    word_note(lock, name);
    enum rc rc = lock->driver->note_remove(lock->driver->context, name, why);
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}
