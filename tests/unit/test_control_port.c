#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>

#include "runtime/control/control_port.h"
#include "runtime/control/elb.h"
#include "tests/support/client.h"
#include "tests/support/elb_call.h"

/* The control port as a process of its own would see it: real connections on loopback. */

static struct loop loop;
static struct control_port *control;
static struct elb *elb;
static const struct control_service *services[1];
static pthread_t thread;
static unsigned port;

static void *run(void *unused)
{
    (void)unused;
    cr_assert_eq(loop_run(&loop), RC_OK);
    return NULL;
}

static void init(void)
{
    char error[256];
    elb_case_init();
    cr_assert_eq(loop_init(&loop), RC_OK);
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(fd, 0, "%s", error);
    port = httpd_port(fd);
    elb = elb_new(elb_case.model);
    cr_assert_not_null(elb);
    services[0] = elb_service(elb);
    struct control_port_options options = {.loop = &loop,
                                           .listen_fd = fd,
                                           .model = elb_case.model,
                                           .services = services,
                                           .service_count = 1};
    control = control_port_new(&options);
    cr_assert_not_null(control);
    cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void release(void)
{
    loop_stop(&loop);
    (void)pthread_join(thread, NULL);
    control_port_free(control);
    elb_free(elb);
    loop_release(&loop);
    elb_case_release();
}

TestSuite(control_port, .init = init, .fini = release);

/* Sends a request and gives the status; `wanted` must be part of the answer's body. */
static int ask(const char *request, const char *wanted)
{
    struct client client;
    struct http1_response res;
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, bytes_from_str(request)));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect(memmem(res.body.ptr, res.body.len, wanted, strlen(wanted)) != NULL, "%.*s",
              BYTES_ARG(res.body));
    int status = res.status;
    client_close(&client);
    return status;
}

#define LOCAL "Host: localhost\r\n"

Test(control_port, shows_its_state_to_local_names_alone)
{
    cr_expect_eq(ask("GET /state HTTP/1.1\r\n" LOCAL "\r\n",
                     "{\"name\":\"a\",\"weight\":50},{\"name\":\"b\",\"weight\":50}"),
                 200);
    cr_expect_eq(ask("GET /state HTTP/1.1\r\nHost: evil.example\r\n\r\n", "AccessDenied"), 403);
    cr_expect_eq(
        ask("GET /state HTTP/1.1\r\n" LOCAL "Origin: http://evil.example\r\n\r\n", "Denied"), 403);
    cr_expect_eq(
        ask("GET /?Action=DescribeRules HTTP/1.1\r\n" LOCAL "\r\n", "MissingAuthenticationToken"),
        403);
}

Test(control_port, does_signed_calls_and_no_others)
{
    static const char body[] = "Action=DescribeLoadBalancers&Version=2015-12-01";
    char request[1024];
    (void)snprintf(request, sizeof request,
                   "POST / HTTP/1.1\r\n" LOCAL "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    cr_expect_eq(ask(request, "<Code>MissingAuthenticationToken</Code>"), 403);
    (void)snprintf(request, sizeof request,
                   "POST / HTTP/1.1\r\n" LOCAL
                   "Authorization: AWS4-HMAC-SHA256 Credential=A/20261121/r/elasticloadbalancing/"
                   "aws4_request, SignedHeaders=host, Signature=%064d\r\n"
                   "Content-Length: %zu\r\n\r\n%s",
                   0, strlen(body), body);
    cr_expect_eq(ask(request, "<LoadBalancerName>duet</LoadBalancerName>"), 200);
}
