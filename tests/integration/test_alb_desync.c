#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/target_rig.h"

/* What each desync mitigation mode does with requests of each tier, on the wire: which of them
 * reach the target, and which connections stay. */

enum fate { KEPT, CLOSED, REFUSED };

#define COMPLIANT "GET /one HTTP/1.1\r\nHost: x\r\n\r\n"
#define ACCEPTABLE "GET /one HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
#define AMBIGUOUS "GET /one HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
#define SEVERE                                                                  \
    "POST /one HTTP/1.1\r\nHost: x\r\nContent_Length: 3\r\nTransfer-Encoding: " \
    "chunked\r\n\r\n0\r\n\r\n"

static const struct row {
    const char *request, *reason;
    enum fate fate;
} monitor[] =
    {
        {COMPLIANT, "Compliant", KEPT},
        {ACCEPTABLE, "GetHeadZeroContentLength", KEPT},
        {AMBIGUOUS, "UndefinedContentLengthSemantics", KEPT},
        {SEVERE, "SuspiciousTeClPresent", KEPT},
},
  defensive[] =
      {
          {COMPLIANT, "Compliant", KEPT},
          {ACCEPTABLE, "GetHeadZeroContentLength", KEPT},
          {AMBIGUOUS, "UndefinedContentLengthSemantics", CLOSED},
          {SEVERE, "SuspiciousTeClPresent", REFUSED},
},
  strictest[] = {
      {COMPLIANT, "Compliant", KEPT},
      {ACCEPTABLE, "GetHeadZeroContentLength", REFUSED},
      {AMBIGUOUS, "UndefinedContentLengthSemantics", REFUSED},
      {SEVERE, "SuspiciousTeClPresent", REFUSED},
};

static struct target_rig rig;
static struct client client, target;
static bool has_target; /* a connection to it is open */

static void say(struct client *to, const char *text)
{
    cr_assert(client_send(to, bytes_from_str(text)));
}

/* The target answers what comes next, on the connection that is there or on another. */
static void answer(const char *wanted)
{
    if (!has_target)
        target_rig_accept(&rig, &target);
    has_target = true;
    buf_reset(&target.in);
    target_rig_expect(&target, wanted);
    target_rig_expect(&target, "\r\n\r\n");
    say(&target, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

static void expect_fate(const struct row *row)
{
    bool is_refused = row->fate == REFUSED;
    say(&client, row->request);
    if (!is_refused)
        answer(" /one HTTP/1.1\r\n");
    target_rig_expect(&client, is_refused ? "HTTP/1.1 400 " : "\r\n\r\nok");
    if (row->fate == KEPT)
        return;
    cr_expect(client_is_closed(&client) || is_refused, "%s", row->reason);
    cr_expect_not_null(memmem(client.in.data, client.in.len, "Connection: close", 17), "%s",
                       row->reason);
}

/* What is kept is used once more. */
static void run_row(const struct row *row)
{
    cr_assert(client_open(&client, rig.port));
    expect_fate(row);
    if (row->fate == CLOSED) {
        cr_expect(client_is_closed(&target), "%s", row->reason);
        client_close(&target);
        has_target = false;
    } else if (row->fate == KEPT) {
        buf_reset(&client.in);
        say(&client, "GET /two HTTP/1.1\r\nHost: x\r\n\r\n");
        answer("GET /two HTTP/1.1\r\n");
        target_rig_expect(&client, "\r\n\r\nok");
    }
    client_close(&client);
    if (strcmp(row->reason, "Compliant") != 0)
        cr_expect(target_rig_logs(&rig, row->reason), "%s", row->reason);
}

static void run_mode(const char *mode, const struct row rows[4])
{
    char form[256];
    (void)snprintf(form, sizeof form,
                   "Action=ModifyLoadBalancerAttributes&LoadBalancerArn=$R&Attributes.member.1.Key="
                   "routing.http.desync_mitigation_mode&Attributes.member.1.Value=%s",
                   mode);
    target_rig_start(&rig);
    target_rig_call(&rig, form);
    has_target = false;
    for (size_t i = 0; i < 4; i++)
        run_row(&rows[i]);
    if (has_target)
        client_close(&target);
    target_rig_stop(&rig);
}

Test(alb_desync, monitor_lets_all_pass_and_keeps_all_connections)
{
    run_mode("monitor", monitor);
}

Test(alb_desync, defensive_closes_both_sides_behind_what_is_ambiguous)
{
    run_mode("defensive", defensive);
}

Test(alb_desync, strictest_refuses_all_but_what_is_compliant)
{
    run_mode("strictest", strictest);
}
