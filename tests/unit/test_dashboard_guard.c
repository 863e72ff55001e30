#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/core/buf.h"
#include "runtime/dashboard/guard_acts.h"
#include "runtime/dashboard/guards.h"

/* What the page learns of guards: for its list of events, and where they are. */

static struct parameters parameters;
static struct buf told;

static void put(const char *name, const char *value, enum parameter_type type)
{
    const struct parameter *made;
    const struct parameter_put put = {
        .name = bytes_from_str(name), .value = bytes_from_str(value), .type = type, .now_ms = 1};
    cr_assert_eq(parameters_put(&parameters, &put, &made), RC_OK);
}

static void setup(void)
{
    char error[256];
    buf_init(&told, 4096);
    cr_assert(parameters_init(&parameters, NULL, error, sizeof error));
}

static void teardown(void)
{
    parameters_release(&parameters);
    buf_release(&told);
}

TestSuite(dashboard_guard, .init = setup, .fini = teardown);

static void on_act(void *context, int64_t epoch_ms, const char *text)
{
    (void)context;
    buf_printf(&told, "%lld %s\n", (long long)epoch_ms, text);
}

static void expect_told(const char *text)
{
    cr_expect(bytes_eq(buf_bytes(&told), bytes_from_str(text)), "%.*s",
              BYTES_ARG(buf_bytes(&told)));
    buf_reset(&told);
}

static void expect_ends(struct bytes end)
{
    struct bytes all = buf_bytes(&told);
    cr_expect(bytes_eq(bytes_skip(all, all.len - end.len), end), "%.*s", BYTES_ARG(all));
    buf_reset(&told);
}

Test(dashboard_guard, each_act_is_told_once_the_oldest_first)
{
    put("/duet/guard", "{\"phase\":\"away\"}", PARAMETER_STRING);
    put("/duet/guard/history/000000000000200", "{\"act\":\"step\",\"why\":\"well again\"}",
        PARAMETER_STRING);
    put("/duet/guard/history/000000000000100",
        "{\"act\":\"move\",\"home\":\"fargate\",\"why\":\"fargate fails: \\\"no answer\\\"\"}",
        PARAMETER_STRING);
    int64_t known_ms = guard_acts_look(&parameters, 0, on_act, NULL);
    expect_told("100 move: fargate fails: \"no answer\"\n200 step: well again\n");
    known_ms = guard_acts_look(&parameters, known_ms, on_act, NULL);
    expect_told("");
    put("/duet/other/history/000000000000300", "{\"act\":\"alarm\",\"why\":\"both fail\"}",
        PARAMETER_STRING);
    known_ms = guard_acts_look(&parameters, known_ms, on_act, NULL);
    expect_told("300 alarm: both fail\n");
    cr_expect_eq(known_ms, 300);
}

Test(dashboard_guard, other_parameters_are_passed_over)
{
    put("/duet/canary/history/run-1", "{\"act\":\"x\",\"why\":\"y\"}", PARAMETER_STRING);
    put("/elsewhere/history/000000000000100", "{\"act\":\"x\",\"why\":\"y\"}", PARAMETER_STRING);
    put("/duet/a/history/00000000000010x", "{\"act\":\"x\",\"why\":\"y\"}", PARAMETER_STRING);
    put("/duet/b/history/000000000000100", "no JSON", PARAMETER_STRING);
    put("/duet/c/history/000000000000100", "{\"run\":\"r\"}", PARAMETER_STRING);
    put("/duet/d/history/000000000000100", "{\"act\":\"x\",\"why\":\"y\"}", PARAMETER_SECURE);
    put("/duet", "", PARAMETER_STRING);
    cr_expect_eq(guard_acts_look(&parameters, 0, on_act, NULL), 0);
    cr_expect_eq(guard_acts_look(NULL, 7, on_act, NULL), 7);
    expect_told("");
}

/* --- where they are --- */

#define STATE(phase) "{\"phase\":\"" phase "\",\n\"groups\":[],\"expiry_ms\":1}"

Test(dashboard_guard, each_guard_is_shown_with_its_newest_acts)
{
    char name[64], act[32];
    put("/duet/dev/guard", STATE("away"), PARAMETER_STRING);
    put("/duet/dev/guard2", "{\"phase\":\"away\",\"groups\":[]}", PARAMETER_STRING);
    put("/duet/dev/guard2/history/000000000000001", "{\"act\":\"no\"}", PARAMETER_STRING);
    put("/duet/secret", STATE("back"), PARAMETER_SECURE);
    put("/elsewhere", STATE("back"), PARAMETER_STRING);
    put("/duet/guard", STATE("watch"), PARAMETER_STRING);
    put("/duet/guard/history/000000000000009", "[]", PARAMETER_STRING);
    for (int i = 0; i < GUARDS_ACTS_MAX + 2; i++) {
        (void)snprintf(name, sizeof name, "/duet/dev/guard/history/%015d", 100 + i);
        (void)snprintf(act, sizeof act, "{\"act\":\"%d\"}", i);
        put(name, act, PARAMETER_STRING);
    }
    guards_print(&parameters, &told);
    cr_expect(bytes_starts_with(buf_bytes(&told),
                                BYTES_LIT("[{\"parameter\":\"/duet/dev/guard\",\"state\":{"
                                          "\"phase\":\"away\", \"groups\":[],\"expiry_ms\":1},"
                                          "\"acts\":[{\"act\":\"2\"},{\"act\":\"3\"},")),
              "%.*s", BYTES_ARG(buf_bytes(&told)));
    struct bytes end =
        BYTES_LIT(",{\"act\":\"21\"}]},{\"parameter\":\"/duet/guard\",\"state\":{"
                  "\"phase\":\"watch\", \"groups\":[],\"expiry_ms\":1},\"acts\":[]}]");
    cr_assert_geq(told.len, end.len);
    expect_ends(end);
    guards_print(NULL, &told);
    expect_told("[]");
}
