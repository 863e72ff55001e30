#include "runtime/dashboard/canaries.h"

#include <errno.h>
#include <stdio.h>

#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"
#include "runtime/core/problem.h"
#include "runtime/dashboard/controls.h"
#include "runtime/json/json.h"

enum { ARENA_BYTES = 256 * 1024, NAME_BYTES = 1024, WORD_BYTES = 256 };

static const struct bytes folder = BYTES_INIT("/duet/");
static const struct bytes past = BYTES_INIT("/history/"); /* behind a lock's name */

/* --- which parameters are canaries --- */

static bool is_past(const struct parameter *parameter)
{
    return memmem(parameter->name.ptr, parameter->name.len, past.ptr, past.len) != NULL;
}

/* NULL: it is none. */
static const cJSON *state_of(const struct parameter *parameter, struct arena *arena)
{
    cJSON *json;
    if (parameter->type != PARAMETER_STRING || !bytes_starts_with(parameter->name, folder) ||
        json_parse(arena, parameter->newest->value, &json, NULL) != RC_OK)
        return NULL;
    bool is_state = cJSON_IsString(cJSON_GetObjectItemCaseSensitive(json, "run")) &&
                    cJSON_IsString(cJSON_GetObjectItemCaseSensitive(json, "phase")) &&
                    cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(json, "expiry")) &&
                    cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(json, "groups"));
    return is_state ? json : NULL;
}

/* The newest of one kind, newest first. */
struct newest {
    const struct parameter *items[CANARIES_LIVE_MAX + CANARIES_PAST_MAX];
    size_t count, most;
};

static void take(struct newest *newest, const struct parameter *parameter)
{
    size_t at = newest->count;
    if (newest->count < newest->most)
        newest->count++;
    else if (newest->items[--at]->newest->modified_ms >= parameter->newest->modified_ms)
        return;
    for (; at > 0 && newest->items[at - 1]->newest->modified_ms < parameter->newest->modified_ms;
         at--)
        newest->items[at] = newest->items[at - 1];
    newest->items[at] = parameter;
}

static void find(const struct parameters *parameters, struct newest *live, struct newest *ended)
{
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    for (const struct parameter *each = parameters->first; each; each = each->next) {
        if (state_of(each, &arena))
            take(is_past(each) ? ended : live, each);
        arena_reset(&arena);
    }
    arena_release(&arena);
}

/* --- printing --- */

/* White space between JSON's tokens may be line ends, which would end an event. */
static void print_value(struct buf *out, struct bytes value)
{
    for (size_t i = 0; i < value.len; i++)
        buf_append_char(out, (unsigned char)value.ptr[i] < ' ' ? ' ' : value.ptr[i]);
}

static const char *print_all(struct buf *out, const struct newest *newest, const char *comma)
{
    for (size_t i = 0; i < newest->count; i++) {
        buf_printf(out, "%s{\"lock\":", comma);
        json_text_string(out, newest->items[i]->name);
        buf_printf(out, ",\"state\":");
        print_value(out, newest->items[i]->newest->value);
        buf_append_char(out, '}');
        comma = ",";
    }
    return comma;
}

void canaries_print(const struct parameters *parameters, struct buf *out)
{
    struct newest live = {.most = CANARIES_LIVE_MAX}, ended = {.most = CANARIES_PAST_MAX};
    if (parameters)
        find(parameters, &live, &ended);
    buf_append_char(out, '[');
    (void)print_all(out, &ended, print_all(out, &live, ""));
    buf_append_char(out, ']');
}

/* --- words --- */

static bool refuse(const struct http_request *req, struct http_response *res, int status,
                   const char *why)
{
    problem_set(res, req->arena, status, status == 409 ? "nobody-obeys" : "bad-word", "%s", why);
    return false;
}

static bool is_word(struct bytes word)
{
    static const char *const words[] = {"pause", "resume", "promote", "rollback"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_eq(word, bytes_from_str(words[i])))
            return true;
    return false;
}

static bool obeys(const struct http_request *req, struct http_response *res, const cJSON *state)
{
    struct bytes phase = json_bytes(cJSON_GetObjectItemCaseSensitive(state, "phase"));
    const cJSON *expiry = cJSON_GetObjectItemCaseSensitive(state, "expiry");
    if (bytes_eq(phase, BYTES_LIT("hold")))
        return refuse(req, res, 409, "it is held, and no process runs it: use duet canary");
    if (bytes_eq(phase, BYTES_LIT("end")))
        return refuse(req, res, 409, "it has ended");
    if ((double)clock_ms_epoch() > expiry->valuedouble)
        return refuse(req, res, 409, "its process is silent: use duet canary");
    return true;
}

struct word {
    struct bytes lock, run, word;
};

static bool read_call(const struct parameters *parameters, const struct http_request *req,
                      struct http_response *res, struct word *out)
{
    cJSON *json;
    if (json_parse(req->arena, req->body, &json, NULL) != RC_OK || !cJSON_IsObject(json))
        return refuse(req, res, 400, "the body is no JSON object");
    *out = (struct word){json_bytes(cJSON_GetObjectItemCaseSensitive(json, "lock")),
                         json_bytes(cJSON_GetObjectItemCaseSensitive(json, "run")),
                         json_bytes(cJSON_GetObjectItemCaseSensitive(json, "word"))};
    if (!is_word(out->word))
        return refuse(req, res, 400, "'word' must be pause, resume, promote or rollback");
    const struct parameter *parameter = parameters ? parameters_find(parameters, out->lock) : NULL;
    const cJSON *state = parameter ? state_of(parameter, req->arena) : NULL;
    if (!state || is_past(parameter))
        return refuse(req, res, 400, "'lock' is no parameter of a canary");
    if (!bytes_eq(json_bytes(cJSON_GetObjectItemCaseSensitive(state, "run")), out->run))
        return refuse(req, res, 409, "another run has begun meanwhile");
    return obeys(req, res, state);
}

static enum rc leave(struct parameters *parameters, const struct word *word)
{
    char name[NAME_BYTES];
    struct buf text;
    buf_init(&text, WORD_BYTES);
    buf_printf(&text, "{\"run\":");
    json_text_string(&text, word->run);
    buf_printf(&text, ",\"word\":\"%.*s\"}", BYTES_ARG(word->word));
    (void)snprintf(name, sizeof name, "%.*s/word", BYTES_ARG(word->lock));
    const struct parameter_put put = {.name = bytes_from_str(name),
                                      .value = buf_bytes(&text),
                                      .type = PARAMETER_STRING,
                                      .now_ms = clock_ms_epoch()};
    const struct parameter *made;
    enum rc rc = text.failed ? RC_NOMEM : parameters_put(parameters, &put, &made);
    buf_release(&text);
    return rc;
}

void canaries_answer(struct parameters *parameters, const char *token,
                     const struct http_request *req, struct http_response *res)
{
    struct word word;
    if (!controls_permit(token, req, res) || !read_call(parameters, req, res, &word))
        return;
    if (leave(parameters, &word) == RC_OK)
        res->status = 204;
    else
        problem_set(res, req->arena, 500, "not-kept", "the word cannot be kept: %s",
                    strerror(errno));
}
