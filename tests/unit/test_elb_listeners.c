#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/elb_call.h"

/* Listeners by the Elastic Load Balancing API: made, changed and deleted. */

TestSuite(elb_listeners, .init = elb_case_init, .fini = elb_case_release);

#define TO_B "&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn=$B"
#define CERTIFICATE "&Certificates.member.1.CertificateArn=" ELB_CERTIFICATE
#define CREATE "LoadBalancerArn=$R" TO_B

static void expect(const char *action, const char *parameters, int status, const char *answer)
{
    int got = elb_send(action, parameters);
    cr_expect_eq(got, status, "%s %s: %d", action, parameters, got);
    cr_expect(elb_has(answer), "%s %s: %.*s lacks %s", action, parameters,
              BYTES_ARG(elb_case.answer), answer);
}

/* With the ARN of a listener that the test has made. */
static void expect_of(const char *listener, const char *action, const char *parameters, int status,
                      const char *answer)
{
    char whole[1024];
    (void)snprintf(whole, sizeof whole, "ListenerArn=%s%s", listener, parameters);
    expect(action, whole, status, answer);
}

Test(elb_listeners, one_is_made_changed_and_deleted)
{
    char arn[ALB_ARN_MAX + 1];
    expect("CreateListener",
           CREATE "&Port=443&Protocol=HTTPS&SslPolicy=ELBSecurityPolicy-TLS13-1-2-2021-06"
                  "&Tags.member.1.Key=k&Tags.member.1.Value=v" CERTIFICATE,
           200,
           "<Port>443</Port><Protocol>HTTPS</"
           "Protocol><Certificates><member><CertificateArn>" ELB_CERTIFICATE
           "</CertificateArn></member></Certificates><SslPolicy>"
           "ELBSecurityPolicy-TLS13-1-2-2021-06</SslPolicy><DefaultActions>");
    (void)snprintf(arn, sizeof arn, "%s", elb_element("ListenerArn"));
    expect("DescribeListeners", "LoadBalancerArn=$R", 200, arn);
    expect_of(arn, "ModifyListener", "&Port=444", 200, "<Port>444</Port><Protocol>HTTPS<");
    expect_of(arn, "ModifyListener", "&Port=80", 400, "<Code>DuplicateListener</Code>");
    expect_of(arn, "ModifyListener", "&Protocol=HTTP", 200, "<Port>444</Port><Protocol>HTTP<");
    expect_of(arn, "ModifyListener", "&Protocol=HTTPS", 400, "<Code>ValidationError</Code>");
    expect_of(arn, "ModifyListener", "&Protocol=HTTPS" CERTIFICATE, 200,
              "<SslPolicy>" ALB_POLICY_USUAL "</SslPolicy>");
    expect_of(arn, "DeleteListener", "", 200, "<DeleteListenerResult");
    expect_of(arn, "DeleteListener", "", 400, "<Code>ListenerNotFound</Code>");
    cr_expect_null(elb_case.model->tags, "they go with it");
    cr_expect_null(elb_case.listener->next);
}

Test(elb_listeners, policies_of_each_family_are_known)
{
    static const char *const names[] = {
        "2016-08",
        "FS-1-2-Res-2020-10",
        "TLS13-1-2-Ext0-FIPS-2023-04",
        "TLS13-1-3-FIPS-PQ-2025-09",
        "TLS13-1-2-Ext0-RFC9151-FIPS-2023-07",
        "TLS13-1-2-RFC9151-INTEROP4-FIPS-2023-07",
    };
    char arn[ALB_ARN_MAX + 1], parameters[256], answer[256];
    expect("CreateListener", CREATE "&Port=443&Protocol=HTTPS" CERTIFICATE, 200, "<Port>443</");
    (void)snprintf(arn, sizeof arn, "%s", elb_element("ListenerArn"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(parameters, sizeof parameters, "&SslPolicy=ELBSecurityPolicy-%s", names[i]);
        (void)snprintf(answer, sizeof answer, "<SslPolicy>ELBSecurityPolicy-%s</SslPolicy>",
                       names[i]);
        expect_of(arn, "ModifyListener", parameters, 200, answer);
    }
}

Test(elb_listeners, what_is_refused_changes_nothing)
{
    static const struct {
        const char *parameters, *code;
    } rows[] = {
        {CREATE "&Port=80&Protocol=HTTP", "DuplicateListener"},
        {CREATE "&Port=0&Protocol=HTTP", "ValidationError"},
        {CREATE "&Port=81", "ValidationError"},
        {CREATE "&Protocol=HTTP", "ValidationError"},
        {CREATE "&Port=81&Protocol=TCP", "ValidationError"},
        {CREATE "&Port=81&Protocol=HTTPS", "ValidationError"},
        {CREATE "&Port=81&Protocol=HTTP" CERTIFICATE, "InvalidConfigurationRequest"},
        {CREATE "&Port=81&Protocol=HTTPS&Certificates.member.1.CertificateArn=arn:x",
         "CertificateNotFound"},
        {CREATE "&Port=81&Protocol=HTTPS&SslPolicy=mine" CERTIFICATE, "SSLPolicyNotFound"},
        {CREATE "&Port=81&Protocol=HTTPS&SslPolicy=ELBSecurityPolicy-TLS13-1-2" CERTIFICATE,
         "SSLPolicyNotFound"},
        {CREATE "&Port=81&Protocol=HTTP&SslPolicy=ELBSecurityPolicy-2016-08",
         "InvalidConfigurationRequest"},
        {"LoadBalancerArn=$R&Port=81&Protocol=HTTP", "ValidationError"},
        {"LoadBalancerArn=$A&Port=81&Protocol=HTTP" TO_B, "LoadBalancerNotFound"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char code[64];
        (void)snprintf(code, sizeof code, "<Code>%s</Code>", rows[i].code);
        expect("CreateListener", rows[i].parameters, 400, code);
    }
    cr_expect_null(elb_case.listener->next);
}

/* --- doors --- */

static const char *refusal;

static enum alb_error open_door(void *context, struct alb_listener *listener, struct alb_why *why)
{
    (void)context;
    if (refusal)
        return alb_refuse_printf(why, ALB_E_INVALID_CONFIGURATION_REQUEST, "%s", refusal);
    listener->door = listener;
    return ALB_OK;
}

static enum alb_error move_door(void *context, struct alb_listener *listener, unsigned port,
                                enum alb_protocol protocol, struct alb_why *why)
{
    (void)port;
    (void)protocol;
    return open_door(context, listener, why);
}

static struct alb_listener *closed;

static void close_door(void *context, struct alb_listener *listener)
{
    (void)context;
    closed = listener;
}

Test(elb_listeners, a_door_may_refuse_and_a_deleted_listener_stays_until_its_door_is_gone)
{
    elb_case.model->doors =
        (struct alb_doors){.open = open_door, .move = move_door, .close = close_door};
    refusal = "port 81 is taken";
    expect("CreateListener", CREATE "&Port=81&Protocol=HTTP", 400,
           "<Code>InvalidConfigurationRequest</Code><Message>port 81 is taken</Message>");
    expect("ModifyListener", "ListenerArn=$L&Port=81", 400, "<Message>port 81 is taken</Message>");
    cr_expect_eq(elb_case.listener->port, 80);
    cr_expect_null(elb_case.listener->next);
    refusal = NULL;
    expect("CreateListener", CREATE "&Port=81&Protocol=HTTP", 200, "<Port>81</Port>");
    struct alb_listener *made = elb_case.listener->next;
    char arn[ALB_ARN_MAX + 1];
    (void)snprintf(arn, sizeof arn, "%s", made->arn);
    expect_of(arn, "DeleteListener", "", 200, "");
    cr_expect_eq(closed, made);
    cr_expect(made->is_deleted && made->rules);
    alb_listener_close(made);
}
