#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/target_rig.h"

/* Bodies through the load balancer to an ip target and back: each part goes on as it comes, and
 * nobody has to hold all of it. */

static struct target_rig rig;
static struct client client, target;

static void setup(void)
{
    target_rig_start(&rig);
    cr_assert(client_open(&client, rig.port));
}

static void teardown(void)
{
    target_rig_stop(&rig);
}

TestSuite(alb_stream, .init = setup, .fini = teardown);

static void say(struct client *to, const char *text)
{
    cr_assert(client_send(to, bytes_from_str(text)));
}

static void close_both(void)
{
    client_close(&client);
    client_close(&target);
}

Test(alb_stream, a_body_reaches_the_target_while_it_comes)
{
    say(&client, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\none");
    target_rig_accept(&rig, &target);
    target_rig_expect(&target, "Content-Length: 9\r\n\r\none");
    say(&client, "two");
    target_rig_expect(&target, "onetwo");
    say(&client, "end");
    target_rig_expect(&target, "onetwoend");
    say(&target, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    target_rig_expect(&client, "\r\n\r\nok");
    /* Both connections go on. */
    say(&client, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    target_rig_expect(&target, "GET /b");
    say(&target, "HTTP/1.1 204 No Content\r\n\r\n");
    target_rig_expect(&client, "204 No Content");
    close_both();
}

Test(alb_stream, chunks_are_passed_on_and_a_client_that_waits_is_told_to_go_on)
{
    say(&client, "PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                 "Expect: 100-continue\r\n\r\n");
    target_rig_expect(&client, "HTTP/1.1 100 Continue\r\n\r\n");
    target_rig_accept(&rig, &target);
    say(&client, "3\r\none\r\n");
    target_rig_expect(&target, "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    cr_expect_null(memmem(target.in.data, target.in.len, "Expect", 6));
    say(&client, "1;x=y\r\n!\r\n0\r\nX-Trailer: z\r\n\r\n");
    target_rig_expect(&target, "one\r\n1\r\n!\r\n0\r\n\r\n");
    say(&target, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    target_rig_expect(&client, "\r\n\r\nok");
    close_both();
}

Test(alb_stream, many_small_chunks_at_once_all_go_on)
{
    char text[64 * 6 + sizeof "0\r\n\r\n"] = "";
    say(&client, "PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    target_rig_accept(&rig, &target);
    for (int i = 0; i < 64; i++)
        memcpy(text + i * 6, "1\r\nx\r\n", 6);
    memcpy(text + sizeof text - 6, "0\r\n\r\n", 6);
    say(&client, text);
    target_rig_expect(&target, "1\r\nx\r\n0\r\n\r\n");
    say(&target, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    target_rig_expect(&client, "\r\n\r\nok");
    close_both();
}

Test(alb_stream, an_answer_goes_on_as_it_comes_with_its_length_or_in_chunks)
{
    say(&client, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    target_rig_accept(&rig, &target);
    target_rig_expect(&target, "\r\n\r\n");
    static char rest[20000];
    memset(rest, 'x', sizeof rest - 1);
    memcpy(rest + sizeof rest - 4, "end", 3);
    say(&target, "HTTP/1.1 200 OK\r\nContent-Length: 20002\r\n\r\none");
    target_rig_expect(&client, "Content-Length: 20002\r\n\r\none");
    say(&target, rest);
    target_rig_expect(&client, "xxend");
    say(&client, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    target_rig_expect(&target, "GET /b");
    say(&target, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmore\r\n");
    target_rig_expect(&client, "Transfer-Encoding: chunked\r\n\r\n4\r\nmore\r\n");
    say(&target, "0\r\n\r\n");
    target_rig_expect(&client, "more\r\n0\r\n\r\n");
    close_both();
}

Test(alb_stream, an_answer_before_the_end_of_the_body_ends_both_connections)
{
    say(&client, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\none");
    target_rig_accept(&rig, &target);
    target_rig_expect(&target, "\r\n\r\none");
    say(&target, "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nearly");
    target_rig_expect(&client, "\r\n\r\nearly");
    cr_expect_not_null(memmem(client.in.data, client.in.len, "Connection: close", 17));
    cr_expect(client_is_closed(&client));
    cr_expect(client_is_closed(&target));
    close_both();
}

Test(alb_stream, a_target_may_answer_while_it_reads)
{
    say(&client, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\none");
    target_rig_accept(&rig, &target);
    target_rig_expect(&target, "\r\n\r\none");
    say(&target, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nONE\r\n");
    target_rig_expect(&client, "\r\n3\r\nONE\r\n");
    say(&client, "two");
    target_rig_expect(&target, "onetwo");
    say(&target, "3\r\nTWO\r\n0\r\n\r\n");
    target_rig_expect(&client, "3\r\nTWO\r\n0\r\n\r\n");
    close_both();
}

Test(alb_stream, a_client_that_leaves_in_its_body_is_460_and_the_target_is_let_go)
{
    say(&client, "POST /gone HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\none");
    target_rig_accept(&rig, &target);
    target_rig_expect(&target, "\r\n\r\none");
    client_close(&client);
    cr_expect(client_is_closed(&target));
    cr_expect(target_rig_logs(&rig, " 460 - "));
    client_close(&target);
}

Test(alb_stream, a_body_that_is_no_body_is_400_and_a_broken_answer_breaks_off)
{
    say(&client, "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    target_rig_accept(&rig, &target);
    target_rig_expect(&target, "one\r\n");
    say(&client, "no size\r\n");
    target_rig_expect(&client, "HTTP/1.1 400 ");
    cr_expect(client_is_closed(&target));
    close_both();
    cr_assert(client_open(&client, rig.port));
    say(&client, "GET /half HTTP/1.1\r\nHost: x\r\n\r\n");
    target_rig_accept(&rig, &target);
    target_rig_expect(&target, "\r\n\r\n");
    say(&target, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf");
    target_rig_expect(&client, "\r\nhalf");
    client_close(&target);
    cr_expect(client_is_closed(&client));
    client_close(&client);
}

/* --- as much as there is, in little memory --- */

enum { BIG_BYTES = 100 * 1000 * 1000, PIECE_BYTES = 64 * 1024, PEAK_MAX_KB = 40 * 1024 };

static void send_much(struct client *to)
{
    static char piece[PIECE_BYTES];
    for (size_t left = BIG_BYTES; left;) {
        size_t n = left < sizeof piece ? left : sizeof piece;
        cr_assert(client_send(to, bytes_make(piece, n)));
        left -= n;
    }
}

static void read_much(struct client *from, size_t have)
{
    static char piece[PIECE_BYTES];
    while (have < BIG_BYTES) {
        ssize_t n = recv(from->fd, piece, sizeof piece, 0);
        cr_assert_gt(n, 0, "%zu of %d bytes came", have, BIG_BYTES);
        have += (size_t)n;
    }
    cr_expect_eq(have, (size_t)BIG_BYTES);
}

static size_t behind_head(const struct client *from)
{
    const char *head_end = memmem(from->in.data, from->in.len, "\r\n\r\n", 4);
    return from->in.len - (size_t)(head_end + 4 - from->in.data);
}

/* The highest memory of the rig's process so far. A sanitizer takes some for itself. */
static long peak_kb(void)
{
    char path[64], line[256];
    long kb = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)rig.duet.id);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    (void)fclose(file);
    return kb;
}

static void in_a_child(void (*work)(struct client *), struct client *with)
{
    pid_t id = fork();
    cr_assert_geq(id, 0);
    if (id)
        return;
    work(with);
    _exit(0);
}

Test(alb_stream, a_hundred_megabytes_each_way_stay_nowhere)
{
    char text[128];
    long before_kb = peak_kb();
    (void)snprintf(text, sizeof text, "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
                   BIG_BYTES);
    say(&client, text);
    in_a_child(send_much, &client);
    target_rig_accept(&rig, &target);
    target_rig_expect(&target, "\r\n\r\n");
    read_much(&target, behind_head(&target));
    (void)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG_BYTES);
    say(&target, text);
    in_a_child(send_much, &target);
    target_rig_expect(&client, "\r\n\r\n");
    read_much(&client, behind_head(&client));
    cr_expect_lt(peak_kb() - before_kb, PEAK_MAX_KB);
    close_both();
}
