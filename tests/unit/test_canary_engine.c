#include <criterion/criterion.h>

#include "tests/support/canary_world.h"

/* A canary from its begin to its end, in a world in memory. */

TestSuite(canary_engine, .init = canary_world_init);

Test(canary_engine, promotes_what_is_good_by_its_steps)
{
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_DONE);
    cr_assert_eq(canary_world.write_count, 3u);
    for (size_t i = 0; i < 3; i++) {
        static const unsigned first[] = {40, 10, 50}, second[] = {25, 25, 50};
        cr_expect_eq(canary_world.writes[0][i], first[i]);
        cr_expect_eq(canary_world.writes[1][i], second[i]);
    }
    cr_expect(canary_world_has(0, 50, 50));
    canary_world_expect_no_lock();
}

Test(canary_engine, leaves_a_history)
{
    bool is_there = false;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_DONE);
    for (size_t i = 0; i < WORLD_NOTES; i++)
        is_there |= strstr(canary_world.notes[i].name, "/duet/canary/history/2026") &&
                    strstr(canary_world.notes[i].text, "\"outcome\":\"promoted\"");
    cr_expect(is_there);
}

Test(canary_engine, rolls_back_what_fails)
{
    canary_world.canary_errors = 0.3;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_ROLLED_BACK);
    cr_expect(canary_world_has(50, 0, 50));
    cr_expect_eq(canary_world.write_count, 2u);
    canary_world_expect_no_lock();
}

Test(canary_engine, what_the_slot_did_before_is_another_release_s)
{
    canary_world.has_past = true;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_DONE);
}

Test(canary_engine, rolls_a_total_failure_back_within_two_windows_that_show_it)
{
    int64_t start_ms = canary_world.now_ms;
    canary_world.canary_errors = 1;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_ROLLED_BACK);
    /* A window that begins in the middle, two whole ones, and what their figures are late. */
    cr_expect_leq(canary_world.now_ms - start_ms, 6000);
}

Test(canary_engine, rolls_back_what_is_slow)
{
    canary_world.canary_ms = 100;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_ROLLED_BACK);
    cr_expect(canary_world_has(50, 0, 50));
}

/* What it told while a part of the canary's share went elsewhere. */
static char *told_of(double bend, bool is_sticky)
{
    char *text = NULL;
    size_t len;
    canary_world_init();
    canary_world.stream = open_memstream(&text, &len);
    cr_assert_not_null(canary_world.stream);
    canary_world.bend = bend;
    canary_world.rule.is_sticky = is_sticky;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_DONE);
    (void)fclose(canary_world.stream);
    canary_world.stream = NULL;
    return text;
}

Test(canary_engine, shares_that_are_not_as_wished_are_told)
{
    char *text = told_of(1, false);
    cr_expect_null(strstr(text, "warning:"), "%s", text);
    free(text);
    text = told_of(0.5, true);
    cr_expect_not_null(strstr(text, "went to the canary, not 20 %: the rule's sessions are sticky"),
                       "%s", text);
    free(text);
}

Test(canary_engine, never_passes_without_data)
{
    canary_world.requests_per_s = 0;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_HELD);
    cr_expect(canary_world_has(40, 10, 50));
    cr_expect_not_null(strstr(canary_world_note("/duet/canary"), "\"phase\":\"hold\""));
}

Test(canary_engine, a_held_one_goes_on_or_back)
{
    canary_world.requests_per_s = 0;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_HELD);
    canary_world.requests_per_s = 1000;
    WORLD_EXPECT_EXIT(canary_world_go_on(WORLD_PLAN, WORD_RESUME, false), CANARY_DONE);
    cr_expect(canary_world_has(0, 50, 50));

    canary_world_init();
    canary_world.requests_per_s = 0;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_HELD);
    WORLD_EXPECT_EXIT(canary_world_go_on(WORLD_PLAN, WORD_ROLLBACK, false), CANARY_DONE);
    cr_expect(canary_world_has(50, 0, 50));

    canary_world_init();
    canary_world.requests_per_s = 0;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_HELD);
    WORLD_EXPECT_EXIT(canary_world_go_on(WORLD_PLAN, WORD_ABORT, false), CANARY_DONE);
    cr_expect(canary_world_has(40, 10, 50));
    canary_world_expect_no_lock();
}

Test(canary_engine, lets_as_many_failures_pass_as_the_plan_says)
{
    canary_world.canary_errors = 0.3;
    WORLD_EXPECT_EXIT(
        canary_world_run(WORLD_PLAN_HEAD
                         "\"failure_budget\":3,\"on_failure\":\"hold\"," WORLD_PLAN_STEPS "}"),
        CANARY_HELD);
    cr_expect(canary_world_has(40, 10, 50));
    cr_expect_not_null(strstr(canary_world_note("/duet/canary"), "\"failures\":4"));
}

Test(canary_engine, its_lock_tells_how_far_it_is_and_why)
{
    canary_world.canary_errors = 0.3;
    WORLD_EXPECT_EXIT(
        canary_world_run(WORLD_PLAN_HEAD "\"on_failure\":\"hold\"," WORLD_PLAN_STEPS "}"),
        CANARY_HELD);
    const char *text = canary_world_note("/duet/canary");
    cr_expect_not_null(strstr(text, "\"steps\":[100,250,500]"), "%s", text);
    cr_expect_not_null(strstr(text, "f\",\"verdict\":\"error rate "), "%s", text);
    cr_expect_null(strstr(text, "\"requests\":0"), "%s", text);
    cr_expect_leq(strlen(text), 1800u, "some way from the 4096 that a parameter has");
}

Test(canary_engine, of_many_verdicts_the_last_ones_are_kept)
{
    struct canary_state state = {.run = ""};
    for (int i = 0; i < CANARY_STRIP_MAX + 2; i++)
        canary_strip_add(&state, i < 3 ? 'n' : 'p');
    cr_expect_eq(strlen(state.strip), (size_t)CANARY_STRIP_MAX);
    cr_expect_eq(state.strip[0], 'n');
    cr_expect_eq(state.strip[1], 'p');
}

Test(canary_engine, an_alarm_is_a_veto)
{
    canary_world.is_alarmed = true;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_ROLLED_BACK);
    cr_expect(canary_world_has(50, 0, 50));
}

Test(canary_engine, a_failed_smoke_gives_no_user_to_the_canary)
{
    canary_world.smoked = RC_CONFLICT;
    WORLD_EXPECT_EXIT(
        canary_world_run(WORLD_PLAN_HEAD "\"smoke\":{\"url\":\"http://x\"}," WORLD_PLAN_STEPS "}"),
        CANARY_ROLLED_BACK);
    cr_expect_eq(canary_world.write_count, 0u);
    canary_world_expect_no_lock();
}

Test(canary_engine, waits_for_the_slot_and_gives_up)
{
    canary_world.prepared = RC_AGAIN;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN_HEAD
                                       "\"capacity\":{\"timeout\":\"30s\"}," WORLD_PLAN_STEPS "}"),
                      CANARY_ROLLED_BACK);
    cr_expect_eq(canary_world.write_count, 0u);
}

/* --- others --- */

static void change_the_rule(struct canary_world *world)
{
    if (world->rule.weights[1] == 10) {
        world->rule.weights[0] = 77;
        world->on_wait = NULL;
    }
}

Test(canary_engine, does_not_overwrite_what_somebody_else_has_made_of_the_rule)
{
    canary_world.on_wait = change_the_rule;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_FOREIGN);
    cr_expect(canary_world_has(77, 10, 50));
    WORLD_EXPECT_EXIT(canary_world_go_on(WORLD_PLAN, WORD_ROLLBACK, false), CANARY_FOREIGN);
    cr_expect(canary_world_has(77, 10, 50));
    WORLD_EXPECT_EXIT(canary_world_go_on(WORLD_PLAN, WORD_ROLLBACK, true), CANARY_DONE);
    cr_expect(canary_world_has(50, 0, 50));
}

static void add_a_group(struct canary_world *world)
{
    if (world->rule.weights[1] == 10) {
        world->rule.count = 4;
        memcpy(world->rule.groups[3], "arn:targetgroup/new/1", 22);
        world->on_wait = NULL;
    }
}

Test(canary_engine, nor_a_group_that_somebody_has_added)
{
    canary_world.on_wait = add_a_group;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_FOREIGN);
    cr_expect_eq(canary_world.rule.count, 4u);
}

static void steal_the_lock(struct canary_world *world)
{
    for (size_t i = 0; i < WORLD_NOTES; i++)
        if (strcmp(world->notes[i].name, "/duet/canary") == 0 && world->rule.weights[1] == 10) {
            world->notes[i].version++;
            world->notes[i].text[0] = ' ';
            world->on_wait = NULL;
        }
}

Test(canary_engine, writes_nothing_any_more_without_its_lock)
{
    canary_world.on_wait = steal_the_lock;
    canary_world.canary_errors = 1;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_LOCKED);
    cr_expect(canary_world_has(40, 10, 50));
}

static enum canary_word word_of_others;
static unsigned share_of_word; /* the canary's weight at which it is said */

static void say_a_word(struct canary_world *world)
{
    if (world->rule.weights[1] != share_of_word)
        return;
    world->on_wait = NULL;
    WORLD_EXPECT_EXIT(canary_world_go_on(WORLD_PLAN, word_of_others, false), CANARY_DONE);
}

static enum canary_exit run_with_word(enum canary_word word, unsigned share)
{
    canary_world_init();
    word_of_others = word;
    share_of_word = share;
    canary_world.on_wait = say_a_word;
    return canary_world_run(WORLD_PLAN);
}

Test(canary_engine, does_what_others_say)
{
    WORLD_EXPECT_EXIT(run_with_word(WORD_ROLLBACK, 25), CANARY_ROLLED_BACK);
    cr_expect(canary_world_has(50, 0, 50));
    WORLD_EXPECT_EXIT(run_with_word(WORD_ABORT, 25), CANARY_WAS_ABORTED);
    cr_expect(canary_world_has(25, 25, 50));
    canary_world_expect_no_lock();
    WORLD_EXPECT_EXIT(run_with_word(WORD_PROMOTE, 10), CANARY_DONE);
    cr_expect(canary_world_has(0, 50, 50));
    cr_expect_eq(canary_world.write_count, 2u, "the step between is left out");
    cr_expect_null(canary_world_note("/duet/canary/word"));
}

static void resume_in_a_while(struct canary_world *world)
{
    static int turns;
    if (++turns < 100)
        return;
    cr_expect(canary_world_has(40, 10, 50), "it went on in its pause");
    world->on_wait = NULL;
    WORLD_EXPECT_EXIT(canary_world_go_on(WORLD_PLAN, WORD_RESUME, false), CANARY_DONE);
}

static void pause_it(struct canary_world *world)
{
    if (world->rule.weights[1] != 10)
        return;
    world->on_wait = resume_in_a_while;
    WORLD_EXPECT_EXIT(canary_world_go_on(WORLD_PLAN, WORD_PAUSE, false), CANARY_DONE);
}

Test(canary_engine, a_pause_lasts_until_somebody_says_resume)
{
    canary_world.on_wait = pause_it;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_DONE);
    cr_expect(canary_world_has(0, 50, 50));
}

static void signal_it(struct canary_world *world)
{
    if (world->rule.weights[1] == 10) {
        world->is_signalled = true;
        world->on_wait = NULL;
    }
}

Test(canary_engine, a_signal_holds_or_rolls_back_as_the_plan_says)
{
    canary_world.on_wait = signal_it;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_HELD);
    cr_expect(canary_world_has(40, 10, 50));
    WORLD_EXPECT_EXIT(canary_world_go_on(WORLD_PLAN, WORD_RESUME, false), CANARY_DONE);

    canary_world_init();
    canary_world.on_wait = signal_it;
    WORLD_EXPECT_EXIT(
        canary_world_run(WORLD_PLAN_HEAD "\"on_signal\":\"rollback\"," WORLD_PLAN_STEPS "}"),
        CANARY_ROLLED_BACK);
    cr_expect(canary_world_has(50, 0, 50));
}

Test(canary_engine, there_is_one_at_a_time)
{
    canary_world.requests_per_s = 0;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_HELD);
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_LOCKED);
    cr_expect(canary_world_has(40, 10, 50));
}

Test(canary_engine, another_plan_does_not_take_it_up)
{
    canary_world.requests_per_s = 0;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_HELD);
    WORLD_EXPECT_EXIT(
        canary_world_go_on(WORLD_PLAN_HEAD "\"steps\":[{\"share\":1}]}", WORD_RESUME, false),
        CANARY_USAGE);
}

Test(canary_engine, a_clock_that_is_wrong_is_told)
{
    canary_world.skew_ms = 95 * 1000;
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN), CANARY_BROKEN);
    cr_expect_eq(canary_world.write_count, 0u);
    canary_world_expect_no_lock();
}

Test(canary_engine, shares_that_cannot_be_had_are_told_before_anything_is_done)
{
    WORLD_EXPECT_EXIT(canary_world_run(WORLD_PLAN_HEAD "\"steps\":[{\"share\":60}]}"),
                      CANARY_USAGE);
    WORLD_EXPECT_EXIT(
        canary_world_run("{\"rule\":{\"arn\":\"x\"},\"stable\":\"a\",\"canary\":\"nobody\","
                         "\"steps\":[{\"share\":60}]}"),
        CANARY_USAGE);
    cr_expect_eq(canary_world.write_count, 0u);
    canary_world_expect_no_lock();
}
