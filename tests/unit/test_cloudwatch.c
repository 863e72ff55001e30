#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/cloudwatch_call.h"

TestSuite(cloudwatch, .init = cloudwatch_case_init, .fini = cloudwatch_case_release);

enum { NOW = 1795253400 };

static struct series *open_series(const char *name)
{
    static const struct series_dimension dimension = {BYTES_INIT("LoadBalancer"),
                                                      BYTES_INIT("app/duet/1")};
    struct series_id id = {BYTES_LIT("AWS/ApplicationELB"), bytes_from_str(name), &dimension, 1};
    struct series *series = series_open(&cloudwatch_case.store, &id, BYTES_LIT("Count"));
    cr_assert_not_null(series);
    return series;
}

static void count(const char *name, int64_t second, double value, double times)
{
    cr_assert_eq(series_add_value(open_series(name), second, value, times), RC_OK);
}

#define METRIC(name)                                              \
    "\"Namespace\":\"AWS/ApplicationELB\",\"MetricName\":\"" name \
    "\",\"Dimensions\":[{\"Name\":\"LoadBalancer\",\"Value\":\"app/duet/1\"}]"
#define HOUR "\"StartTime\":1795249800,\"EndTime\":1795253400"
#define QUERY(id, name, stat)                                                         \
    "{\"Id\":\"" id "\",\"MetricStat\":{\"Metric\":{" METRIC(name) "},\"Period\":60," \
                                                                   "\"Stat\":\"" stat "\"}}"
#define DATA(queries) "{" HOUR ",\"MetricDataQueries\":[" queries "]}"

Test(cloudwatch, sums_seconds_to_periods_and_leaves_empty_ones_out)
{
    count("RequestCount", NOW - 120, 1, 3);
    count("RequestCount", NOW - 61, 1, 4);
    count("RequestCount", NOW - 1, 1, 5);
    EXPECT_JSON(200, "GetMetricStatistics",
                "{" METRIC("RequestCount") "," HOUR ",\"Period\":60,\"Statistics\":[\"Sum\","
                                           "\"Maximum\"],\"ExtendedStatistics\":[\"p99\"]}");
    EXPECT_HAS("\"Label\":\"RequestCount\"");
    EXPECT_HAS("[{\"Timestamp\":1795253280,\"Sum\":7,\"Maximum\":1,\"ExtendedStatistics\":{"
               "\"p99\":1},\"Unit\":\"Count\"},{\"Timestamp\":1795253340,\"Sum\":5,");
}

Test(cloudwatch, answers_in_querys_xml)
{
    count("RequestCount", NOW - 60, 1, 3);
    cr_expect_eq(
        cloudwatch_query("GetMetricStatistics",
                         "Namespace=AWS/ApplicationELB&MetricName=RequestCount&Period=60"
                         "&Dimensions.member.1.Name=LoadBalancer"
                         "&Dimensions.member.1.Value=app/duet/1&Statistics.member.1=Sum"
                         "&ExtendedStatistics.member.1=p50&ExtendedStatistics.member.2=tm90"
                         "&StartTime=2026-11-21T09:00:00Z&EndTime=2026-11-21T09:30:00Z"),
        200);
    EXPECT_HAS("<Datapoints><member><Timestamp>2026-11-21T09:29:00");
    EXPECT_HAS("<Sum>3</Sum><ExtendedStatistics><entry><key>p50</key><value>1</value></entry>"
               "<entry><key>tm90</key><value>1</value></entry></ExtendedStatistics>"
               "<Unit>Count</Unit>");
}

Test(cloudwatch, gives_many_metrics_newest_first)
{
    count("RequestCount", NOW - 120, 1, 3);
    count("RequestCount", NOW - 60, 1, 4);
    EXPECT_JSON(200, "GetMetricData",
                DATA(QUERY("m1", "RequestCount", "Sum") "," QUERY("m2", "NoSuch", "Sum")));
    EXPECT_HAS("{\"Id\":\"m1\",\"Label\":\"RequestCount\",\"Timestamps\":[1795253340,1795253280],"
               "\"Values\":[4,3],\"StatusCode\":\"Complete\"}");
    EXPECT_HAS("{\"Id\":\"m2\",\"Label\":\"NoSuch\",\"Timestamps\":[],\"Values\":[],");
}

#define EXPRESSION(text) "{\"Id\":\"e\",\"Expression\":\"" text "\"}"
#define ERRORS QUERY("errors", "HTTPCode_ELB_5XX_Count", "Sum")
#define ALL QUERY("all", "RequestCount", "Sum")

static void two_metrics(void)
{
    count("RequestCount", NOW - 180, 1, 8);
    count("RequestCount", NOW - 120, 1, 4);
    count("HTTPCode_ELB_5XX_Count", NOW - 120, 1, 1);
}

struct math_row {
    const char *expression, *values;
};

static const struct math_row math_rows[] = {
    {"errors/all", "[0.25]"},
    {"100*errors / all", "[25]"},
    {"FILL(errors,0)/all*100", "[25,0]"},
    {"SUM([errors,all])", "[5,8]"},
    {"SUM(METRICS())", "[5,8]"},
    {"MAX([all, errors])", "[4,8]"},
    {"all - SUM(all)", "[-8,-4]"},
    {"-(all+1)*2", "[-10,-18]"},
    {"all/0", "[]"},
    {"IF(all>5, all, 0)", "[0,8]"},
    {"all>=4 == 1", "[1,1]"},
    {"2-1-1+all", "[4,8]"},
};

Test(cloudwatch, computes_expressions)
{
    char body[2048], values[64];
    two_metrics();
    for (size_t i = 0; i < sizeof math_rows / sizeof math_rows[0]; i++) {
        (void)snprintf(body, sizeof body, "%s%s\"}]}",
                       "{" HOUR ",\"MetricDataQueries\":[" ERRORS "," ALL
                       ",{\"Id\":\"e\",\"Expression\":\"",
                       math_rows[i].expression);
        (void)snprintf(values, sizeof values, "\"Values\":%s,\"StatusCode\":\"Complete\"}],",
                       math_rows[i].values);
        EXPECT_JSON(200, "GetMetricData", body);
        cr_expect(cloudwatch_has(values), "%s: %.*s", math_rows[i].expression,
                  BYTES_ARG(cloudwatch_case.answer));
    }
}

Test(cloudwatch, refuses_expressions_by_name)
{
    static const char *const rows[] = {
        "RATE(all)", "errors +",  "errors all", "nothing",  "e",           "(all",
        "SUM()",     "METRICS()", "[all",       "1.2.3",    "FILL(all)",   "all + METRICS()",
        "IF(all,1)", "",          "all $ 1",    "SUM([1])", "SUM(REPEAT)", "FILL(1, 2)"};
    char body[2048];
    two_metrics();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(body, sizeof body, "%s%s\"}]}",
                       "{" HOUR ",\"MetricDataQueries\":[" ALL "," ERRORS
                       ",{\"Id\":\"e\",\"Expression\":\"",
                       rows[i]);
        cr_expect_eq(cloudwatch_json("GetMetricData", body), 400, "'%s': %.*s", rows[i],
                     BYTES_ARG(cloudwatch_case.answer));
        EXPECT_HAS("ValidationError");
    }
    EXPECT_JSON(400, "GetMetricData", DATA(ALL "," EXPRESSION("RATE(all)")));
    EXPECT_HAS("RATE");
}

Test(cloudwatch, lists_metrics_by_filter)
{
    count("RequestCount", NOW, 1, 1);
    count("TargetResponseTime", NOW, 1, 1);
    EXPECT_JSON(200, "ListMetrics", "{\"Namespace\":\"AWS/ApplicationELB\"}");
    EXPECT_HAS("{\"Metrics\":[{\"Namespace\":\"AWS/ApplicationELB\",\"MetricName\":"
               "\"RequestCount\",\"Dimensions\":[{\"Name\":\"LoadBalancer\",\"Value\":"
               "\"app/duet/1\"}]},{\"Namespace\":\"AWS/ApplicationELB\",\"MetricName\":"
               "\"TargetResponseTime\",");
    EXPECT_JSON(200, "ListMetrics", "{\"MetricName\":\"RequestCount\"}");
    cr_expect(!cloudwatch_has("TargetResponseTime"));
    EXPECT_JSON(200, "ListMetrics", "{\"Dimensions\":[{\"Name\":\"LoadBalancer\"}]}");
    EXPECT_HAS("RequestCount");
    EXPECT_JSON(200, "ListMetrics",
                "{\"Dimensions\":[{\"Name\":\"LoadBalancer\",\"Value\":\"x\"}]}");
    EXPECT_HAS("{\"Metrics\":[]}");
}

Test(cloudwatch, lists_metrics_in_pages)
{
    char name[16];
    for (int i = 0; i < 501; i++) {
        (void)snprintf(name, sizeof name, "m%d.", i);
        (void)open_series(name);
    }
    EXPECT_JSON(200, "ListMetrics", "{}");
    EXPECT_HAS("\"m0.\"");
    EXPECT_HAS("\"m499.\"");
    EXPECT_HAS("\"NextToken\":\"500\"");
    cr_expect(!cloudwatch_has("m500."));
    EXPECT_JSON(200, "ListMetrics", "{\"NextToken\":\"500\"}");
    EXPECT_HAS("m500.");
    cr_expect(!cloudwatch_has("NextToken"));
    EXPECT_JSON(400, "ListMetrics", "{\"NextToken\":\"x\"}");
}

Test(cloudwatch, keeps_metrics_of_ones_own)
{
    EXPECT_JSON(200, "PutMetricData",
                "{\"Namespace\":\"Duet\",\"MetricData\":["
                "{\"MetricName\":\"a\",\"Value\":5,\"StorageResolution\":1,\"Unit\":\"Bytes\"},"
                "{\"MetricName\":\"a\",\"Values\":[3,1,3],\"Counts\":[1,2,1],\"Timestamp\":"
                "1795253399,\"StorageResolution\":1},"
                "{\"MetricName\":\"b\",\"StatisticValues\":{\"SampleCount\":2,\"Sum\":9,"
                "\"Minimum\":4,\"Maximum\":5},\"Timestamp\":1795253399}]}");
    EXPECT_JSON(200, "GetMetricStatistics",
                "{\"Namespace\":\"Duet\",\"MetricName\":\"a\",\"StartTime\":1795253340,\"EndTime\":"
                "1795253460,\"Period\":60,\"Statistics\":[\"Sum\",\"SampleCount\"],"
                "\"ExtendedStatistics\":[\"p50\"]}");
    EXPECT_HAS("[{\"Timestamp\":1795253340,\"Sum\":8,\"SampleCount\":4,\"ExtendedStatistics\":{"
               "\"p50\":1},\"Unit\":\"Bytes\"},{\"Timestamp\":1795253400,\"Sum\":5,");
    EXPECT_JSON(200, "GetMetricStatistics",
                "{\"Namespace\":\"Duet\",\"MetricName\":\"b\",\"StartTime\":1795253340,\"EndTime\":"
                "1795253400,\"Period\":1,\"Statistics\":[\"Average\"]}");
    EXPECT_HAS("[{\"Timestamp\":1795253340,\"Average\":4.5,");
}

struct refusal {
    const char *action, *body, *code;
};

#define STATISTICS(rest) "{" METRIC("RequestCount") "," rest "}"
#define PUT(datum) "{\"Namespace\":\"Duet\",\"MetricData\":[{" datum "}]}"

static const struct refusal refusals[] = {
    {"GetMetricStatistics", "{}", "MissingParameter"},
    {"GetMetricStatistics", STATISTICS(HOUR ",\"Period\":60"), "MissingParameter"},
    {"GetMetricStatistics", STATISTICS(HOUR ",\"Period\":7,\"Statistics\":[\"Sum\"]"),
     "InvalidParameterValue"},
    {"GetMetricStatistics", STATISTICS(HOUR ",\"Period\":60,\"Statistics\":[\"p99\"]"),
     "InvalidParameterValue"},
    {"GetMetricStatistics", STATISTICS(HOUR ",\"Period\":60,\"ExtendedStatistics\":[\"Sum\"]"),
     "InvalidParameterValue"},
    {"GetMetricStatistics", STATISTICS(HOUR ",\"Period\":1,\"Statistics\":[\"Sum\"]"),
     "InvalidParameterCombination"},
    {"GetMetricStatistics",
     STATISTICS("\"StartTime\":5,\"EndTime\":5,\"Period\":60,\"Statistics\":[\"Sum\"]"),
     "InvalidParameterCombination"},
    {"GetMetricStatistics",
     STATISTICS("\"StartTime\":\"then\",\"EndTime\":5,\"Period\":60,\"Statistics\":[\"Sum\"]"),
     "InvalidParameterValue"},
    {"GetMetricData", "{" HOUR "}", "ValidationError"},
    {"GetMetricData", DATA("{\"Id\":\"A\",\"Expression\":\"1\"}"), "ValidationError"},
    {"GetMetricData", DATA("{\"Id\":\"a\"}"), "ValidationError"},
    {"GetMetricData", DATA(ALL "," ALL), "ValidationError"},
    {"GetMetricData", DATA(QUERY("a", "x", "most")), "InvalidParameterValue"},
    {"PutMetricData", "{\"Namespace\":\"AWS/x\",\"MetricData\":[]}", "InvalidParameterValue"},
    {"PutMetricData", "{\"Namespace\":\"x\",\"MetricData\":[]}", "MissingParameter"},
    {"PutMetricData", PUT("\"MetricName\":\"a\""), "MissingParameter"},
    {"PutMetricData", PUT("\"Value\":1"), "MissingParameter"},
    {"PutMetricData", PUT("\"MetricName\":\"a\",\"Value\":1,\"Unit\":\"Pounds\""),
     "InvalidParameterValue"},
    {"PutMetricData", PUT("\"MetricName\":\"a\",\"Values\":[1,2],\"Counts\":[1]"),
     "InvalidParameterValue"},
    {"PutMetricData",
     PUT("\"MetricName\":\"a\",\"Value\":1,\"Dimensions\":[{\"Name\":\"x\",\"Value\":\"1\"},"
         "{\"Name\":\"x\",\"Value\":\"2\"}]"),
     "InvalidParameterValue"},
    {"NoSuchAction", "{}", "InvalidAction"},
};

Test(cloudwatch, refuses_with_awss_codes_and_changes_nothing)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *row = &refusals[i];
        int status = cloudwatch_json(row->action, row->body);
        cr_expect(status >= 400 && status < 500, "row %zu: %d", i, status);
        cr_expect(cloudwatch_has(row->code) || strcmp(row->code, "InvalidAction") == 0,
                  "row %zu: no %s in %.*s", i, row->code, BYTES_ARG(cloudwatch_case.answer));
    }
    cr_expect_eq(cloudwatch_case.store.count, 0);
}
