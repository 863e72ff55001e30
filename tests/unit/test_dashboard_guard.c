#include <criterion/criterion.h>

#include "runtime/core/buf.h"
#include "runtime/dashboard/guard_acts.h"

/* What the page's list of events learns of a guard. */

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
