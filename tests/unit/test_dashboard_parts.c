#include <criterion/criterion.h>

#include <stdio.h>

#include "runtime/alb/alb_metrics.h"
#include "runtime/dashboard/changes.h"
#include "runtime/dashboard/history.h"
#include "runtime/dashboard/journal.h"
#include "runtime/dashboard/message.h"
#include "tests/support/elb_call.h"

/* What the dashboard remembers: requests, seconds, changes. */

enum { NOW_S = 1795253400 };

static struct journal journal;
static struct buf text;

static void init(void)
{
    elb_case_init();
    buf_init(&text, 1 << 20);
    journal = (struct journal){.request_count = 0};
}

static void release(void)
{
    buf_release(&text);
    elb_case_release();
}

TestSuite(dashboard_parts, .init = init, .fini = release);

static const char *printed(void)
{
    buf_append_char(&text, '\0');
    cr_assert_not(text.failed);
    return text.data;
}

static void expect_has(const char *wanted)
{
    cr_expect(strstr(printed(), wanted) != NULL, "%s\nlacks %s", text.data, wanted);
}

static size_t count_of(const char *part)
{
    size_t count = 0;
    for (const char *at = printed(); (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

/* --- the journal --- */

static void ask(const char *path, int status)
{
    struct alb_record record = {.method = BYTES_LIT("GET"),
                                .path = bytes_from_str(path),
                                .query = BYTES_LIT("token=secret"),
                                .group = elb_case.a,
                                .status = status,
                                .reason = status == 502 ? "LambdaInvalidResponse" : NULL,
                                .received_us = 1000,
                                .done_us = 2500};
    journal_add_request(&journal, &record, NOW_S * 1000LL + 7);
}

Test(dashboard_parts, a_request_is_told_without_its_query)
{
    ask("/a\"b", 200);
    ask("/c", 502);
    journal_print_requests(&journal, 0, &text);
    expect_has("[1,1795253400007,\"GET\",\"/a\\\"b\",200,1.500,\"a\",\"\"]");
    expect_has("[2,1795253400007,\"GET\",\"/c\",502,1.500,\"a\",\"LambdaInvalidResponse\"]");
    cr_expect_null(strstr(text.data, "secret"));
}

Test(dashboard_parts, only_what_is_new_is_told)
{
    ask("/1", 200);
    ask("/2", 200);
    ask("/3", 200);
    journal_print_requests(&journal, 2, &text);
    cr_expect_eq(count_of("\"GET\""), 1u);
    expect_has("[[3,");
}

Test(dashboard_parts, a_failure_outlives_many_good_requests)
{
    ask("/lost", 503);
    for (int i = 0; i < 3 * JOURNAL_REQUESTS; i++)
        ask("/good", 200);
    journal_print_requests(&journal, 0, &text);
    cr_expect_eq(count_of("/good"), (size_t)JOURNAL_REQUESTS);
    cr_expect_eq(count_of("/lost"), 1u);
}

Test(dashboard_parts, a_long_path_is_cut_at_the_end_of_a_character)
{
    char path[2 * JOURNAL_PATH_MAX];
    for (size_t i = 0; i + 2 < sizeof path; i += 2)
        memcpy(path + i + 1, "\xC3\xA9", 2);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    ask(path, 200);
    journal_print_requests(&journal, 0, &text);
    expect_has("\xC3\xA9\",200");
    cr_expect_null(strstr(text.data, "\xEF\xBF\xBD"));
}

Test(dashboard_parts, events_are_told_oldest_first_and_the_oldest_are_forgotten)
{
    char line[32];
    for (int i = 1; i <= JOURNAL_EVENTS + 1; i++) {
        (void)snprintf(line, sizeof line, "event %d.", i);
        journal_add_event(&journal, NOW_S, "alb", line);
    }
    journal_print_events(&journal, 0, &text);
    cr_expect_eq(count_of("\"alb\""), (size_t)JOURNAL_EVENTS);
    cr_expect_null(strstr(text.data, "event 1."));
    cr_expect(
        bytes_starts_with(buf_bytes(&text), BYTES_LIT("[[2,1795253400,\"alb\",\"event 2.\"],[3,")),
        "%s", text.data);
}

/* --- changes --- */

static void tell(void *context, const char *line)
{
    (void)context;
    buf_printf(&text, "%s\n", line);
}

static void list_versions(void *context, dashboard_version_fn *each, void *each_context)
{
    each(each_context, "a", "duet", context);
}

Test(dashboard_parts, a_change_of_the_load_balancer_is_a_sentence)
{
    char version[] = "1";
    const struct dashboard_source source = {.versions = list_versions, .context = version};
    struct changes changes = {NULL, 0};
    struct alb_target *target;
    struct alb_action action = elb_case.listener->rules->action;
    cr_assert_eq(alb_target_register(elb_case.b, BYTES_LIT("127.0.0.1"), 4000, NULL, &target, NULL),
                 ALB_OK);
    alb_target_set_state(target, ALB_HEALTHY, NULL, NULL);
    changes_look(&changes, elb_case.model, &source, tell, NULL);
    changes_look(&changes, elb_case.model, &source, tell, NULL);
    cr_expect_eq(text.len, 0u);
    version[0] = '2';
    alb_target_set_state(target, ALB_UNHEALTHY, "Target.Timeout", "Request timed out");
    action.forward.shares[0].weight = 10;
    cr_assert_eq(alb_listener_set_action(elb_case.listener, &action, NULL), ALB_OK);
    changes_look(&changes, elb_case.model, &source, tell, NULL);
    alb_target_remove(target);
    cr_assert_eq(alb_target_register(elb_case.a, BYTES_LIT(ELB_FUNCTION), 0, NULL, &target, NULL),
                 ALB_OK);
    changes_look(&changes, elb_case.model, &source, tell, NULL);
    cr_expect_str_eq(printed(), "a runs duet: 1 -> 2\n"
                                "rule default, weight of a: 50 -> 10\n"
                                "b 127.0.0.1:4000: healthy -> unhealthy (Target.Timeout)\n"
                                "b 127.0.0.1:4000: gone\n"
                                "a duet: unavailable (Target.HealthCheckDisabled)\n");
    changes_release(&changes);
}

/* --- the history --- */

struct counted {
    struct series_store store;
    struct alb_metrics *metrics;
    struct history history;
};

static void start_counting(struct counted *counted)
{
    *counted = (struct counted){.metrics = NULL};
    counted->metrics = alb_metrics_new(&counted->store, alb_arn_tail(elb_case.model->arn),
                                       BYTES_LIT("us-east-1a"));
    cr_assert_not_null(counted->metrics);
    history_init(&counted->history, elb_case.model, &counted->store, NOW_S);
}

static void stop_counting(struct counted *counted)
{
    history_release(&counted->history);
    alb_metrics_free(counted->metrics);
    series_store_release(&counted->store);
}

static void answer(struct counted *counted, struct alb_group *group, int64_t second, int status,
                   int64_t target_us)
{
    struct alb_metrics_request request = {
        .second = second,
        .group = alb_metrics_group(counted->metrics, alb_arn_tail(group->arn)),
        .has_target = target_us >= 0,
        .target_status = target_us >= 0 ? status : 0,
        .balancer_status = target_us >= 0 ? 0 : status,
        .target_us = target_us,
    };
    struct alb_call call = {.try_count = target_us >= 0};
    struct alb_record record = {.group = group, .call = &call, .status = status};
    alb_metrics_count(counted->metrics, &request);
    history_count(&counted->history, second, &record);
}

Test(dashboard_parts, a_second_has_the_figures_of_each_group)
{
    struct counted counted;
    start_counting(&counted);
    for (int i = 0; i < 99; i++)
        answer(&counted, elb_case.a, NOW_S, 200, 2000);
    answer(&counted, elb_case.a, NOW_S, 500, 8000);
    answer(&counted, elb_case.a, NOW_S + 1, 404, 2000);
    answer(&counted, elb_case.b, NOW_S + 1, 503, -1);
    history_count_cold_start(&counted.history, NOW_S + 1, "a", 5000);
    alb_metrics_flush(counted.metrics);
    history_advance(&counted.history, NOW_S + 2);
    history_print(&counted.history, 0, &text);
    expect_has("[{\"t\":1795253400,\"g\":{");
    expect_has("\"a\":{\"n\":100,\"e\":1,\"w\":50,\"p50\":2");
    expect_has("{\"t\":1795253401,\"g\":{");
    expect_has("\"a\":{\"n\":1,\"c\":1,\"cold\":1,\"w\":50,");
    expect_has("\"b\":{\"n\":1,\"e\":1,\"w\":50}");
    stop_counting(&counted);
}

Test(dashboard_parts, the_history_is_of_five_minutes_and_survives_a_sleep)
{
    struct counted counted;
    start_counting(&counted);
    history_advance(&counted.history, NOW_S + 10);
    history_advance(&counted.history, NOW_S + 10 + HISTORY_SECONDS);
    history_print(&counted.history, 0, &text);
    cr_expect_eq(count_of("\"t\":"), (size_t)HISTORY_SECONDS);
    buf_reset(&text);
    history_print(&counted.history, NOW_S + 9 + HISTORY_SECONDS, &text);
    cr_expect_eq(count_of("\"t\":"), 1u);
    buf_reset(&text);
    history_advance(&counted.history, NOW_S + 100000);
    history_advance(&counted.history, NOW_S + 100001);
    history_print(&counted.history, 0, &text);
    cr_expect_eq(count_of("\"t\":"), 1u);
    stop_counting(&counted);
}

/* --- messages --- */

/* Its second message comes late, and has what three would have had. */
Test(dashboard_parts, a_slow_client_gets_one_message_with_all_that_is_new)
{
    struct counted counted;
    struct message_cursor cursor = {.has_begun = false};
    start_counting(&counted);
    struct message_parts parts = {.history = &counted.history,
                                  .journal = &journal,
                                  .state = BYTES_LIT("\"rules\":[]"),
                                  .token = "0123",
                                  .now_ms = NOW_S * 1000LL};
    ask("/before", 200);
    history_advance(&counted.history, NOW_S + 1);
    message_print(&parts, &cursor, &text);
    expect_has("data: {\"now\":1795253400000,\"rig\":{\"seconds\":300,\"token\":\"0123\"},"
               "\"rules\":[],\"points\":[{\"t\":1795253400,");
    expect_has("/before");
    buf_reset(&text);
    for (int i = 2; i <= 4; i++) {
        ask("/after", 200);
        history_advance(&counted.history, NOW_S + i);
    }
    journal_add_event(&journal, NOW_S, "alb", "something");
    message_print(&parts, &cursor, &text);
    cr_expect_eq(count_of("\"t\":"), 3u);
    cr_expect_eq(count_of("/after"), 3u);
    cr_expect_eq(count_of("something"), 1u);
    cr_expect_eq(count_of("\n\n"), 1u);
    cr_expect_null(strstr(text.data, "/before"));
    cr_expect_null(strstr(text.data, "\"rig\""));
    stop_counting(&counted);
}
