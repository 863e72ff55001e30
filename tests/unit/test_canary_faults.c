#include <criterion/criterion.h>

#include "tests/support/canary_world.h"

/* Whatever call fails, and after whatever call the process is killed: it ends right. */

TestSuite(canary_faults, .init = canary_world_init);

static const char plan[] =
    "{\"rule\":{\"arn\":\"x\"},\"stable\":\"a\",\"canary\":\"b\",\"interval\":\"1s\","
    "\"metrics\":{\"period\":\"1s\",\"late\":\"0s\"},\"lease\":\"1m\",\"timeout\":\"20m\","
    "\"smoke\":{\"url\":\"http://x\"},\"checks\":{\"power\":0},"
    "\"steps\":[{\"share\":10,\"bake\":\"2s\"},{\"share\":\"all\",\"bake\":\"2s\"}]}";

/* How many calls a run makes in which nothing goes wrong. */
static size_t count_calls(double errors)
{
    canary_world_init();
    canary_world.canary_errors = errors;
    canary_world.at = ~(size_t)0;
    (void)canary_world_run(plan);
    return canary_world.calls;
}

static void begin(double errors, enum world_fault fault, size_t at, enum rc rc)
{
    canary_world_init();
    canary_world.canary_errors = errors;
    canary_world.fault = fault;
    canary_world.at = at;
    canary_world.rc = rc;
}

/* A process that was killed is taken up by another one; there may be nothing to take up. */
static void kill_and_go_on(enum world_fault fault, size_t at, enum canary_word word)
{
    begin(0, fault, at, RC_UNREACHABLE);
    (void)canary_world_run(plan);
    canary_world_revive();
    const char *lock = canary_world_note("/duet/canary");
    if (!lock) {
        cr_expect(canary_world_has(50, 0, 50) || canary_world_has(0, 50, 50), "call %zu", at);
        return;
    }
    bool has_ended = strstr(lock, "\"outcome\":\"promoted\"") != NULL;
    enum canary_exit code = canary_world_go_on(plan, word, false);
    cr_expect_eq(code, CANARY_DONE, "killed at call %zu: exit %d", at, (int)code);
    cr_expect(word == WORD_RESUME || has_ended ? canary_world_has(0, 50, 50)
                                               : canary_world_has(50, 0, 50),
              "killed at call %zu: %u %u %u", at, canary_world.rule.weights[0],
              canary_world.rule.weights[1], canary_world.rule.weights[2]);
    cr_expect_null(canary_world_note("/duet/canary"), "killed at call %zu", at);
}

Test(canary_faults, killed_before_any_call_it_is_resumed)
{
    size_t count = count_calls(0);
    cr_assert_gt(count, 30u);
    for (size_t at = 0; at < count; at++)
        kill_and_go_on(WORLD_KILLED, at, WORD_RESUME);
}

Test(canary_faults, killed_after_any_call_it_is_resumed)
{
    size_t count = count_calls(0);
    for (size_t at = 0; at < count; at++)
        kill_and_go_on(WORLD_KILLED_AFTER, at, WORD_RESUME);
}

Test(canary_faults, killed_before_any_call_it_is_rolled_back)
{
    size_t count = count_calls(0);
    for (size_t at = 0; at < count; at++)
        kill_and_go_on(WORLD_KILLED, at, WORD_ROLLBACK);
}

Test(canary_faults, killed_after_any_call_it_is_rolled_back)
{
    size_t count = count_calls(0);
    for (size_t at = 0; at < count; at++)
        kill_and_go_on(WORLD_KILLED_AFTER, at, WORD_ROLLBACK);
}

Test(canary_faults, killed_on_its_way_back_it_gets_there)
{
    size_t count = count_calls(1);
    for (size_t at = 0; at < 2 * count; at++) {
        begin(1, at % 2 ? WORLD_KILLED : WORLD_KILLED_AFTER, at / 2, RC_UNREACHABLE);
        (void)canary_world_run(plan);
        canary_world_revive();
        if (canary_world_note("/duet/canary"))
            (void)canary_world_go_on(plan, WORD_RESUME, false);
        cr_expect(canary_world_has(50, 0, 50), "killed at call %zu", at / 2);
        cr_expect_null(canary_world_note("/duet/canary"));
    }
}

/* One call fails, or is done and its answer is lost: the run goes on as if nothing had been. */
Test(canary_faults, one_lost_answer_changes_nothing)
{
    static const enum rc codes[] = {RC_THROTTLED, RC_UNREACHABLE, RC_TIMEOUT};
    size_t count = count_calls(0);
    for (size_t at = 1; at < 2 * count; at++) {
        bool is_lost = at % 2;
        begin(0, is_lost ? WORLD_LOSES_ANSWER : WORLD_FAILS, at / 2 + 1, codes[at % 3]);
        enum canary_exit code = canary_world_run(plan);
        if (code == CANARY_BROKEN) { /* before anything was begun */
            cr_expect(canary_world_has(50, 0, 50), "call %zu", at / 2 + 1);
            cr_expect_eq(canary_world.write_count, 0u);
        } else {
            cr_expect_eq(code, CANARY_DONE, "call %zu %s: exit %d", at / 2 + 1,
                         is_lost ? "lost" : "failed", (int)code);
            cr_expect(canary_world_has(0, 50, 50));
        }
    }
}

/* No permission, or garbage, for good: the rule is as it was. */
Test(canary_faults, what_never_works_leaves_the_rule_as_it_was)
{
    static const enum world_call kinds[] = {WORLD_RULE_WRITE, WORLD_PREPARE, WORLD_SMOKE,
                                            WORLD_SAMPLE, WORLD_ALARMS};
    static const enum rc codes[] = {RC_REFUSED, RC_SYNTAX, RC_UNREACHABLE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
            begin(0, WORLD_BROKEN, 0, codes[k]);
            canary_world.broken = kinds[i];
            enum canary_exit code = canary_world_run(plan);
            cr_expect_eq(code, CANARY_BROKEN, "kind %d, %s: exit %d", (int)kinds[i],
                         rc_name(codes[k]), (int)code);
            cr_expect(canary_world_has(50, 0, 50), "kind %d", (int)kinds[i]);
            cr_expect_null(canary_world_note("/duet/canary"), "kind %d", (int)kinds[i]);
        }
}
