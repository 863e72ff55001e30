#include <inttypes.h>
#include <stdio.h>

#include "pipeline/guard/guard_engine.h"
#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"

enum { EVENT_MAX = 2048, HISTORY_MOST = 50, NAME_LEN = PLAN_LOCK_MAX + 64 };

static void print_event(const struct guard_engine *engine, int64_t at_ms, const char *type,
                        enum guard_home home, const char *why, struct buf *out)
{
    const struct guard_state *state = &engine->state;
    char when[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(at_ms, when);
    buf_printf(out, "{\"at\":\"%s\",\"act\":\"%s\",", when, type);
    if (home < GUARD_HOMES)
        buf_printf(out, "\"home\":\"%s\",", guard_home_name(home));
    if (state->count) /* before it is read, nothing is known */
        buf_printf(out, "\"phase\":\"%s\",\"lambda\":%.1f,\"fargate\":%.1f,",
                   guard_phase_name(state->phase),
                   100 * guard_share(state, state->wished, GUARD_LAMBDA),
                   100 * guard_share(state, state->wished, GUARD_FARGATE));
    buf_append(out, BYTES_LIT("\"why\":"));
    json_text_string(out, bytes_from_str(why));
    buf_append_char(out, '}');
}

/* The oldest of the history, and how long it is. */
struct counting {
    size_t count;
    char oldest[NAME_LEN];
};

static void count_one(void *context, struct bytes name, struct bytes text)
{
    struct counting *counting = context;
    char copy[NAME_LEN];
    (void)text;
    (void)snprintf(copy, sizeof copy, "%.*s", BYTES_ARG(name));
    if (counting->count++ == 0 || strcmp(copy, counting->oldest) < 0)
        memcpy(counting->oldest, copy, sizeof copy);
}

/* An act that is written twice, because the first answer was lost, is there once. */
static enum rc add_history(struct guard_engine *engine, int64_t at_ms, struct bytes event,
                           char *why)
{
    struct counting counting = {.count = 0};
    const struct canary_driver *world = engine->world;
    char name[NAME_LEN];
    int64_t version;
    (void)snprintf(name, sizeof name, "%.*s/history/%015" PRId64, PLAN_LOCK_MAX,
                   engine->policy->parameter, at_ms);
    enum rc rc = world->note_write(world->context, name, event, true, &version, why);
    name[strlen(name) - 16] = 0;
    if (rc == RC_OK)
        rc = aws_driver_notes(engine->look.driver, name, count_one, &counting, why);
    if (rc == RC_OK && counting.count > HISTORY_MOST)
        rc = world->note_remove(world->context, counting.oldest, why);
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static void print_line(const struct guard_engine *engine, int64_t now_ms, const char *type,
                       const char *why, struct bytes event)
{
    char when[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(now_ms, when);
    if (engine->out.is_json)
        (void)fprintf(engine->out.stream, "%.*s\n", BYTES_ARG(event));
    else
        (void)fprintf(engine->out.stream, "%s  %s: %s\n", when, type, why);
    (void)fflush(engine->out.stream);
}

/* What came of telling, as a line alone. */
static void say_failure(const struct guard_engine *engine, const char *type, const char *error)
{
    struct buf event;
    int64_t now_ms = engine->world->now_ms(engine->world->context);
    buf_init(&event, EVENT_MAX);
    print_event(engine, now_ms, type, GUARD_HOMES, error, &event);
    print_line(engine, now_ms, type, error, buf_bytes(&event));
    buf_release(&event);
}

static void publish(struct guard_engine *engine, const char *type, enum guard_home home,
                    struct bytes event)
{
    char subject[100], error[CANARY_WHY_MAX] = "";
    (void)snprintf(subject, sizeof subject, "duet guard: %s %s", type, guard_home_name(home));
    if (guard_look_publish(&engine->look, subject, event, error) != RC_OK)
        say_failure(engine, "publish", error);
}

void guard_tell(struct guard_engine *engine, const char *type, enum guard_home home,
                const char *why)
{
    int64_t now_ms = engine->world->now_ms(engine->world->context);
    struct buf event;
    buf_init(&event, EVENT_MAX);
    print_event(engine, now_ms, type, home, why, &event);
    print_line(engine, now_ms, type, why, buf_bytes(&event));
    buf_release(&event);
}

void guard_tell_act(struct guard_engine *engine)
{
    struct guard_untold *act = &engine->state.untold;
    char error[CANARY_WHY_MAX] = "";
    struct buf event;
    buf_init(&event, EVENT_MAX);
    print_event(engine, act->at_ms, act->act, act->home, act->why, &event);
    bool is_said = engine->said_ms == act->at_ms;
    if (!is_said)
        print_line(engine, act->at_ms, act->act, act->why, buf_bytes(&event));
    enum rc rc = add_history(engine, act->at_ms, buf_bytes(&event), error);
    if (rc != RC_OK && !is_said)
        say_failure(engine, "history", error);
    if (!is_said)
        publish(engine, act->act, act->home, buf_bytes(&event));
    engine->said_ms = act->at_ms;
    if (rc == RC_OK || rc == RC_REFUSED)
        act->at_ms = 0;
    buf_release(&event);
}
