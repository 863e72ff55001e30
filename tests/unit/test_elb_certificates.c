#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/certificates.h"
#include "tests/support/elb_call.h"

/* The certificates of an HTTPS listener by the Elastic Load Balancing API, and which is shown. */

#define ARN "arn:aws:acm:us-east-1:000000000000:certificate/"
#define ONE(name) "&Certificates.member.1.CertificateArn=" ARN name
#define TWO(name) "&Certificates.member.2.CertificateArn=" ARN name

static struct alb_listener *https;

static void setup(void)
{
    const struct alb_action action = {.type = ALB_FIXED_RESPONSE, .fixed = {.status = 200}};
    elb_case_init();
    cr_assert_eq(alb_listener_create(elb_case.model, 443, ALB_HTTPS, &action, &https, NULL),
                 ALB_OK);
}

TestSuite(elb_certificates, .init = setup, .fini = elb_case_release);

static void expect(const char *action, const char *parameters, int status, const char *answer)
{
    char whole[1024];
    (void)snprintf(whole, sizeof whole, "ListenerArn=%s%s", https->arn, parameters);
    int got = elb_send(action, whole);
    cr_expect_eq(got, status, "%s %s: %d", action, parameters, got);
    cr_expect(elb_has(answer), "%s %s: %.*s lacks %s", action, parameters,
              BYTES_ARG(elb_case.answer), answer);
}

static const char *chosen(const char *name)
{
    const struct alb_certificate *one = alb_certificates_choose(https, bytes_from_str(name));
    return one ? one->arn + sizeof ARN - 1 : "";
}

Test(elb_certificates, they_are_added_described_and_removed)
{
    expect("AddListenerCertificates", ONE("a.localhost") TWO("*.b.localhost"), 200,
           "<member><CertificateArn>" ARN "a.localhost</CertificateArn><IsDefault>false</IsDefault>"
           "</member><member><CertificateArn>" ARN "*.b.localhost</CertificateArn>");
    expect("AddListenerCertificates", ONE("a.localhost") TWO("c"), 200,
           "/c</CertificateArn><IsDefault>false</IsDefault>");
    expect("DescribeListenerCertificates", "", 200,
           "<member><CertificateArn>" ARN "c</CertificateArn><IsDefault>true</IsDefault></member>"
           "<member><CertificateArn>" ARN "a.localhost</CertificateArn>");
    expect("DescribeListenerCertificates", "&PageSize=1", 200, "<NextMarker>");
    expect("RemoveListenerCertificates", ONE("a.localhost") TWO("none.localhost"), 200, "");
    expect("RemoveListenerCertificates", ONE("c"), 200, "");
    cr_expect_str_eq(https->certificates->arn, ARN "*.b.localhost");
    cr_expect_null(https->certificates->next);
    expect("ModifyListener", "&Protocol=HTTP", 200, "<Protocol>HTTP<");
    cr_expect_null(https->certificates);
}

Test(elb_certificates, what_is_refused_changes_nothing)
{
    static const struct {
        const char *action, *parameters, *code;
    } rows[] = {
        {"AddListenerCertificates", "", "ValidationError"},
        {"AddListenerCertificates", ONE("a.localhost") "&Certificates.member.1.IsDefault=true",
         "ValidationError"},
        {"AddListenerCertificates", ONE("a.localhost") TWO("example.com"), "CertificateNotFound"},
        {"AddListenerCertificates", ONE("localhost"), "CertificateNotFound"},
        {"AddListenerCertificates", ONE(".localhost"), "CertificateNotFound"},
        {"AddListenerCertificates", ONE("a..localhost"), "CertificateNotFound"},
        {"AddListenerCertificates", ONE("-a.localhost"), "CertificateNotFound"},
        {"AddListenerCertificates", ONE("a.*.localhost"), "CertificateNotFound"},
        {"AddListenerCertificates", ONE("../a.localhost"), "CertificateNotFound"},
        {"AddListenerCertificates",
         "&Certificates.member.1.CertificateArn=arn:aws:acm:eu-west-1:1:certificate/a.localhost",
         "CertificateNotFound"},
        {"RemoveListenerCertificates", ONE("c"), "OperationNotPermitted"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char code[64];
        (void)snprintf(code, sizeof code, "<Code>%s</Code>", rows[i].code);
        expect(rows[i].action, rows[i].parameters, 400, code);
        cr_expect_null(https->certificates, "%s", rows[i].parameters);
    }
    cr_expect_eq(elb_send("AddListenerCertificates", "ListenerArn=$L" ONE("a.localhost")), 400);
    cr_expect(elb_has("<Code>InvalidConfigurationRequest</Code>"));
    cr_expect_eq(elb_send("DescribeListenerCertificates", "ListenerArn=$B"), 400);
    cr_expect(elb_has("<Code>ListenerNotFound</Code>"));
}

Test(elb_certificates, there_are_so_many_at_most)
{
    char parameters[256];
    for (int i = 0; i < ALB_CERTIFICATES_MAX; i++) {
        (void)snprintf(parameters, sizeof parameters, ONE("n%d.localhost"), i);
        expect("AddListenerCertificates", parameters, 200, "");
    }
    expect("AddListenerCertificates", ONE("n1.localhost"), 200, "");
    expect("AddListenerCertificates", ONE("one-more.localhost"), 400,
           "<Code>TooManyCertificates</Code>");
}

Test(elb_certificates, an_exact_name_is_chosen_then_a_wildcard_then_the_default)
{
    expect("AddListenerCertificates", ONE("*.a.localhost") TWO("x.a.localhost"), 200, "");
    cr_expect_str_eq(chosen("x.a.localhost"), "x.a.localhost");
    cr_expect_str_eq(chosen("X.A.LOCALHOST"), "x.a.localhost");
    cr_expect_str_eq(chosen("y.a.localhost"), "*.a.localhost");
    cr_expect_str_eq(chosen("z.y.a.localhost"), "");
    cr_expect_str_eq(chosen("a.localhost"), "");
    cr_expect_str_eq(chosen(".a.localhost"), "");
    cr_expect_str_eq(chosen("localhost"), "");
    cr_expect_str_eq(chosen(""), "");
}
