#include <criterion/criterion.h>

#include <stdio.h>

#include "tests/support/elb_call.h"

/* The Elastic Load Balancing API on the model: target groups, targets, attributes, tags. */

TestSuite(elb_groups, .init = elb_case_init, .fini = elb_case_release);

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

#define CODE(code) "<Type>Sender</Type><Code>" code "</Code>"
#define IP "TargetType=ip&Protocol=HTTP&Port=80&"

Test(elb_groups, groups_are_made_changed_and_deleted)
{
    static const struct row rows[] = {
        {"CreateTargetGroup", "Name=new&" IP "HealthCheckPath=/gtg&Matcher.HttpCode=200-299", 200,
         "<TargetGroupName>new</TargetGroupName><Protocol>HTTP</Protocol><Port>80</Port>"},
        {"CreateTargetGroup", "Name=new&" IP "HealthCheckPath=/gtg&Matcher.HttpCode=200-299", 200,
         "<HealthCheckPath>/gtg</HealthCheckPath><Matcher><HttpCode>200-299</HttpCode></Matcher>"},
        {"CreateTargetGroup", "Name=new&" IP, 400, CODE("DuplicateTargetGroupName")},
        {"CreateTargetGroup", "Name=fn&TargetType=lambda&HealthCheckEnabled=true", 200,
         "<HealthCheckEnabled>true</HealthCheckEnabled>"},
        {"CreateTargetGroup", "Name=x&TargetType=lambda&Port=80", 400, CODE("ValidationError")},
        {"CreateTargetGroup", "Name=x&Protocol=HTTP&Port=80", 400, "which must be said"},
        {"CreateTargetGroup", "Name=x&TargetType=ip&Port=80", 400, "at 'protocol'"},
        {"CreateTargetGroup", "Name=x&TargetType=ip&Protocol=HTTP", 400, "at 'port'"},
        {"CreateTargetGroup", "Name=x&TargetType=ip&Protocol=TCP&Port=80", 400,
         "Value 'TCP' at 'protocol'"},
        {"CreateTargetGroup", "Name=x&TargetType=ip&Protocol=HTTP&Port=65536", 400,
         CODE("ValidationError")},
        {"CreateTargetGroup", "Name=-x&" IP, 400, CODE("ValidationError")},
        {"CreateTargetGroup", IP, 400, "Value null at 'name'"},
        {"CreateTargetGroup", "Name=x&" IP "HealthCheckIntervalSeconds=4", 400,
         CODE("ValidationError")},
        {"CreateTargetGroup", "Name=x&" IP "HealthCheckEnabled=false", 400,
         CODE("InvalidConfigurationRequest")},
        {"CreateTargetGroup", "Name=x&" IP "HealthCheckEnabled=maybe", 400,
         CODE("ValidationError")},
        {"DescribeTargetGroups", "Names.member.1=x", 400, CODE("TargetGroupNotFound")},
        {"ModifyTargetGroup", "TargetGroupArn=$B&HealthCheckIntervalSeconds=10&HealthCheckPort=81",
         200, "<HealthCheckPort>81</HealthCheckPort>"},
        {"DescribeTargetGroups", "Names.member.1=b", 200,
         "<HealthCheckIntervalSeconds>10</HealthCheckIntervalSeconds>"},
        {"ModifyTargetGroup", "TargetGroupArn=$B&HealthCheckPort=traffic-port", 200,
         "<HealthCheckPort>traffic-port</HealthCheckPort>"},
        {"ModifyTargetGroup", "TargetGroupArn=$B&HealthyThresholdCount=11&HealthCheckPath=/no", 400,
         CODE("ValidationError")},
        {"DescribeTargetGroups", "Names.member.1=b", 200, "<HealthCheckPath>/</HealthCheckPath>"},
        {"DeleteTargetGroup", "TargetGroupArn=$B", 400, CODE("ResourceInUse")},
        {"DeleteTargetGroup", "TargetGroupArn=$C", 200, "<DeleteTargetGroupResult></"},
    };
    run_rows(rows, sizeof rows / sizeof *rows);
    cr_expect_null(alb_group_named(elb_case.model, BYTES_LIT("c")));
}

Test(elb_groups, targets_come_and_go)
{
    static const struct row rows[] = {
        {"RegisterTargets",
         "TargetGroupArn=$B&Targets.member.1.Id=127.0.0.1&Targets.member.1.Port=9000&"
         "Targets.member.2.Id=127.0.0.2",
         200, "<RegisterTargetsResult></RegisterTargetsResult>"},
        {"DescribeTargetHealth", "TargetGroupArn=$B", 200,
         "<member><Target><Id>127.0.0.1</Id><Port>9000</Port></Target><HealthCheckPort>9000"
         "</HealthCheckPort><TargetHealth><State>initial</State>"
         "<Reason>Elb.RegistrationInProgress</Reason>"},
        {"DescribeTargetHealth", "TargetGroupArn=$B&Targets.member.1.Id=127.0.0.2", 200,
         "<TargetHealthDescriptions><member><Target><Id>127.0.0.2</Id><Port>8080</Port>"},
        {"DescribeTargetHealth",
         "TargetGroupArn=$B&Targets.member.1.Id=127.0.0.1&Targets.member.1.Port=1", 200,
         "<State>unused</State><Reason>Target.NotRegistered</Reason>"},
        {"DescribeTargetHealth", "TargetGroupArn=$B&Include.member.1=AnomalyDetection", 200,
         "<AnomalyDetection><Result>normal</Result><MitigationInEffect>no</MitigationInEffect>"},
        {"RegisterTargets",
         "TargetGroupArn=$B&Targets.member.1.Id=127.0.0.3&Targets.member.2.Id=nonsense", 400,
         CODE("ValidationError")},
        {"RegisterTargets", "TargetGroupArn=$B", 400, "Value null at 'targets'"},
        {"RegisterTargets", "TargetGroupArn=$B&Targets.member.1.Port=1", 400,
         "Value null at 'targets.member.1.Id'"},
        {"RegisterTargets", "TargetGroupArn=$A&Targets.member.1.Id=" ELB_FUNCTION, 200, ""},
        {"DescribeTargetHealth", "TargetGroupArn=$A", 200,
         "<Target><Id>" ELB_FUNCTION "</Id></Target><TargetHealth><State>unavailable</State>"
         "<Reason>Target.HealthCheckDisabled</Reason>"},
        {"RegisterTargets",
         "TargetGroupArn=$A&Targets.member.1.Id=" ELB_FUNCTION "&Targets.member.1.Port=80", 400,
         CODE("ValidationError")},
        {"RegisterTargets", "TargetGroupArn=$A&Targets.member.1.Id=" ELB_FUNCTION "-no", 400,
         CODE("InvalidTarget")},
        {"DeregisterTargets",
         "TargetGroupArn=$B&Targets.member.1.Id=127.0.0.1&Targets.member.1.Port=9000&"
         "Targets.member.2.Id=10.9.9.9",
         200, "<DeregisterTargetsResult></DeregisterTargetsResult>"},
        {"DescribeTargetHealth",
         "TargetGroupArn=$B&Targets.member.1.Id=127.0.0.1&Targets.member.1.Port=9000", 200,
         "<State>draining</State><Reason>Target.DeregistrationInProgress</Reason>"},
        {"RegisterTargets",
         "TargetGroupArn=$B&Targets.member.1.Id=127.0.0.1&Targets.member.1.Port=9000", 200, ""},
        {"DescribeTargetHealth",
         "TargetGroupArn=$B&Targets.member.1.Id=127.0.0.1&Targets.member.1.Port=9000", 200,
         "<State>initial</State>"},
        {"DescribeTargetHealth", "TargetGroupArn=$L", 400, CODE("TargetGroupNotFound")},
        {"DescribeTargetHealth", "TargetGroupArn=nonsense", 400,
         "'nonsense' is not a valid target group ARN"},
    };
    run_rows(rows, sizeof rows / sizeof *rows);
    cr_expect_null(alb_target_find(elb_case.b, BYTES_LIT("127.0.0.3"), 0),
                   "a refused call changes nothing");
}

#define PAIR(n, key, value) \
    "Attributes.member." n ".Key=" key "&Attributes.member." n ".Value=" value "&"

Test(elb_groups, attributes_are_set_all_or_none)
{
    static const struct row rows[] = {
        {"ModifyTargetGroupAttributes",
         "TargetGroupArn=$B&" PAIR("1", "deregistration_delay.timeout_seconds", "5"), 200,
         "<Key>deregistration_delay.timeout_seconds</Key><Value>5</Value>"},
        {"ModifyTargetGroupAttributes",
         "TargetGroupArn=$B&" PAIR("1", "deregistration_delay.timeout_seconds", "6")
             PAIR("2", "nonsense", "1"),
         400, CODE("ValidationError")},
        {"DescribeTargetGroupAttributes", "TargetGroupArn=$B", 200,
         "<Key>deregistration_delay.timeout_seconds</Key><Value>5</Value>"},
        {"ModifyTargetGroupAttributes", "TargetGroupArn=$B", 400, "Value null at 'attributes'"},
        {"ModifyLoadBalancerAttributes",
         "LoadBalancerArn=$R&" PAIR("1", "idle_timeout.timeout_seconds", "30"), 200,
         "<Key>idle_timeout.timeout_seconds</Key><Value>30</Value>"},
        {"ModifyListenerAttributes",
         "ListenerArn=$L&" PAIR("1", "routing.http.response.server.enabled", "false"), 200,
         "<Key>routing.http.response.server.enabled</Key><Value>false</Value>"},
    };
    run_rows(rows, sizeof rows / sizeof *rows);
}

Test(elb_groups, tags_are_added_replaced_and_removed)
{
#define TAGS(n, key, value) "&Tags.member." n ".Key=" key "&Tags.member." n ".Value=" value
    static const struct row rows[] = {
        {"AddTags", "ResourceArns.member.1=$A&ResourceArns.member.2=$R" TAGS("1", "k", "v"), 200,
         "<AddTagsResult>"},
        {"AddTags", "ResourceArns.member.1=$A" TAGS("1", "k", "w") TAGS("2", "l", ""), 200,
         "<AddTagsResult>"},
        {"DescribeTags", "ResourceArns.member.1=$A&ResourceArns.member.2=$B", 200,
         "<member><ResourceArn>$A</ResourceArn><Tags><member><Key>k</Key><Value>w</Value></member>"
         "<member><Key>l</Key><Value></Value></member></Tags></member><member><ResourceArn>$B"
         "</ResourceArn><Tags></Tags></member>"},
        {"AddTags", "ResourceArns.member.1=$A&ResourceArns.member.2=$L-no" TAGS("1", "m", "v"), 400,
         CODE("ListenerNotFound")},
        {"AddTags", "ResourceArns.member.1=$A", 400, "Value null at 'tags'"},
        {"RemoveTags", "ResourceArns.member.1=$A&TagKeys.member.1=k", 200, "<RemoveTagsResult>"},
        {"DescribeTags", "ResourceArns.member.1=$A", 200, "<Tags><member><Key>l</Key>"},
        {"DescribeTags", "ResourceArns.member.1=nonsense", 400, CODE("LoadBalancerNotFound")},
        {"DescribeTags", "", 400, "Value null at 'resourceArns'"},
    };
    run_rows(rows, sizeof rows / sizeof *rows);
    char parameters[4096] = "ResourceArns.member.1=$B";
    for (int i = 1; i <= 51; i++)
        (void)snprintf(parameters + strlen(parameters), sizeof parameters - strlen(parameters),
                       "&Tags.member.%d.Key=k%d&Tags.member.%d.Value=", i, i, i);
    cr_expect_eq(elb_send("AddTags", parameters), 400);
    cr_expect(elb_has(CODE("TooManyTags")));
}

Test(elb_groups, actions_that_are_not_here_are_unknown)
{
    cr_expect_eq(elb_send("CreateLoadBalancer", "Name=x"), 400);
    cr_expect(elb_has("<Code>InvalidAction</Code><Message>Could not find operation "
                      "CreateLoadBalancer for version 2015-12-01</Message>"));
}
