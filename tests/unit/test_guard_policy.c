#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/guard/guard_policy.h"
#include "pipeline/guard/guard_state.h"

static const struct row {
    const char *text, *error; /* NULL: it is allowed */
} rows[] = {
    {"{}", NULL},
    {"{\"rule\":{\"arn\":\"arn:aws:x\"},\"probes\":{\"url\":\"https://x/\"},\"topic\":\"arn:y\"}",
     NULL},
    {"{\"moves\":{\"steps\":[5,25,100],\"apart\":\"10m\",\"back_after\":\"1h\"}}", NULL},
    {"{", "policy:1:1: no JSON"},
    {"{\"prob\":1}", "policy: prob"},
    {"{\"parameter\":\"duet\"}", "policy: parameter: must begin with /"},
    {"{\"probes\":{}}", "policy: probes.url: is missing"},
    {"{\"probes\":{\"url\":\"ftp://x\"}}", "policy: probes.url: 'ftp://x' is no URL"},
    {"{\"probes\":{\"url\":\"http://x\",\"interval\":\"auto\"}}", NULL},
    {"{\"probes\":{\"url\":\"http://x\",\"interval\":\"soon\"}}",
     "policy: probes.interval: 'soon' is no duration"},
    {"{\"probes\":{\"url\":\"http://x\",\"interval\":\"9ms\"}}", "policy: probes.interval"},
    {"{\"probes\":{\"url\":\"http://x\",\"part\":0}}", "policy: probes.part"},
    {"{\"metrics\":{\"period\":\"7s\"}}", "policy: metrics.period: must be 1s"},
    {"{\"metrics\":{\"errors\":60}}", "policy: metrics.severe: is below errors"},
    {"{\"moves\":{\"steps\":[50,20,100]}}", "policy: moves.steps: must be percent that rise"},
    {"{\"moves\":{\"steps\":[50]}}", "policy: moves.steps: must end with 100"},
    {"{\"moves\":{\"back_after\":\"1m\"}}", "policy: moves.back_after: is below apart"},
    {"{\"fargate\":{\"services\":[\"s\"]}}",
     "policy: fargate: cluster and services belong together"},
    {"{\"fargate\":{\"cluster\":\"c\",\"services\":[1]}}",
     "policy: fargate.services: must be names"},
    {"{\"health\":{\"looks\":0},\"metrics\":{\"windows\":0}}", "policy: has no probes"},
    {"{\"lease\":\"5s\"}", "policy: lease: must be at least twice"},
#define COST(members) \
    "{\"fargate\":{\"cluster\":\"c\",\"services\":[\"s\"]},\"cost\":{" members "}}"
#define PRICES "\"million_requests\":0.2,\"gb_second\":0.0000133334,\"memory\":256,"
    {COST(PRICES "\"duration\":\"20ms\",\"task_hour\":0.04,\"task_requests\":500"), NULL},
    {COST(PRICES "\"duration\":\"20ms\",\"task_hour\":0.04"),
     "policy: cost.task_requests: is missing"},
    {COST(PRICES "\"task_hour\":0.04,\"task_requests\":500"), "policy: cost.duration: is missing"},
    {COST(PRICES "\"duration\":\"20ms\",\"task_hour\":-1,\"task_requests\":500"),
     "policy: cost.task_hour"},
    {COST(PRICES "\"duration\":\"20ms\",\"task_hour\":40,\"task_requests\":500"),
     "policy: cost: Fargate never pays: 2 tasks carry 1000.0 requests a second"},
    {COST("\"price\":1"), "policy: cost.price"},
    {"{\"rule\":{\"arn\":\"x\"},\"cost\":{" PRICES
     "\"duration\":\"20ms\",\"task_hour\":0.04,\"task_requests\":500}}",
     "policy: cost: needs fargate.cluster"},
    {"{\"environment\":\"pr-12\"}", NULL},
    {"{\"environment\":\"\"}", "policy: environment: must"},
    {"{\"environment\":\"Dev\"}", "policy: environment: must be such as dev"},
    {"{\"environment\":\"a/b\"}", "policy: environment: must be such as dev"},
    {"{\"rule\":{}}", "policy: rule: must have an arn, a load_balancer or tags"},
};

Test(guard_policy, names_the_place_of_what_is_wrong)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct guard_policy policy;
        char error[512] = "";
        bool is_well = guard_policy_parse(&policy, "policy", bytes_from_str(rows[i].text), error,
                                          sizeof error);
        cr_expect_eq(is_well, rows[i].error == NULL, "%s: %s", rows[i].text, error);
        cr_expect(!rows[i].error || strncmp(error, rows[i].error, strlen(rows[i].error)) == 0,
                  "%s: %s", rows[i].text, error);
        guard_policy_release(&policy);
    }
}

/* The names that pipeline/common.sh and terraform/main.tf have for them. */
Test(guard_policy, an_environment_says_rule_lock_parameter_and_services)
{
    static const char *const names[] = {"dev", "qa", "prod", "pr-12"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct guard_policy policy;
        char text[128], error[512] = "", wanted[64];
        (void)snprintf(text, sizeof text, "{\"environment\":\"%s\",\"fargate\":{\"tasks\":3}}",
                       names[i]);
        cr_assert(guard_policy_parse(&policy, "policy", bytes_from_str(text), error, sizeof error),
                  "%s", error);
        (void)snprintf(wanted, sizeof wanted, "/duet/%s/canary", names[i]);
        cr_expect_str_eq(policy.canary_lock, wanted);
        (void)snprintf(wanted, sizeof wanted, "/duet/%s/guard", names[i]);
        cr_expect_str_eq(policy.parameter, wanted);
        (void)snprintf(wanted, sizeof wanted, "duet-%s", names[i]);
        cr_expect_str_eq(policy.plan.rule.balancer, wanted);
        cr_expect_str_eq(policy.fargate.cluster, wanted);
        (void)snprintf(wanted, sizeof wanted, "duet-%s-b", names[i]);
        cr_expect_str_eq(policy.fargate.services[1], wanted);
        cr_expect(!policy.plan.rule.priority && policy.plan.rule.port == 0 &&
                  policy.fargate.service_count == 2 && policy.fargate.tasks == 3);
        guard_policy_release(&policy);
    }
}

/* It names what `duet local` has, and nothing of it where it names something else. */
Test(guard_policy, without_a_word_it_is_of_the_rig_with_its_tasks)
{
    static const char *const others[] = {"{\"rule\":{\"load_balancer\":\"duet-local\"}}",
                                         "{\"fargate\":{\"tasks\":3}}"};
    for (size_t i = 0; i < 3; i++) {
        struct guard_policy policy;
        char error[640] = "";
        const char *text = i ? others[i - 1] : "{}";
        cr_assert(guard_policy_parse(&policy, "policy", bytes_from_str(text), error, sizeof error),
                  "%s", error);
        cr_expect_eq(policy.fargate.service_count, i == 1 ? 0u : 2u, "%s", text);
        cr_expect(i == 1 || (strcmp(policy.fargate.cluster, "duet-local") == 0 &&
                             strcmp(policy.fargate.services[1], "duet-local-b") == 0));
        guard_policy_release(&policy);
    }
}

Test(guard_policy, a_state_comes_back_as_it_was)
{
    struct guard_state state = {.phase = GUARD_BACK,
                                .away = GUARD_FARGATE,
                                .count = 2,
                                .groups = {"duet-dev-lambda-a", "duet-dev-fargate-b"},
                                .normal = {60, 40},
                                .wished = {96, 4},
                                .tried = {100, 0},
                                .stand_in = {0, 2},
                                .cost = {true, 12.5, 1700000000125, true, true, false},
                                .scaled = {true, true, "duet-dev-b", 1, 4, 1, 2, 4, 2, 0.4},
                                .step = 1,
                                .stepped_ms = 1700000000123,
                                .window_ms = 1700000040000,
                                .next_ms = 1700000050000,
                                .is_alarmed = true,
                                .is_held = true,
                                .owner = "host:7",
                                .expiry_ms = 1700000060123};
    struct guard_state back;
    struct buf text;
    char error[256] = "";
    state.homes[GUARD_FARGATE] = (struct guard_home_state){.probe_bad = 3,
                                                           .is_down = true,
                                                           .bad_ms = 1700000000123,
                                                           .moved_ms = 1700000000124,
                                                           .relapses = 2,
                                                           .rate = 1024.5,
                                                           .why = "3 probes: \"no answer\""};
    buf_init(&text, GUARD_STATE_MAX);
    guard_state_print(&state, &text);
    cr_assert_not(text.failed);
    cr_assert(guard_state_parse(&back, buf_bytes(&text), error, sizeof error), "%s", error);
    cr_expect_eq(memcmp(&back.homes, &state.homes, sizeof back.homes), 0);
    cr_expect_eq(memcmp(back.wished, state.wished, sizeof back.wished), 0);
    cr_expect(back.phase == GUARD_BACK && back.away == GUARD_FARGATE && back.step == 1 &&
              back.stepped_ms == state.stepped_ms && back.window_ms == state.window_ms &&
              back.expiry_ms == state.expiry_ms && back.next_ms == state.next_ms && back.is_held);
    cr_expect(back.cost.has_rate && back.cost.rate == 12.5 &&
              back.cost.since_ms == state.cost.since_ms && back.cost.is_foreign &&
              back.cost.is_begun && !back.cost.is_untold);
    cr_expect_eq(memcmp(back.stand_in, state.stand_in, sizeof back.stand_in), 0);
    cr_expect_eq(memcmp(&back.scaled, &state.scaled, sizeof back.scaled), 0);
    cr_expect_str_eq(back.groups[1], "duet-dev-fargate-b");
    buf_release(&text);
    cr_expect_not(guard_state_parse(&back, BYTES_LIT("{\"phase\":\"asleep\"}"), error, 256));
    cr_expect(strstr(error, "phase"), "%s", error);
}

Test(guard_policy, a_groups_name_says_its_home)
{
    cr_expect_eq(guard_home_of(BYTES_LIT("duet-dev-lambda-a")), GUARD_LAMBDA);
    cr_expect_eq(guard_home_of(BYTES_LIT("fargate-b")), GUARD_FARGATE);
    cr_expect_eq(guard_home_of(BYTES_LIT("duet-mylambdas")), GUARD_HOMES);
}
