#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "tests/support/client.h"
#include "tests/support/parity_table.h"
#include "tests/support/rig_program.h"

/*
 * The table of requests through the real rig to both homes: a rig that sends everything to the one,
 * and a rig that sends everything to the other, each with an empty store. What a client gets must
 * be equal.
 */

enum { HOMES = 2 };

static struct rig_program rigs[HOMES];
static struct client clients[HOMES];

static void start_both(void)
{
    rig_program_start_quiet(&rigs[0], "lambda=1,fargate=0");
    rig_program_start_quiet(&rigs[1], "lambda=0,fargate=1");
}

static void stop_both(void)
{
    for (int i = 0; i < HOMES; i++)
        rig_program_stop(&rigs[i]);
}

/* The answer lives in clients[home] until it is closed. */
static struct parity_answer ask(int home, const struct parity_row *row)
{
    struct buf request;
    struct http1_response res = {0};
    buf_init(&request, 4 * LIMIT_BODY_BYTES);
    parity_request(row, &request);
    cr_assert(client_open(&clients[home], rigs[home].port));
    /* A refusal may come before all is sent; what can be read decides. */
    bool is_sent = client_send(&clients[home], buf_bytes(&request));
    enum rc rc = client_read(&clients[home], http_method_parse(bytes_from_str(row->method)), &res);
    cr_expect_eq(rc, RC_OK, "%s: %s, request %ssent", row->name, rc_name(rc),
                 is_sent ? "" : "not whole ");
    buf_release(&request);
    return (struct parity_answer){res.status, res.fields, res.field_count, res.body};
}

/* The load balancer refuses some requests itself, with the page and the status of an ALB. */
static bool is_own_page(const struct parity_answer *answer)
{
    for (size_t i = 0; i < answer->field_count; i++)
        if (bytes_ieq(answer->fields[i].name, BYTES_LIT("content-type")))
            return bytes_starts_with(answer->fields[i].value, BYTES_LIT("text/html"));
    return false;
}

Test(rig_parity, both_homes_answer_every_request_alike, .init = start_both, .fini = stop_both)
{
    size_t own_pages = 0;
    char why[1024];
    for (size_t i = 0; i < parity_row_count; i++) {
        const struct parity_row *row = &parity_rows[i];
        struct parity_answer lambda = ask(0, row), fargate = ask(1, row);
        cr_expect(parity_equal(row, &lambda, &fargate, why, sizeof why), "%s: %s", row->name, why);
        if (is_own_page(&lambda))
            own_pages++;
        else
            cr_expect_eq(lambda.status, row->status, "%s: status %d instead of %d", row->name,
                         lambda.status, row->status);
        client_close(&clients[0]);
        client_close(&clients[1]);
    }
    cr_expect_lt(own_pages, parity_row_count / 4, "%zu answers were the load balancer's own",
                 own_pages);
}
