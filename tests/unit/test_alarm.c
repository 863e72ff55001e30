#include <criterion/criterion.h>

#include "runtime/control/alarm.h"
#include "tests/support/cloudwatch_call.h"

/* Alarms by themselves: the user guide's table of missing data; and through CloudWatch's API. */

TestSuite(alarm, .init = cloudwatch_case_init, .fini = cloudwatch_case_release);

enum { NOW = 1795253400 };

struct row {
    const char *data; /* the last periods, oldest first: X breaches, 0 does not, - is missing */
    int64_t needed;   /* of 3 */
    enum alarm_state want[4]; /* missing, ignore, breaching, notBreaching */
};

/* RETAINED is the state before, INSUFFICIENT_DATA. */
#define RETAINED ALARM_INSUFFICIENT
static const struct row rows[] = {
    {"0-X-X", 3, {ALARM_OK, ALARM_OK, ALARM_OK, ALARM_OK}},
    {"----0", 3, {ALARM_OK, ALARM_OK, ALARM_OK, ALARM_OK}},
    {"-----", 3, {ALARM_INSUFFICIENT, RETAINED, ALARM_ALARM, ALARM_OK}},
    {"0XX-X", 3, {ALARM_ALARM, ALARM_ALARM, ALARM_ALARM, ALARM_ALARM}},
    {"--X--", 3, {ALARM_ALARM, RETAINED, ALARM_ALARM, ALARM_OK}},
    {"0-X-X", 2, {ALARM_ALARM, ALARM_ALARM, ALARM_ALARM, ALARM_ALARM}},
    {"00X0X", 2, {ALARM_ALARM, ALARM_ALARM, ALARM_ALARM, ALARM_ALARM}},
    {"0---X", 2, {ALARM_OK, RETAINED, ALARM_ALARM, ALARM_OK}},
    {"----X", 2, {ALARM_ALARM, RETAINED, ALARM_ALARM, ALARM_OK}},
    {"XX000", 1, {ALARM_OK, ALARM_OK, ALARM_OK, ALARM_OK}},
};

static void add_data(struct series *series, const char *data)
{
    for (int i = 0; i < 5; i++)
        if (data[i] != '-')
            cr_assert_eq(series_add_value(series, NOW - (5 - i) * 60, data[i] == 'X' ? 10 : 1, 1),
                         RC_OK);
}

Test(alarm, treats_missing_data_as_the_user_guides_table)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int missing = ALARM_MISSING; missing <= ALARM_NOT_BREACHING; missing++) {
            struct series_store store = {NULL, 0};
            struct alarms alarms = {NULL, 0};
            struct alarm alarm = {
                .name = BYTES_LIT("a"),
                .id = {BYTES_LIT("S"), BYTES_LIT("n"), NULL, 0},
                .stat = {STAT_SUM, false, 0, 0},
                .period_s = 60,
                .evaluation_periods = 3,
                .datapoints_to_alarm = rows[i].needed,
                .threshold = 5,
                .comparison = ALARM_GT,
                .missing = (enum alarm_missing)missing,
            };
            struct series *series = series_open(&store, &alarm.id, BYTES_LIT("Count"));
            cr_assert_not_null(series);
            add_data(series, rows[i].data);
            const struct alarm *put = alarm_put(&alarms, &alarm);
            cr_assert_not_null(put);
            alarms_evaluate(&alarms, &store, NOW + 30);
            cr_expect_eq(put->state, rows[i].want[missing], "row %zu, missing data %d: %s", i,
                         missing, alarm_state_name(put->state));
            alarms_release(&alarms);
            series_store_release(&store);
        }
}

Test(alarm, rules_are_read_with_their_precedence)
{
    static const struct {
        const char *rule;
        int holds; /* -1: it is no rule */
    } rules[] = {
        {"TRUE", 1},
        {"FALSE", 0},
        {"NOT FALSE AND NOT FALSE", 1},
        {"TRUE OR TRUE AND FALSE", 1},
        {"(TRUE OR TRUE) AND FALSE", 0},
        {"ALARM(none) OR OK(\"n o\") OR INSUFFICIENT_DATA( x )", 0},
        {"NOT ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:x)", 1},
        {"", -1},
        {"TRUE TRUE", -1},
        {"ALARM", -1},
        {"ALARM()", -1},
        {"ALARM(\"x)", -1},
        {"(TRUE", -1},
        {"NOT", -1},
        {"TRUEISH", -1},
        {"TRUE AND", -1},
        {"((((((((((((((((((((((((((((((((((((((((TRUE))))))))))))))))))))))))))))))))))))))))",
         -1},
    };
    struct alarms alarms = {NULL, 0};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        bool holds = false;
        const char *error = NULL;
        bool is_rule = alarm_rule_holds(&alarms, bytes_from_str(rules[i].rule), &holds, &error);
        cr_expect_eq(is_rule ? holds : -1, rules[i].holds, "%s", rules[i].rule);
        cr_expect_eq(is_rule, error == NULL, "%s", rules[i].rule);
    }
}

static void count_errors(int64_t second, double value)
{
    struct series_id id = {BYTES_LIT("Duet"), BYTES_LIT("Errors"), NULL, 0};
    struct series *series = series_open(&cloudwatch_case.store, &id, BYTES_LIT("Count"));
    cr_assert_not_null(series);
    cr_assert_eq(series_add_value(series, second, value, 1), RC_OK);
}

#define ALARM_ON_ERRORS                                                                        \
    "\"AlarmName\":\"errors\",\"Namespace\":\"Duet\",\"MetricName\":\"Errors\",\"Statistic\":" \
    "\"Sum\",\"Period\":60,\"EvaluationPeriods\":1,\"Threshold\":5,\"ComparisonOperator\":"    \
    "\"GreaterThanThreshold\",\"TreatMissingData\":\"notBreaching\""

Test(alarm, follows_its_metric_minute_by_minute)
{
    EXPECT_JSON(200, "PutMetricAlarm",
                "{" ALARM_ON_ERRORS ",\"AlarmActions\":[\"arn:aws:sns:us-east-1:1:x\"]}");
    EXPECT_JSON(200, "DescribeAlarms", "{\"AlarmNames\":[\"errors\"]}");
    EXPECT_HAS("\"StateValue\":\"OK\"");
    EXPECT_HAS("\"AlarmArn\":\"arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors\"");
    EXPECT_HAS("\"AlarmActions\":[\"arn:aws:sns:us-east-1:1:x\"]");
    EXPECT_HAS("\"ComparisonOperator\":\"GreaterThanThreshold\",\"TreatMissingData\":"
               "\"notBreaching\"}],\"CompositeAlarms\":[]}");
    count_errors(NOW + 10, 6);
    cloudwatch_case.now_s = NOW + 59;
    EXPECT_JSON(200, "DescribeAlarms", "{}");
    EXPECT_HAS("\"StateValue\":\"OK\"");
    cloudwatch_case.now_s = NOW + 60;
    EXPECT_JSON(200, "DescribeAlarms", "{\"StateValue\":\"ALARM\"}");
    EXPECT_HAS("\"StateValue\":\"ALARM\"");
    EXPECT_HAS("\"StateUpdatedTimestamp\":1795253460");
}

Test(alarm, a_state_that_was_set_holds_until_the_next_evaluation)
{
    EXPECT_JSON(200, "PutMetricAlarm", "{" ALARM_ON_ERRORS "}");
    EXPECT_JSON(200, "SetAlarmState",
                "{\"AlarmName\":\"errors\",\"StateValue\":\"ALARM\",\"StateReason\":\"drill\"}");
    EXPECT_JSON(200, "DescribeAlarms", "{}");
    EXPECT_HAS("\"StateValue\":\"ALARM\",\"StateReason\":\"drill\"");
    cloudwatch_case.now_s += 60;
    EXPECT_JSON(200, "DescribeAlarms", "{}");
    EXPECT_HAS("\"StateValue\":\"OK\"");
}

Test(alarm, composite_ones_look_at_others)
{
    EXPECT_JSON(
        200, "PutCompositeAlarm",
        "{\"AlarmName\":\"all\",\"AlarmRule\":\"ALARM(errors) AND NOT ALARM(\\\"mute\\\")\"}");
    EXPECT_JSON(200, "PutCompositeAlarm", "{\"AlarmName\":\"above\",\"AlarmRule\":\"ALARM(all)\"}");
    EXPECT_JSON(200, "PutMetricAlarm", "{" ALARM_ON_ERRORS "}");
    count_errors(NOW - 30, 6);
    EXPECT_JSON(200, "DescribeAlarms", "{\"AlarmTypes\":[\"CompositeAlarm\"]}");
    EXPECT_HAS("{\"MetricAlarms\":[],\"CompositeAlarms\":[{\"AlarmName\":\"above\"");
    EXPECT_HAS("\"AlarmName\":\"all\"");
    cr_expect(!cloudwatch_has("\"StateValue\":\"OK\""), "%.*s", BYTES_ARG(cloudwatch_case.answer));
    EXPECT_JSON(200, "DescribeAlarms", "{}");
    EXPECT_HAS("\"CompositeAlarms\":[]}");
}

Test(alarm, are_described_in_pages)
{
    EXPECT_JSON(200, "PutCompositeAlarm", "{\"AlarmName\":\"a2\",\"AlarmRule\":\"TRUE\"}");
    EXPECT_JSON(200, "PutCompositeAlarm", "{\"AlarmName\":\"a1\",\"AlarmRule\":\"TRUE\"}");
    EXPECT_JSON(200, "PutCompositeAlarm", "{\"AlarmName\":\"b\",\"AlarmRule\":\"TRUE\"}");
    EXPECT_JSON(200, "DescribeAlarms",
                "{\"AlarmTypes\":[\"CompositeAlarm\"],\"AlarmNamePrefix\":\"a\",\"MaxRecords\":1}");
    EXPECT_HAS("\"AlarmName\":\"a1\"");
    EXPECT_HAS("\"NextToken\":\"a2\"");
    EXPECT_JSON(200, "DescribeAlarms",
                "{\"AlarmTypes\":[\"CompositeAlarm\"],\"AlarmNamePrefix\":\"a\",\"MaxRecords\":1,"
                "\"NextToken\":\"a2\"}");
    EXPECT_HAS("\"AlarmName\":\"a2\"");
    cr_expect(!cloudwatch_has("NextToken"));
}

Test(alarm, are_deleted_all_or_none)
{
    EXPECT_JSON(200, "PutMetricAlarm", "{" ALARM_ON_ERRORS "}");
    EXPECT_JSON(404, "DeleteAlarms", "{\"AlarmNames\":[\"errors\",\"none\"]}");
    EXPECT_HAS("ResourceNotFound");
    EXPECT_JSON(404, "SetAlarmState",
                "{\"AlarmName\":\"none\",\"StateValue\":\"OK\",\"StateReason\":\"x\"}");
    EXPECT_JSON(200, "DeleteAlarms", "{\"AlarmNames\":[\"errors\",\"errors\"]}");
    EXPECT_JSON(200, "DescribeAlarms", "{}");
    EXPECT_HAS("\"MetricAlarms\":[]");
}

Test(alarm, bad_settings_are_refused)
{
    static const char *const bodies[] = {
        "{}",
        "{" ALARM_ON_ERRORS ",\"ExtendedStatistic\":\"p90\"}",
        "{" ALARM_ON_ERRORS ",\"DatapointsToAlarm\":2}",
        "{" ALARM_ON_ERRORS ",\"Metrics\":[{\"Id\":\"a\"}]}",
        "{" ALARM_ON_ERRORS ",\"OKActions\":[1]}",
        "{\"AlarmName\":\"a\",\"Namespace\":\"Duet\",\"MetricName\":\"e\",\"Statistic\":\"Sum\","
        "\"Period\":60,\"EvaluationPeriods\":1,\"Threshold\":5,\"ComparisonOperator\":\"Above\"}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        EXPECT_JSON(400, "PutMetricAlarm", bodies[i]);
    EXPECT_JSON(400, "PutCompositeAlarm", "{\"AlarmName\":\"a\",\"AlarmRule\":\"MAYBE\"}");
    EXPECT_JSON(400, "DescribeAlarms", "{\"StateValue\":\"FINE\"}");
    EXPECT_JSON(400, "DescribeAlarms", "{\"AlarmNames\":[\"a\"],\"AlarmNamePrefix\":\"a\"}");
    EXPECT_JSON(200, "DescribeAlarms", "{}");
    EXPECT_HAS("\"MetricAlarms\":[]");
}
