#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/guard_world.h"

/* What a guard must not be fooled by: old records, old news, clocks, and people who are quick. */

static const char probing[] = "{\"probes\":{\"url\":\"http://127.0.0.1/\",\"failures\":3}}";

static struct guard_world world;

static void teardown(void)
{
    guard_world_release(&world);
}

TestSuite(guard_promises, .fini = teardown);

/* --- records of another policy, or of nobody --- */

Test(guard_promises, a_step_of_a_policy_with_more_of_them_is_followed_by_all)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_probe(&world, 301, GUARD_GOOD, GUARD_GOOD);
    cr_assert_eq(world.state.phase, GUARD_BACK);
    world.state.step = 1000;
    guard_world_probe(&world, 61, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.6, 0.4);
    cr_expect_eq(world.state.phase, GUARD_WATCH);
}

Test(guard_promises, relapses_of_any_record_double_the_wait_three_times_at_most)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    world.state.homes[GUARD_FARGATE].relapses = 1000;
    guard_world_probe(&world, 8 * 300 + 1, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.state.phase, GUARD_BACK);
}

Test(guard_promises, a_relapse_is_one_however_long_the_share_was_away)
{
    guard_world_init(
        &world,
        "{\"probes\":{\"url\":\"http://127.0.0.1/\",\"failures\":3},\"moves\":{\"apart\":\"5m\","
        "\"back_after\":\"2h\"}}",
        60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_probe(&world, 2 * 3600 + 10, GUARD_GOOD, GUARD_GOOD);
    cr_assert_eq(world.state.phase, GUARD_BACK);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.moves, 2u);
    guard_world_probe(&world, 3 * 3600, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 1, 0);
}

/* --- a write that is late --- */

Test(guard_promises, what_was_not_written_is_not_written_to_a_home_that_fails_by_now)
{
    guard_world_init(&world, probing, 60, 40);
    world.is_deaf = true;
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    world.is_deaf = false;
    world.seen.has_rule = false; /* nobody answers */
    guard_world_probe(&world, 10, GUARD_BAD, GUARD_BAD);
    world.seen.has_rule = true;
    guard_world_probe(&world, 30, GUARD_BAD, GUARD_BAD);
    guard_world_expect(&world, 0.6, 0.4);
    cr_expect_eq(world.alarms, 1u);
    guard_world_probe(&world, 300, GUARD_GOOD, GUARD_BAD);
    guard_world_expect(&world, 1, 0);
}

Test(guard_promises, what_was_not_written_is_given_up_where_the_home_is_well_by_now)
{
    guard_world_init(&world, probing, 60, 40);
    world.is_deaf = true;
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    world.is_deaf = false;
    world.seen.has_rule = false;
    guard_world_probe(&world, 600, GUARD_GOOD, GUARD_GOOD);
    world.seen.has_rule = true;
    guard_world_probe(&world, 600, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.6, 0.4);
    cr_expect_eq(world.state.phase, GUARD_WATCH);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_expect(&world, 1, 0);
}

/* A person has cleared the state while a share was away, and given the home a share. */
Test(guard_promises, a_move_that_has_to_wait_is_told_once)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.state.next_ms, world.seen.now_ms + 300 * 1000, "its share may come back");
    world.state.phase = GUARD_WATCH;
    world.state.homes[GUARD_FARGATE] =
        (struct guard_home_state){.moved_ms = world.state.homes[GUARD_FARGATE].moved_ms};
    world.seen.weights[0] = 70;
    world.seen.weights[1] = 30;
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.act.kind, GUARD_ALARM);
    cr_expect(strstr(world.act.why, "no answer); it was left a short while ago, so its share stays "
                                    "until 1970-01-12T13:51:43"),
              "%s", world.act.why);
    guard_world_probe(&world, 290, GUARD_GOOD, GUARD_BAD);
    cr_expect(world.alarms == 1 && world.moves == 1);
    guard_world_probe(&world, 10, GUARD_GOOD, GUARD_BAD);
    guard_world_expect(&world, 1, 0);
    cr_expect(world.alarms == 1 && world.moves == 2 && !world.state.is_held);
}

/* The process was killed before the write, and the next one begins long after. */
Test(guard_promises, an_old_record_of_a_failure_moves_nothing)
{
    guard_world_init(&world, probing, 60, 40);
    world.is_deaf = true;
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    world.is_deaf = false;
    world.seen.now_ms += 3600 * 1000;
    guard_world_turn(&world, 0);
    guard_world_probe(&world, 60, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.6, 0.4);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_expect(&world, 1, 0);
}

Test(guard_promises, the_second_try_says_why_too)
{
    guard_world_init(&world, probing, 60, 40);
    world.is_deaf = true;
    guard_world_probe(&world, 4, GUARD_GOOD, GUARD_BAD);
    cr_expect(strstr(world.act.why, "once more: fargate fails: 3 probes in a row"), "%s",
              world.act.why);
}

Test(guard_promises, a_person_may_set_the_weights_from_before_the_move)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 5, GUARD_GOOD, GUARD_BAD);
    guard_world_expect(&world, 1, 0);
    world.seen.weights[0] = 60;
    world.seen.weights[1] = 40;
    guard_world_probe(&world, 60, GUARD_GOOD, GUARD_BAD);
    guard_world_expect(&world, 0.6, 0.4);
    cr_expect_eq(world.yields, 1u);
}

/* --- clocks --- */

Test(guard_promises, a_clock_that_goes_back_stops_no_move)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_probe(&world, 600, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.6, 0.4);
    world.seen.now_ms -= 24 * 3600 * 1000;
    guard_world_probe(&world, 301, GUARD_GOOD, GUARD_GOOD);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    guard_world_expect(&world, 1, 0);
    world.seen.now_ms -= 24 * 3600 * 1000;
    guard_world_probe(&world, 1200, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.6, 0.4);
}

/* --- news that say less than they seem to --- */

Test(guard_promises, one_lost_probe_of_the_other_home_is_no_alarm)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 2, GUARD_GOOD, GUARD_BAD);
    guard_world_probe(&world, 1, GUARD_BAD, GUARD_BAD);
    cr_expect_eq(world.moves, 0u);
    cr_expect_eq(world.alarms, 0u);
    guard_world_probe(&world, 1, GUARD_GOOD, GUARD_BAD);
    guard_world_expect(&world, 1, 0);
    cr_expect_eq(world.alarms, 0u);
}

static void window(int64_t end_ms, uint64_t requests, uint64_t errors)
{
    world.state.window_ms = end_ms;
    world.seen.homes[GUARD_FARGATE].has_window = true;
    world.seen.homes[GUARD_FARGATE].requests = requests;
    world.seen.homes[GUARD_FARGATE].errors = errors;
}

/* With periods of an hour its window comes when the share has long been back. */
Test(guard_promises, a_window_from_before_the_move_is_no_news)
{
    guard_world_init(&world,
                     "{\"probes\":{\"url\":\"http://127.0.0.1/"
                     "\",\"failures\":3},\"metrics\":{\"period\":\"1h\"}}",
                     60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    int64_t moved_ms = world.seen.now_ms;
    guard_world_probe(&world, 600, GUARD_GOOD, GUARD_GOOD);
    window(moved_ms + 600 * 1000, 100000, 90000);
    guard_world_probe(&world, 60, GUARD_GOOD, GUARD_GOOD);
    guard_world_expect(&world, 0.6, 0.4);
    window(moved_ms + 3600 * 1000, 100000, 90000);
    guard_world_turn(&world, 1000);
    guard_world_expect(&world, 1, 0);
}

Test(guard_promises, bad_windows_are_in_a_row_only_where_none_is_missing)
{
    guard_world_init(&world, "{}", 60, 40);
    window(world.seen.now_ms, 1000, 200);
    guard_world_turn(&world, 60000);
    for (int i = 0; i < 10; i++)
        guard_world_turn(&world, 60000); /* as good as no requests */
    window(world.seen.now_ms, 1000, 200);
    guard_world_turn(&world, 60000);
    cr_expect_eq(world.moves, 0u);
    window(world.seen.now_ms, 1000, 200);
    guard_world_turn(&world, 60000);
    cr_expect_eq(world.moves, 1u);
}

/* --- others --- */

Test(guard_promises, a_home_that_fails_while_others_have_the_weights_is_told)
{
    guard_world_init(&world, probing, 60, 40);
    world.seen.is_locked = true;
    guard_world_probe(&world, 60, GUARD_GOOD, GUARD_BAD);
    cr_expect_eq(world.alarms, 1u);
    guard_world_probe(&world, 60, GUARD_GOOD, GUARD_GOOD);
    world.seen.is_locked = false;
    guard_world_probe(&world, 600, GUARD_GOOD, GUARD_GOOD);
    cr_expect_eq(world.moves, 0u, "it has been well since the canary was there");
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    world.seen.weights[1] = 41;
    guard_world_probe(&world, 60, GUARD_BAD, GUARD_GOOD);
    cr_expect_eq(world.state.phase, GUARD_FOREIGN);
    cr_expect_eq(world.alarms, 2u);
    cr_expect_eq(world.moves, 1u);
}

Test(guard_promises, a_canary_that_brings_other_groups_ends_the_move_and_it_is_told)
{
    guard_world_init(&world, probing, 60, 40);
    guard_world_probe(&world, 3, GUARD_GOOD, GUARD_BAD);
    world.seen.is_locked = world.seen.has_new_groups = true;
    guard_world_turn(&world, 1000);
    world.seen.has_new_groups = false;
    cr_expect_eq(world.yields, 1u);
    guard_world_turn(&world, 1000);
    cr_expect_eq(world.yields, 1u);
}

/* --- the record's size --- */

static void fill(char *text, size_t len, char c)
{
    memset(text, c, len - 1);
    text[len - 1] = 0;
}

Test(guard_promises, the_longest_names_and_reasons_fit_into_a_parameter)
{
    struct buf text;
    struct guard_state back;
    char error[512] = "";
    guard_world_init(&world, probing, 60, 40);
    struct guard_state *state = &world.state;
    state->count = SHARES_MAX;
    for (size_t i = 0; i < SHARES_MAX; i++) {
        fill(state->groups[i], GUARD_NAME_MAX, 'g');
        state->normal[i] = state->wished[i] = state->tried[i] = 999;
    }
    for (int i = 0; i < GUARD_HOMES; i++)
        fill(state->homes[i].why, GUARD_WHY_MAX, '"');
    fill(state->owner, GUARD_NAME_MAX, 'o');
    fill(state->untold.why, GUARD_WHY_MAX, '"');
    state->untold.at_ms = world.seen.now_ms;
    (void)snprintf(state->untold.act, sizeof state->untold.act, "unscale");
    state->scaled.is_set = true;
    fill(state->scaled.service, GUARD_SERVICE_MAX, 's');
    buf_init(&text, GUARD_STATE_MAX);
    guard_state_print(state, &text);
    cr_assert(!text.failed);
    cr_expect(guard_state_parse(&back, buf_bytes(&text), error, sizeof error), "%s", error);
    cr_expect(strcmp(back.untold.why, state->untold.why) == 0);
    buf_release(&text);
}
