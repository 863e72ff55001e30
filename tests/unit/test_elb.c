#include <criterion/criterion.h>

#include <stdio.h>

#include "tests/support/elb_call.h"

/* The Elastic Load Balancing API on the model: what is asked, and the XML that comes. */

TestSuite(elb, .init = elb_case_init, .fini = elb_case_release);

struct row {
    const char *action, *parameters;
    int status;
    const char *answer; /* part of it */
};

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = elb_send(rows[i].action, rows[i].parameters);
        cr_expect_eq(status, rows[i].status, "%s %s: %d", rows[i].action, rows[i].parameters,
                     status);
        cr_expect(elb_has(rows[i].answer), "%s %s: %.*s lacks %s", rows[i].action,
                  rows[i].parameters, BYTES_ARG(elb_case.answer), rows[i].answer);
    }
}

#define SHARE(arn, weight) \
    "<member><TargetGroupArn>" arn "</TargetGroupArn><Weight>" weight "</Weight></member>"
#define CODE(code) "<Type>Sender</Type><Code>" code "</Code>"
#define PATH_IS "Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1="
#define FORWARD "Actions.member.1.Type=forward&Actions.member.1."
#define CONFIG "Actions.member.1.ForwardConfig.TargetGroups.member."

Test(elb, things_are_described_as_aws_describes_them)
{
    static const struct row rows[] = {
        {"DescribeLoadBalancers", "", 200,
         "<DescribeLoadBalancersResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/"
         "2015-12-01/\"><DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerArn>$R"
         "</LoadBalancerArn><DNSName>duet.local</DNSName>"},
        {"DescribeLoadBalancers", "Names.member.1=duet", 200, "<LoadBalancerName>duet<"},
        {"DescribeLoadBalancers", "LoadBalancerArns.member.1=$R", 200, "<Code>active</Code>"},
        {"DescribeLoadBalancers", "Names.member.1=other", 400, CODE("LoadBalancerNotFound")},
        {"DescribeLoadBalancers", "Names.member.1=duet&LoadBalancerArns.member.1=$R", 400,
         CODE("ValidationError")},
        {"DescribeListeners", "LoadBalancerArn=$R", 200,
         "<member><ListenerArn>$L</ListenerArn><LoadBalancerArn>$R</LoadBalancerArn><Port>80</Port>"
         "<Protocol>HTTP</Protocol><DefaultActions><member><Type>forward</Type><ForwardConfig>"
         "<TargetGroups>" SHARE("$A", "50")
             SHARE("$B", "50") "</TargetGroups>"
                               "<TargetGroupStickinessConfig><Enabled>false</Enabled></"
                               "TargetGroupStickinessConfig>"},
        {"DescribeListeners", "ListenerArns.member.1=$L", 200, "<ListenerArn>$L</ListenerArn>"},
        {"DescribeListeners", "", 400, CODE("ValidationError")},
        {"DescribeListeners", "ListenerArns.member.1=$A", 400, CODE("ListenerNotFound")},
        {"DescribeListeners", "LoadBalancerArn=$A", 400, CODE("LoadBalancerNotFound")},
        {"DescribeListeners", "LoadBalancerArn=x", 400,
         "<Message>'x' is not a valid load balancer ARN</Message>"},
        {"DescribeRules", "ListenerArn=$L", 200,
         "<Priority>default</Priority><Conditions></Conditions><Actions><member>"},
        {"DescribeRules", "ListenerArn=$A", 400, CODE("ListenerNotFound")},
        {"DescribeRules", "", 400, CODE("ValidationError")},
        {"DescribeRules", "RuleArns.member.1=$A", 400, CODE("RuleNotFound")},
        {"DescribeTargetGroups", "Names.member.1=a", 200,
         "<TargetGroupArn>$A</TargetGroupArn><TargetGroupName>a</TargetGroupName>"
         "<HealthCheckEnabled>false</HealthCheckEnabled><HealthCheckIntervalSeconds>35<"},
        {"DescribeTargetGroups", "TargetGroupArns.member.1=$B", 200,
         "<Protocol>HTTP</Protocol><Port>8080</Port>"},
        {"DescribeTargetGroups", "TargetGroupArns.member.1=$B", 200,
         "<LoadBalancerArns><member>$R</member></LoadBalancerArns><TargetType>ip</TargetType>"},
        {"DescribeTargetGroups", "TargetGroupArns.member.1=$L", 400, CODE("TargetGroupNotFound")},
        {"DescribeTargetGroups", "Names.member.1=a&LoadBalancerArn=$R", 400,
         CODE("ValidationError")},
        {"DescribeTargetGroupAttributes", "TargetGroupArn=$A", 200,
         "<Key>lambda.multi_value_headers.enabled</Key><Value>false</Value>"},
        {"DescribeLoadBalancerAttributes", "LoadBalancerArn=$R", 200,
         "<Key>idle_timeout.timeout_seconds</Key><Value>60</Value>"},
        {"DescribeListenerAttributes", "ListenerArn=$L", 200,
         "<Key>routing.http.response.server.enabled</Key><Value>true</Value>"},
    };
    run_rows(rows, sizeof rows / sizeof *rows);
}

Test(elb, weights_are_changed_and_a_refused_change_changes_nothing)
{
    static const struct row good[] = {
        {"ModifyListener",
         "ListenerArn=$L&DefaultActions.member.1.Type=forward&"
         "DefaultActions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn=$A&"
         "DefaultActions.member.1.ForwardConfig.TargetGroups.member.1.Weight=90&"
         "DefaultActions.member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn=$B&"
         "DefaultActions.member.1.ForwardConfig.TargetGroups.member.2.Weight=10&"
         "DefaultActions.member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled=true&"
         "DefaultActions.member.1.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds=60",
         200, SHARE("$A", "90") SHARE("$B", "10")},
        {"DescribeListeners", "ListenerArns.member.1=$L", 200,
         "<Enabled>true</Enabled><DurationSeconds>60</DurationSeconds>"},
    };
#define SET(rest) \
    "ListenerArn=$L&DefaultActions.member.1.Type=forward&DefaultActions.member.1." rest
    static const struct row bad[] = {
        {"ModifyListener", SET("ForwardConfig.TargetGroups.member.1.TargetGroupArn=$L"), 400,
         CODE("TargetGroupNotFound")},
        {"ModifyListener",
         SET("ForwardConfig.TargetGroups.member.1.TargetGroupArn=$A&DefaultActions.member.1."
             "ForwardConfig.TargetGroups.member.1.Weight=1000"),
         400, "at 'defaultActions.member.1.ForwardConfig.TargetGroups.member.1.Weight'"},
        {"ModifyListener", SET("ForwardConfig.TargetGroups="), 400, CODE("ValidationError")},
        {"ModifyListener", SET("Order=1"), 400, CODE("ValidationError")},
        {"ModifyListener", "ListenerArn=$L&DefaultActions.member.1.Type=teleport", 400,
         CODE("ValidationError")},
        {"ModifyListener",
         "ListenerArn=$L&DefaultActions.member.1.Type=redirect&"
         "DefaultActions.member.1.RedirectConfig.StatusCode=HTTP_307",
         400, CODE("ValidationError")},
        {"ModifyListener", "ListenerArn=$A", 400, CODE("ListenerNotFound")},
        {"ModifyListener", "", 400, CODE("ValidationError")},
    };
    run_rows(good, sizeof good / sizeof *good);
    run_rows(bad, sizeof bad / sizeof *bad);
    (void)elb_send("DescribeListeners", "ListenerArns.member.1=$L");
    cr_expect(elb_has(SHARE("$A", "90") SHARE("$B", "10")));
}

/* Sends it with the ARN of a rule as RuleArn. */
static int send_rule(const char *action, const char *rule, const char *rest)
{
    char parameters[1024];
    (void)snprintf(parameters, sizeof parameters, "RuleArn=%s&%s", rule, rest);
    return elb_send(action, parameters);
}

Test(elb, rules_live_and_die)
{
    char rule[ALB_ARN_MAX + 1], second[ALB_ARN_MAX + 1], parameters[1024];
    cr_assert_eq(elb_send("CreateRule", "ListenerArn=$L&Priority=10&" PATH_IS "/x*&" FORWARD
                                        "TargetGroupArn=$B&Tags.member.1.Key=k&"
                                        "Tags.member.1.Value=v"),
                 200, "%.*s", BYTES_ARG(elb_case.answer));
    cr_expect(elb_has("<Priority>10</Priority><Conditions><member><Field>path-pattern</Field>"
                      "<Values><member>/x*</member></Values><PathPatternConfig><Values><member>/x*"
                      "</member></Values></PathPatternConfig></member></Conditions><Actions>"
                      "<member><Type>forward</Type><TargetGroupArn>$B</TargetGroupArn>"
                      "<ForwardConfig><TargetGroups>" SHARE("$B", "1")));
    (void)snprintf(rule, sizeof rule, "%s", elb_element("RuleArn"));
    cr_assert_eq(elb_send("CreateRule",
                          "ListenerArn=$L&Priority=20&" PATH_IS "/y&" FORWARD "TargetGroupArn=$B"),
                 200);
    (void)snprintf(second, sizeof second, "%s", elb_element("RuleArn"));
    cr_expect_eq(elb_send("CreateRule",
                          "ListenerArn=$L&Priority=10&" PATH_IS "/z&" FORWARD "TargetGroupArn=$B"),
                 400);
    cr_expect(elb_has(CODE("PriorityInUse")));

    cr_expect_eq(send_rule("ModifyRule", rule,
                           FORWARD "Order=1&" CONFIG "1.TargetGroupArn=$A&" CONFIG
                                   "1.Weight=0&" CONFIG "2.TargetGroupArn=$B&" CONFIG
                                   "2.Weight=999"),
                 200);
    cr_expect(elb_has(SHARE("$A", "0") SHARE("$B", "999")));
    cr_expect_eq(send_rule("ModifyRule", rule, FORWARD "TargetGroupArn=$A"), 200);
    cr_expect(elb_has("<TargetGroupArn>$A</TargetGroupArn><ForwardConfig>"));
    cr_expect(elb_has("<member>/x*</member>"), "the conditions stay");

    (void)snprintf(parameters, sizeof parameters,
                   "RulePriorities.member.1.RuleArn=%s&RulePriorities.member.1.Priority=20&"
                   "RulePriorities.member.2.RuleArn=%s&RulePriorities.member.2.Priority=10",
                   rule, second);
    cr_expect_eq(elb_send("SetRulePriorities", parameters), 200);
    (void)elb_send("DescribeRules", "ListenerArn=$L&PageSize=1");
    cr_expect_str_eq(elb_element("RuleArn"), second);
    cr_expect_str_eq(elb_element("NextMarker"), "1");
    (void)elb_send("DescribeRules", "ListenerArn=$L&PageSize=1&Marker=2");
    cr_expect_str_eq(elb_element("Priority"), "default");
    cr_expect_str_eq(elb_element("NextMarker"), "");

    (void)snprintf(parameters, sizeof parameters, "ResourceArns.member.1=%s", rule);
    cr_expect_eq(elb_send("DescribeTags", parameters), 200);
    cr_expect(elb_has("<Tags><member><Key>k</Key><Value>v</Value></member></Tags>"));
    cr_expect_eq(send_rule("DeleteRule", rule, ""), 200);
    cr_expect_eq(elb_send("DescribeTags", parameters), 400);
    cr_expect(elb_has(CODE("RuleNotFound")));
    cr_expect_eq(send_rule("DeleteRule", rule, ""), 400);
    cr_expect_eq(send_rule("DeleteRule", alb_listener_default(elb_case.listener)->arn, ""), 400);
    cr_expect(elb_has(CODE("OperationNotPermitted")));
}

Test(elb, all_kinds_of_conditions_and_actions_come_back_as_they_went)
{
#define COND(n, rest) "&Conditions.member." n "." rest
    cr_assert_eq(
        elb_send(
            "CreateRule",
            "ListenerArn=$L&Priority=5" COND("1", "Field=host-header") COND(
                "1", "HostHeaderConfig.Values.member.1=*.example.com") COND("2",
                                                                            "Field=http-header")
                COND("2", "HttpHeaderConfig.HttpHeaderName=X-A") COND(
                    "2", "HttpHeaderConfig.Values.member.1=b") COND("3",
                                                                    "Field=http-request-method")
                    COND("3", "HttpRequestMethodConfig.Values.member.1=GET") COND(
                        "4", "Field=query-string") COND("4",
                                                        "QueryStringConfig.Values.member.1.Key=k")
                        COND("4", "QueryStringConfig.Values.member.1.Value=v")
                            COND("5", "Field=source-ip") COND(
                                "5",
                                "SourceIpConfig.Values.member.1="
                                "10.0.0.0/8") "&Actions.member.1.Type=fixed-response&Actions."
                                              "member.1.Order=7&"
                                              "Actions.member.1.FixedResponseConfig.StatusCode=418&"
                                              "Actions.member.1.FixedResponseConfig.ContentType="
                                              "text/plain&"
                                              "Actions.member.1.FixedResponseConfig.MessageBody="
                                              "short+%26+stout"),
        200, "%.*s", BYTES_ARG(elb_case.answer));
    static const char *const parts[] = {
        "<HostHeaderConfig><Values><member>*.example.com</member></Values></HostHeaderConfig>",
        "<HttpHeaderConfig><HttpHeaderName>X-A</HttpHeaderName><Values><member>b</member></Values>",
        "<HttpRequestMethodConfig><Values><member>GET</member></Values></HttpRequestMethodConfig>",
        "<QueryStringConfig><Values><member><Key>k</Key><Value>v</Value></member></Values>",
        "<SourceIpConfig><Values><member>10.0.0.0/8</member></Values></SourceIpConfig>",
        "<Type>fixed-response</Type><Order>7</Order><FixedResponseConfig><StatusCode>418"
        "</StatusCode><ContentType>text/plain</ContentType><MessageBody>short &amp; stout</"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect(elb_has(parts[i]), "%s: %.*s", parts[i], BYTES_ARG(elb_case.answer));
    cr_assert_eq(elb_send("CreateRule", "ListenerArn=$L&Priority=6&" PATH_IS
                                        "/old&Actions.member.1.Type=redirect&"
                                        "Actions.member.1.RedirectConfig.StatusCode=HTTP_301&"
                                        "Actions.member.1.RedirectConfig.Path=/new"),
                 200, "%.*s", BYTES_ARG(elb_case.answer));
    cr_expect(
        elb_has("<RedirectConfig><Protocol>#{protocol}</Protocol><Port>#{port}</Port><Host>"
                "#{host}</Host><Path>/new</Path><Query>#{query}</Query><StatusCode>HTTP_301"));
}

Test(elb, rules_that_are_none_are_refused)
{
#define NEW "ListenerArn=$L&Priority=1&"
    static const struct row rows[] = {
        {"CreateRule", "ListenerArn=$L&" PATH_IS "/x&" FORWARD "TargetGroupArn=$B", 400,
         "Value null at 'priority'"},
        {"CreateRule", "ListenerArn=$L&Priority=0&" PATH_IS "/x&" FORWARD "TargetGroupArn=$B", 400,
         CODE("ValidationError")},
        {"CreateRule", "ListenerArn=$L&Priority=50001&" PATH_IS "/x&" FORWARD "TargetGroupArn=$B",
         400, "Value '50001' at 'priority'"},
        {"CreateRule", NEW FORWARD "TargetGroupArn=$B", 400, "'conditions'"},
        {"CreateRule", NEW PATH_IS "/x", 400, "'actions'"},
        {"CreateRule", NEW PATH_IS "&" FORWARD "TargetGroupArn=$B", 400, CODE("ValidationError")},
        {"CreateRule", NEW "Conditions.member.1.Field=color&" FORWARD "TargetGroupArn=$B", 400,
         "Condition field 'color' must be one of"},
        {"CreateRule", NEW PATH_IS "/x&" FORWARD "TargetGroupArn=$R", 400,
         CODE("TargetGroupNotFound")},
        {"CreateRule", NEW PATH_IS "/x&" FORWARD "TargetGroupArn=$B&Actions.member.2.Type=forward",
         400, CODE("InvalidLoadBalancerAction")},
        {"CreateRule",
         NEW PATH_IS "/x&" FORWARD "TargetGroupArn=$B&Actions.member.1.ForwardConfig.TargetGroups."
                     "member.1.TargetGroupArn=$A",
         400, CODE("InvalidLoadBalancerAction")},
        {"CreateRule", NEW PATH_IS "/x&Actions=x", 400, CODE("ValidationError")},
        {"CreateRule", NEW PATH_IS "/x&" FORWARD "TargetGroupArn=$B&Tags.member.1.Value=x", 400,
         "'tags.member.1.Key'"},
        {"DescribeRules", "ListenerArn=$L&PageSize=0", 400, CODE("ValidationError")},
        {"DescribeRules", "ListenerArn=$L&PageSize=401", 400, CODE("ValidationError")},
        {"DescribeRules", "ListenerArn=$L&Marker=x", 400, CODE("ValidationError")},
        {"SetRulePriorities", "RulePriorities.member.1.RuleArn=$R", 400, CODE("RuleNotFound")},
        {"ModifyRule", "RuleArn=$R", 400, CODE("RuleNotFound")},
    };
    run_rows(rows, sizeof rows / sizeof *rows);
    (void)elb_send("DescribeRules", "ListenerArn=$L");
    cr_expect_str_eq(elb_element("Priority"), "default");
}

static int kept;

static bool keep(struct alb_model *model, struct alb_why *why)
{
    (void)model;
    (void)snprintf(why->text, sizeof why->text, "the disk is full");
    return ++kept < 2;
}

Test(elb, what_a_call_changed_is_kept_before_its_answer)
{
    elb_case.model->keep = keep;
    cr_expect_eq(elb_send("DeleteTargetGroup", "TargetGroupArn=$A"), 400);
    cr_expect_eq(kept, 0, "a refused call changes nothing");
    cr_expect_eq(elb_send("DeleteTargetGroup", "TargetGroupArn=$C"), 200);
    cr_expect_eq(kept, 1);
    cr_expect_eq(elb_send("DescribeTargetGroups", ""), 500);
    cr_expect(elb_has("the disk is full"));
}
