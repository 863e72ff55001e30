/* Whatever call of a guard fails, and wherever its process is killed: the next one ends right.
 *
 * link: -Wl,--wrap=aws_group_health -Wl,--wrap=aws_driver_notes
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/guard/guard_engine.h"
#include "tests/support/canary_world.h"

static const char policy_text[] =
    "{\"rule\":{\"arn\":\"x\"},\"metrics\":{\"windows\":0},\"health\":{\"looks\":2}}";

enum { LAMBDA_WEIGHT = 60, FARGATE_WEIGHT = 40, ILL_AFTER_MS = 7 * 1000, LIFE_MS = 40 * 1000 };

static struct guard_world_of_calls {
    int64_t ill_ms, well_ms; /* when the Fargate home loses its targets, and has them again */
    struct canary_driver driver;
    struct buf lines; /* what the guards have said */
    bool is_clearing; /* a process is `clear`, no guard */
    bool is_lazy;     /* for a while, reads of a note give what was there before */
    struct world_note before;
    void (*on_keep)(void); /* after a write of the guard's state; or NULL */
} world;

/* --- the calls that struct canary_driver does not have --- */

enum rc __wrap_aws_group_health(struct aws_driver *driver, const char *arn,
                                struct aws_health *health, char *why);
enum rc __wrap_aws_driver_notes(struct aws_driver *driver, const char *path,
                                aws_driver_note_fn *on_note, void *context, char *why);

enum rc __wrap_aws_group_health(struct aws_driver *driver, const char *arn,
                                struct aws_health *health, char *why)
{
    int64_t now_ms = canary_world.now_ms;
    bool is_ill = now_ms >= world.ill_ms && now_ms < world.well_ms && strstr(arn, "fargate");
    (void)driver;
    (void)snprintf(why, CANARY_WHY_MAX, "nobody is there");
    *health = (struct aws_health){.healthy = is_ill ? 0 : 2, .total = 2};
    return canary_world.is_dead ? RC_UNREACHABLE : RC_OK;
}

enum rc __wrap_aws_driver_notes(struct aws_driver *driver, const char *path,
                                aws_driver_note_fn *on_note, void *context, char *why)
{
    (void)driver;
    (void)why;
    for (size_t i = 0; i < WORLD_NOTES && !canary_world.is_dead; i++)
        if (strncmp(canary_world.notes[i].name, path, strlen(path)) == 0)
            on_note(context, bytes_from_str(canary_world.notes[i].name),
                    bytes_from_str(canary_world.notes[i].text));
    return canary_world.is_dead ? RC_UNREACHABLE : RC_OK;
}

static enum rc lazy_read(void *context, const char *name, struct canary_note *note, char *why)
{
    bool is_old = world.is_lazy && strcmp(world.before.name, name) == 0 &&
                  canary_world.now_ms - world.before.modified_ms < 2000;
    enum rc rc = world.driver.note_read(context, name, note, why);
    if (!is_old || rc != RC_OK)
        return rc;
    note->text = world.before.text;
    note->len = strlen(note->text);
    note->version = world.before.version;
    return world.before.version ? RC_OK : RC_NOT_FOUND;
}

/* Keeps what was there before, with the time of the write. */
static enum rc lazy_write(void *context, const char *name, struct bytes text, bool overwrite,
                          int64_t *version, char *why)
{
    const struct world_note *found = NULL;
    for (size_t i = 0; i < WORLD_NOTES && strcmp(name, "/duet/guard") == 0; i++)
        if (strcmp(canary_world.notes[i].name, name) == 0)
            found = &canary_world.notes[i];
    struct world_note before = found ? *found : (struct world_note){.version = 0};
    enum rc rc = world.driver.note_write(context, name, text, overwrite, version, why);
    if (strcmp(name, "/duet/guard") != 0 || rc != RC_OK)
        return rc;
    world.before = before;
    world.before.modified_ms = canary_world.now_ms;
    (void)snprintf(world.before.name, sizeof world.before.name, "%s", name);
    if (world.on_keep)
        world.on_keep();
    return rc;
}

/* --- lives of guards --- */

static void begin_world(enum world_fault fault, size_t at, enum rc rc)
{
    canary_world_init();
    struct canary_rule *rule = &canary_world.rule;
    rule->count = 2;
    rule->weights[0] = LAMBDA_WEIGHT;
    rule->weights[1] = FARGATE_WEIGHT;
    (void)snprintf(rule->groups[0], CANARY_ARN_MAX, "arn:aws:e:r:1:targetgroup/d-lambda-a/0");
    (void)snprintf(rule->groups[1], CANARY_ARN_MAX, "arn:aws:e:r:1:targetgroup/d-fargate-a/0");
    canary_world.fault = fault;
    canary_world.at = at;
    canary_world.rc = rc;
    world.ill_ms = canary_world.now_ms + ILL_AFTER_MS;
    world.well_ms = INT64_MAX;
    world.driver = canary_world.driver;
    world.is_lazy = world.is_clearing = false;
    world.on_keep = NULL;
    buf_release(&world.lines);
    buf_init(&world.lines, 1 << 20);
}

static const char *lookup(const char *name)
{
    (void)name;
    return NULL;
}

/* A process: from its begin until so long after it. */
static enum guard_exit live(int64_t ms)
{
    struct guard_policy policy;
    struct guard_engine engine;
    char error[512] = "", *text = NULL;
    size_t len = 0;
    cr_assert(
        guard_policy_parse(&policy, "policy", bytes_from_str(policy_text), error, sizeof error),
        "%s", error);
    const struct aws_driver_options options = {.plan = &policy.plan, .lookup = lookup};
    struct aws_driver *driver = aws_driver_new(&options);
    cr_assert_not_null(driver);
    driver->interface = canary_world.driver;
    driver->interface.note_read = lazy_read;
    driver->interface.note_write = lazy_write;
    const struct guard_out out = {.stream = open_memstream(&text, &len)};
    cr_assert(guard_engine_init(&engine, &policy, driver, out, lookup, error, sizeof error), "%s",
              error);
    const struct guard_run run = {.end_ms = canary_world.now_ms + ms};
    enum guard_exit code =
        world.is_clearing ? guard_engine_clear(&engine) : guard_engine_run(&engine, &run);
    (void)fclose(out.stream);
    buf_append(&world.lines, bytes_make(text, len));
    free(text);
    guard_engine_release(&engine);
    aws_driver_free(driver);
    guard_policy_release(&policy);
    return code;
}

static bool has_weights(unsigned lambda, unsigned fargate)
{
    const unsigned *weights = canary_world.rule.weights;
    return (weights[0] == 0) == (lambda == 0) && (weights[1] == 0) == (fargate == 0) &&
           weights[0] * (lambda + fargate) == lambda * (weights[0] + weights[1]);
}

#define EXPECT_WEIGHTS(lambda, fargate, at)                                                     \
    cr_expect(has_weights(lambda, fargate), "call %zu: %u and %u\n%.*s", (size_t)(at),          \
              canary_world.rule.weights[0], canary_world.rule.weights[1], (int)world.lines.len, \
              world.lines.data)

/* Acts of the history that hold `text`. */
static unsigned told(const char *text)
{
    unsigned count = 0;
    for (size_t i = 0; i < WORLD_NOTES; i++)
        count += strncmp(canary_world.notes[i].name, "/duet/guard/history/", 20) == 0 &&
                 strstr(canary_world.notes[i].text, text) != NULL;
    return count;
}

static size_t count_calls(void)
{
    begin_world(WORLD_WELL, ~(size_t)0, RC_OK);
    cr_assert_eq(live(LIFE_MS), GUARD_DONE);
    EXPECT_WEIGHTS(1, 0, 0);
    cr_assert_eq(told("\"act\":\"move\",\"home\":\"fargate\""), 1u);
    return canary_world.calls;
}

/* Kills a guard at each call, and calls `next` where nobody has the lease any more. */
static void kill_everywhere(void (*next)(size_t at))
{
    size_t count = count_calls();
    cr_assert_gt(count, 30u);
    for (size_t at = 0; at < 2 * count; at++) {
        begin_world(at % 2 ? WORLD_KILLED : WORLD_KILLED_AFTER, at / 2, RC_UNREACHABLE);
        (void)live(LIFE_MS);
        canary_world_revive();
        next(at / 2);
    }
}

static void find_it_ill(size_t at)
{
    cr_expect_eq(live(LIFE_MS), GUARD_DONE);
    EXPECT_WEIGHTS(1, 0, at);
    cr_expect_geq(told("fargate fails: no healthy target of 2"), 1u, "call %zu: it is told: %s", at,
                  world.lines.data);
    world.well_ms = canary_world.now_ms;
    cr_expect_eq(live(1200 * 1000), GUARD_DONE);
    EXPECT_WEIGHTS(LAMBDA_WEIGHT, FARGATE_WEIGHT, at);
}

Test(guard_faults, killed_at_any_call_the_next_one_finds_the_home_still_ill)
{
    kill_everywhere(find_it_ill);
}

static void find_it_well(size_t at)
{
    bool was_moved = has_weights(1, 0);
    world.well_ms = canary_world.now_ms;
    cr_expect_eq(live(10 * 1000), GUARD_DONE);
    cr_expect(was_moved || has_weights(LAMBDA_WEIGHT, FARGATE_WEIGHT),
              "call %zu: it is well, and was not left", at);
    cr_expect_eq(live(1200 * 1000), GUARD_DONE);
    EXPECT_WEIGHTS(LAMBDA_WEIGHT, FARGATE_WEIGHT, at);
    cr_expect(!was_moved || told("fargate fails: no healthy target of 2") == 1,
              "call %zu: what was done is told", at);
}

Test(guard_faults, killed_at_any_call_the_next_one_finds_the_home_well)
{
    kill_everywhere(find_it_well);
}

static void find_a_person(size_t at)
{
    canary_world.rule.weights[0] = 77;
    canary_world.rule.weights[1] = 23;
    world.well_ms = canary_world.now_ms;
    cr_expect_eq(live(1200 * 1000), GUARD_DONE);
    EXPECT_WEIGHTS(77, 23, at);
}

Test(guard_faults, killed_at_any_call_the_next_one_finds_a_persons_weights)
{
    kill_everywhere(find_a_person);
}

static void find_other_groups(size_t at)
{
    (void)snprintf(canary_world.rule.groups[1], CANARY_ARN_MAX,
                   "arn:aws:e:r:1:targetgroup/d-fargate-b/0");
    canary_world.rule.weights[0] = 77;
    canary_world.rule.weights[1] = 23;
    world.well_ms = canary_world.now_ms;
    cr_expect_eq(live(1200 * 1000), GUARD_DONE);
    EXPECT_WEIGHTS(77, 23, at);
}

Test(guard_faults, killed_at_any_call_the_next_one_finds_other_groups)
{
    kill_everywhere(find_other_groups);
}

/* One call fails, or is done and its answer is lost, or is garbage. */
Test(guard_faults, one_lost_answer_changes_nothing)
{
    static const enum rc codes[] = {RC_THROTTLED, RC_UNREACHABLE, RC_TIMEOUT, RC_SYNTAX};
    size_t count = count_calls();
    for (size_t at = 0; at < 8 * count; at++) {
        size_t call = at / 8;
        enum rc rc = codes[at % 4];
        begin_world(at % 8 < 4 ? WORLD_LOSES_ANSWER : WORLD_FAILS, call, rc);
        enum guard_exit code = live(LIFE_MS);
        if (rc == RC_SYNTAX && code == GUARD_BROKEN) {
            cr_expect_null(memmem(world.lines.data, world.lines.len, "begin:", strlen("begin:")),
                           "garbage at call %zu, after its begin", call);
            continue;
        }
        cr_expect_eq(code, GUARD_DONE, "call %zu, %s: exit %d\n%.*s", call, rc_name(rc), (int)code,
                     (int)world.lines.len, world.lines.data);
        EXPECT_WEIGHTS(1, 0, call);
        cr_expect_eq(told("fargate fails: no healthy target of 2"), 1u,
                     "call %zu, %s: told %u\n%.*s", call, rc_name(rc), told("fargate fails"),
                     (int)world.lines.len, world.lines.data);
    }
}

/* --- others, in the worst moment --- */

Test(guard_faults, reads_that_are_late_are_nobody_elses_doing)
{
    begin_world(WORLD_WELL, ~(size_t)0, RC_OK);
    world.is_lazy = true;
    cr_expect_eq(live(LIFE_MS), GUARD_DONE, "%.*s", (int)world.lines.len, world.lines.data);
    EXPECT_WEIGHTS(1, 0, 0);
    canary_world.now_ms += 5000;
    world.well_ms = canary_world.now_ms;
    cr_expect_eq(live(1200 * 1000), GUARD_DONE);
    EXPECT_WEIGHTS(LAMBDA_WEIGHT, FARGATE_WEIGHT, 0);
    cr_expect_eq(told("\"act\":\"move\""), 1u);
}

static bool is_kept_away(void)
{
    const char *state = canary_world_note("/duet/guard");
    return state && strstr(state, "\"phase\":\"away\"") != NULL;
}

/* A canary takes its lock when the guard has just kept what it wishes. */
static void begin_canary(void)
{
    int64_t version;
    char why[CANARY_WHY_MAX];
    if (!is_kept_away())
        return;
    world.on_keep = NULL;
    cr_assert_eq(world.driver.note_write(&canary_world, "/duet/canary", BYTES_LIT("canary"), false,
                                         &version, why),
                 RC_OK);
}

Test(guard_faults, a_canary_that_begins_right_before_a_write_has_the_rule)
{
    char why[CANARY_WHY_MAX];
    begin_world(WORLD_WELL, ~(size_t)0, RC_OK);
    world.on_keep = begin_canary;
    cr_expect_eq(live(LIFE_MS), GUARD_DONE);
    EXPECT_WEIGHTS(LAMBDA_WEIGHT, FARGATE_WEIGHT, 0);
    cr_expect_eq(told("\"act\":\"move\""), 0u);
    cr_expect_eq(told("a canary has the lock"), 1u, "that a home fails is told");
    cr_assert_eq(world.driver.note_remove(&canary_world, "/duet/canary", why), RC_OK);
    cr_expect_eq(live(LIFE_MS), GUARD_DONE);
    EXPECT_WEIGHTS(1, 0, 0);
}

static void change_weights(void)
{
    if (!is_kept_away())
        return;
    world.on_keep = NULL;
    canary_world.rule.weights[0] = 77;
    canary_world.rule.weights[1] = 23;
}

Test(guard_faults, weights_that_a_person_sets_right_before_a_write_are_the_new_normal_ones)
{
    begin_world(WORLD_WELL, ~(size_t)0, RC_OK);
    world.on_keep = change_weights;
    cr_expect_eq(live(LIFE_MS), GUARD_DONE);
    EXPECT_WEIGHTS(1, 0, 0);
    world.well_ms = canary_world.now_ms;
    cr_expect_eq(live(1200 * 1000), GUARD_DONE);
    EXPECT_WEIGHTS(77, 23, 0);
}

static void end_in_time(struct canary_world *each)
{
    each->is_signalled = each->now_ms > world.ill_ms + LIFE_MS;
}

static void turn_clock_back(struct canary_world *each)
{
    if (each->now_ms < world.ill_ms - 2000)
        return;
    each->now_ms -= 3600 * 1000;
    world.ill_ms = each->now_ms + 2000;
    each->on_wait = end_in_time;
}

Test(guard_faults, a_clock_that_is_set_back_by_an_hour_delays_nothing)
{
    begin_world(WORLD_WELL, ~(size_t)0, RC_OK);
    canary_world.on_wait = turn_clock_back;
    cr_expect_eq(live(LIFE_MS), GUARD_DONE);
    EXPECT_WEIGHTS(1, 0, 0);
}

Test(guard_faults, what_is_cleared_forgets_all_but_when_a_home_was_left)
{
    char error[512];
    struct guard_state state;
    (void)count_calls();
    const char *before = strstr(canary_world_note("/duet/guard"), "\"moved_ms\":17");
    cr_assert_not_null(before);
    long long moved_ms = strtoll(before + strlen("\"moved_ms\":"), NULL, 10);
    world.is_clearing = true;
    cr_assert_eq(live(0), GUARD_DONE);
    cr_assert(guard_state_parse(&state, bytes_from_str(canary_world_note("/duet/guard")), error,
                                sizeof error),
              "%s", error);
    cr_expect_eq(state.phase, GUARD_WATCH);
    cr_expect(!state.homes[GUARD_FARGATE].is_down);
    cr_expect_eq(state.homes[GUARD_FARGATE].moved_ms, moved_ms);
    cr_expect_eq(told("\"act\":\"clear\""), 1u);
}
