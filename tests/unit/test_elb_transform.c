#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/elb_call.h"

/* RegexValues and Transforms of rules: read, written back, changed, refused. */

TestSuite(elb_transform, .init = elb_case_init, .fini = elb_case_release);

#define FORWARD "Actions.member.1.Type=forward&Actions.member.1.TargetGroupArn=$B"
#define NEW "ListenerArn=$L&Priority=1&" FORWARD "&"
#define REGEX                                                     \
    "Conditions.member.1.Field=path-pattern&Conditions.member.1." \
    "PathPatternConfig.RegexValues.member.1=%5E/v[0-9]%2B/"
#define REWRITE(n, type, config, regex, replace)                            \
    "Transforms.member." n ".Type=" type "&Transforms.member." n "." config \
    ".Rewrites.member.1.Regex=" regex "&Transforms.member." n "." config    \
    ".Rewrites.member.1.Replace=" replace
#define HOST(n, regex) REWRITE(n, "host-header-rewrite", "HostHeaderRewriteConfig", regex, "x.$1")
#define URL(n) REWRITE(n, "url-rewrite", "UrlRewriteConfig", "%5E/v1/", "/")

static int modify(const char *arn, const char *parameters)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "RuleArn=%s&%s", arn, parameters);
    return elb_send("ModifyRule", text);
}

Test(elb_transform, rules_say_back_what_they_were_given)
{
    char arn[ALB_ARN_MAX + 1];
    cr_assert_eq(elb_send("CreateRule", NEW REGEX "&" URL("1") "&" HOST("2", "(.*)")), 200, "%.*s",
                 BYTES_ARG(elb_case.answer));
    cr_expect(
        elb_has("<Field>path-pattern</Field><PathPatternConfig><RegexValues><member>^/v[0-9]+/"
                "</member></RegexValues></PathPatternConfig>"));
    cr_expect(elb_has("<Transforms><member><Type>host-header-rewrite</Type>"
                      "<HostHeaderRewriteConfig><Rewrites><member><Regex>(.*)</Regex>"
                      "<Replace>x.$1</Replace></member></Rewrites></HostHeaderRewriteConfig>"
                      "</member><member><Type>url-rewrite</Type><UrlRewriteConfig><Rewrites>"
                      "<member><Regex>^/v1/</Regex><Replace>/</Replace></member></Rewrites>"
                      "</UrlRewriteConfig></member></Transforms>"));
    (void)snprintf(arn, sizeof arn, "%s", elb_element("RuleArn"));
    cr_expect_eq(modify(arn, FORWARD), 200);
    cr_expect(elb_has("<Type>url-rewrite</Type>"), "what is not named stays");
    cr_expect_eq(modify(arn, HOST("1", "y")), 200);
    cr_expect(elb_has("<Regex>y</Regex>"));
    cr_expect_not(elb_has("url-rewrite"), "what is named is all there is");
    cr_expect_eq(modify(arn, "ResetTransforms=true"), 200);
    cr_expect_not(elb_has("host-header-rewrite"));
    cr_expect_eq(elb_send("DescribeRules", "ListenerArn=$L"), 200);
    cr_expect(elb_has("<RegexValues>"));
}

Test(elb_transform, what_cannot_be_is_refused_and_changes_nothing)
{
    static const struct {
        const char *parameters, *says;
    } rows[] = {
        {REGEX "(", "The regular expression '^/v[0-9]+/(' is not valid"},
        {REGEX "&Conditions.member.1.PathPatternConfig.Values.member.1=/x",
         "Values and RegexValues exclude each other"},
        {"Conditions.member.1.Field=source-ip&Conditions.member.1.SourceIpConfig.RegexValues."
         "member.1=1",
         "Only host-header, path-pattern and http-header take RegexValues"},
        {REGEX "&" HOST("1", "("), "The regular expression '(' is not valid"},
        {REGEX "&" URL("1") "&" URL("2"), "A rule can have one transform of each type"},
        {REGEX "&Transforms.member.1.Type=x", "[host-header-rewrite, url-rewrite]"},
        {REGEX "&Transforms.member.1.Type=url-rewrite", "ValidationError"},
        {REGEX "&Transforms.member.1.Type=url-rewrite&Transforms.member.1.UrlRewriteConfig."
               "Rewrites.member.1.Regex=x",
         "Member must not be null"},
    };
    char text[2048];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(text, sizeof text, "%s%s", NEW, rows[i].parameters);
        cr_expect_eq(elb_send("CreateRule", text), 400, "%zu", i);
        cr_expect(elb_has(rows[i].says), "%s is not in %.*s", rows[i].says,
                  BYTES_ARG(elb_case.answer));
    }
    cr_expect_eq(elb_send("DescribeRules", "ListenerArn=$L"), 200);
    cr_expect_str_eq(elb_element("Priority"), "default");
    cr_assert_eq(elb_send("CreateRule", NEW REGEX "&" URL("1")), 200);
    char arn[ALB_ARN_MAX + 1];
    (void)snprintf(arn, sizeof arn, "%s", elb_element("RuleArn"));
    cr_expect_eq(modify(arn, "ResetTransforms=true&" URL("1")), 400);
    cr_expect_eq(modify(arn, HOST("1", "[")), 400);
    cr_expect_eq(elb_send("DescribeRules", "ListenerArn=$L"), 200);
    cr_expect(elb_has("<Type>url-rewrite</Type>"));
}
