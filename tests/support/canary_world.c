#include "tests/support/canary_world.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { A, B, X, GROUPS, LEASE_MS = 60000 };

struct canary_world canary_world;

/* --- faults --- */

/* true: the call is not done. */
static bool is_stopped(struct canary_world *world, enum world_call kind, enum rc *rc, char *why)
{
    size_t index = world->calls++;
    *rc = RC_OK;
    (void)snprintf(why, CANARY_WHY_MAX, "call %zu fails", index);
    if (world->is_dead)
        *rc = RC_UNREACHABLE;
    else if (world->fault == WORLD_BROKEN && kind == world->broken && index >= world->at)
        *rc = world->rc;
    else if (index != world->at)
        return false;
    else if (world->fault == WORLD_FAILS)
        *rc = world->rc;
    else if (world->fault == WORLD_KILLED)
        *rc = RC_UNREACHABLE;
    world->is_dead |= index == world->at && world->fault == WORLD_KILLED;
    return *rc != RC_OK;
}

/* What the caller hears of a call that was done. */
static enum rc end(struct canary_world *world, enum rc rc)
{
    if (world->is_dead || world->calls - 1 != world->at)
        return rc;
    world->is_dead = world->fault == WORLD_KILLED_AFTER;
    if (world->is_dead)
        return RC_UNREACHABLE;
    return world->fault == WORLD_LOSES_ANSWER ? world->rc : rc;
}

#define BEGIN(kind)                        \
    struct canary_world *world = context;  \
    enum rc rc;                            \
    if (is_stopped(world, kind, &rc, why)) \
    return rc

/* --- clock --- */

static int64_t now_ms(void *context)
{
    return ((struct canary_world *)context)->now_ms;
}

static bool wait_ms(void *context, int64_t ms)
{
    struct canary_world *world = context;
    bool was_signalled = world->is_signalled;
    world->now_ms += ms;
    world->is_signalled = false;
    if (world->on_wait && !world->is_dead)
        world->on_wait(world);
    return !was_signalled;
}

/* --- rule --- */

static enum rc rule_read(void *context, struct canary_rule *rule, char *why)
{
    BEGIN(WORLD_RULE_READ);
    memcpy(rule, &world->rule, sizeof *rule);
    return end(world, RC_OK);
}

static enum rc rule_write(void *context, const struct canary_rule *rule, char *why)
{
    BEGIN(WORLD_RULE_WRITE);
    memcpy(&world->rule, rule, sizeof *rule);
    cr_assert_lt(world->write_count, (size_t)WORLD_WRITES);
    world->written_ms[world->write_count] = world->now_ms;
    memcpy(world->writes[world->write_count++], rule->weights, sizeof rule->weights);
    return end(world, RC_OK);
}

/* --- notes --- */

static struct world_note *find(struct canary_world *world, const char *name)
{
    for (size_t i = 0; i < WORLD_NOTES; i++)
        if (strcmp(world->notes[i].name, name) == 0)
            return &world->notes[i];
    return NULL;
}

static enum rc note_read(void *context, const char *name, struct canary_note *note, char *why)
{
    BEGIN(WORLD_NOTE_READ);
    const struct world_note *found = find(world, name);
    if (found)
        *note = (struct canary_note){.text = found->text,
                                     .len = strlen(found->text),
                                     .version = found->version,
                                     .modified_ms = found->modified_ms + world->skew_ms};
    return end(world, found ? RC_OK : RC_NOT_FOUND);
}

static enum rc note_write(void *context, const char *name, struct bytes text, bool overwrite,
                          int64_t *version, char *why)
{
    BEGIN(WORLD_NOTE_WRITE);
    struct world_note *note = find(world, name);
    if (note && !overwrite)
        return end(world, RC_EXISTS);
    if (!note)
        note = find(world, "");
    cr_assert(note && text.len < sizeof note->text, "%s: %zu bytes", name, text.len);
    (void)snprintf(note->name, sizeof note->name, "%s", name);
    memcpy(note->text, text.ptr, text.len);
    note->text[text.len] = 0;
    note->modified_ms = world->now_ms;
    *version = ++note->version;
    return end(world, RC_OK);
}

static enum rc note_remove(void *context, const char *name, char *why)
{
    BEGIN(WORLD_NOTE_REMOVE);
    struct world_note *note = find(world, name);
    if (note)
        *note = (struct world_note){.version = 0};
    return end(world, note ? RC_OK : RC_NOT_FOUND);
}

/* --- traffic --- */

static void fill(const struct canary_world *world, double share, double errors, double ms,
                 double seconds, struct judge_bin *bins, struct judge_side *side)
{
    static const double bounds[WORLD_BINS] = {0.5, 1, 2, 5},
                        parts[WORLD_BINS] = {0.5, 0.9, 0.98, 1};
    uint64_t counted = 0;
    side->requests = (uint64_t)(world->requests_per_s * share * seconds);
    side->errors = (uint64_t)((double)side->requests * errors);
    for (int i = 0; i < WORLD_BINS; i++) {
        uint64_t upto = (uint64_t)((double)side->requests * parts[i]);
        bins[i] = (struct judge_bin){.upper_ms = bounds[i] * ms, .count = upto - counted};
        counted = upto;
    }
    side->bins = bins;
    side->bin_count = WORLD_BINS;
}

/* The weights at that time: metrics remember. */
static const unsigned *weights_at(const struct canary_world *world, int64_t at_ms)
{
    const unsigned *weights = world->first;
    for (size_t i = 0; i < world->write_count && world->written_ms[i] <= at_ms; i++)
        weights = world->writes[i];
    return weights;
}

static enum rc sample(void *context, const struct canary_state *state, int64_t start_ms,
                      int64_t end_ms, struct judge_sample *out, char *why)
{
    BEGIN(WORLD_SAMPLE);
    double seconds = (double)(end_ms - start_ms) / 1000;
    const unsigned *weights = weights_at(world, start_ms);
    fill(world, shares_of(weights, GROUPS, state->stable), world->stable_errors, 10, seconds,
         world->bins[0], &out->stable);
    fill(world, world->bend * shares_of(weights, GROUPS, state->canary), world->canary_errors,
         world->canary_ms, seconds, world->bins[1], &out->canary);
    if (world->has_past && start_ms < world->begun_ms)
        out->canary.requests = out->canary.errors = (uint64_t)world->requests_per_s;
    return end(world, RC_OK);
}

/* --- what is asked and done besides --- */

static enum rc prepare(void *context, const struct canary_state *state, double part, char *why)
{
    (void)state;
    BEGIN(WORLD_PREPARE);
    cr_expect(part > 0 && part <= 1);
    return end(world, world->prepared);
}

static enum rc smoke(void *context, const struct canary_state *state, char *why)
{
    (void)state;
    BEGIN(WORLD_SMOKE);
    return end(world, world->smoked);
}

static enum rc alarms(void *context, const struct canary_state *state, char *why)
{
    (void)state;
    BEGIN(WORLD_ALARMS);
    return end(world, world->is_alarmed ? RC_CONFLICT : RC_OK);
}

static enum rc hooks(void *context, const struct canary_state *state, enum plan_point point,
                     char *why)
{
    struct canary_world *world = context;
    (void)state;
    world->hooks[point] += !world->is_dead;
    (void)snprintf(why, CANARY_WHY_MAX, "the hook %s says no", plan_point_name(point));
    return point == world->bad_hook ? RC_CONFLICT : RC_OK;
}

static enum rc retire(void *context, const struct canary_state *state, size_t index, char *why)
{
    struct canary_world *world = context;
    (void)state;
    (void)why;
    world->retired = (int)index;
    return RC_OK;
}

/* --- for tests --- */

void canary_world_init(void)
{
    static const char *const names[GROUPS] = {"a", "b", "x"};
    canary_world =
        (struct canary_world){.driver = {.context = &canary_world,
                                         .now_ms = now_ms,
                                         .wait = wait_ms,
                                         .rule_read = rule_read,
                                         .rule_write = rule_write,
                                         .note_read = note_read,
                                         .note_write = note_write,
                                         .note_remove = note_remove,
                                         .prepare = prepare,
                                         .smoke = smoke,
                                         .sample = sample,
                                         .alarms = alarms,
                                         .hooks = hooks,
                                         .retire = retire},
                              .now_ms = INT64_C(1795253400000),
                              .requests_per_s = 1000,
                              .bend = 1,
                              .canary_ms = 10,
                              .bad_hook = PLAN_POINTS,
                              .retired = -1,
                              .rule = {.count = GROUPS, .weights = {[A] = 50, [X] = 50}}};
    canary_world.begun_ms = canary_world.now_ms;
    memcpy(canary_world.first, canary_world.rule.weights, sizeof canary_world.first);
    (void)snprintf(canary_world.rule.arn, CANARY_ARN_MAX,
                   "arn:aws:elasticloadbalancing:r:1:listener-rule/app/lb/1/2/3");
    for (int i = 0; i < GROUPS; i++)
        (void)snprintf(canary_world.rule.groups[i], CANARY_ARN_MAX,
                       "arn:aws:elasticloadbalancing:r:1:targetgroup/%s/0", names[i]);
}

void canary_world_revive(void)
{
    canary_world.is_dead = false;
    canary_world.fault = WORLD_WELL;
    canary_world.calls = 0;
    canary_world.now_ms += 10 * LEASE_MS; /* nobody has the lock any more */
}

static enum canary_exit run(const char *text, enum canary_word word, bool is_forced)
{
    struct canary_engine engine;
    struct plan plan;
    char error[CANARY_WHY_MAX] = "";
    struct canary_out out = {.stream = canary_world.stream};
    cr_assert(plan_parse(&plan, "plan.json", bytes_from_str(text), error, sizeof error), "%s",
              error);
    cr_assert(engine_init(&engine, &plan, &canary_world.driver, &out, error, sizeof error), "%s",
              error);
    enum canary_exit code =
        word == WORD_NONE ? engine_run(&engine) : engine_go_on(&engine, word, is_forced);
    engine_release(&engine);
    plan_release(&plan);
    return code;
}

enum canary_exit canary_world_run(const char *plan)
{
    return run(plan, WORD_NONE, false);
}

enum canary_exit canary_world_go_on(const char *plan, enum canary_word word, bool is_forced)
{
    return run(plan, word, is_forced);
}

bool canary_world_has(unsigned a, unsigned b, unsigned x)
{
    const unsigned *weights = canary_world.rule.weights;
    return weights[A] == a && weights[B] == b && weights[X] == x;
}

const char *canary_world_note(const char *name)
{
    const struct world_note *note = find(&canary_world, name);
    return note ? note->text : NULL;
}

void canary_world_expect_no_lock(void)
{
    const char *text = canary_world_note("/duet/canary");
    cr_expect_null(text, "%s", text);
}
