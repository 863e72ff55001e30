#include <criterion/criterion.h>
#include <signal.h>

#include "runtime/http2/h2.h"
#include "runtime/core/clock.h"
#include "tests/support/echo_httpd.h"
#include "tests/support/h2_client.h"
#include "tests/support/tls_files.h"

/* An httpd that speaks HTTP/2, and nghttp2's own client. */

static struct tls_files files;
static struct tls_context *context;
static struct h2_client *client;

static void setup(void)
{
    char error[600] = "";
    (void)signal(SIGPIPE, SIG_IGN);
    tls_files_init(&files);
    context = tls_context_new(files.cert, files.key, error, sizeof error);
    cr_assert_not_null(context, "%s", error);
    echo_httpd.tls = context;
    echo_httpd.second = &h2_protocol;
    echo_httpd_start();
    client = h2_client_open(echo_httpd.port);
}

static void teardown(void)
{
    echo_httpd_stop();
    h2_client_close(client);
    tls_context_free(context);
    tls_files_release(&files);
}

TestSuite(h2, .init = setup, .fini = teardown);

static void expect(size_t number, const char *body)
{
    const struct h2_answer *answer = h2_client_wait(client, number);
    cr_expect_eq(answer->error, NGHTTP2_NO_ERROR, "%u", answer->error);
    cr_expect_eq(answer->status, 200, "%d", answer->status);
    cr_expect(h2_answer_is(answer, body), "'%.*s' instead of '%s'",
              BYTES_ARG(buf_bytes(&answer->body)), body);
}

static bool has_field(const struct h2_answer *answer, const char *line)
{
    return memmem(answer->fields.data, answer->fields.len, line, strlen(line)) != NULL;
}

Test(h2, requests_are_answered_with_names_in_small_letters)
{
    size_t first = h2_client_get(client, "/now"), second = h2_client_get(client, "/later/2");
    size_t head = h2_client_ask(client, &(struct h2_ask){.method = "HEAD", .path = "/now"});
    expect(first, "GET /now 0");
    expect(second, "GET /later/2 0");
    expect(head, "");
    const struct h2_answer *answer = &client->answers[first];
    cr_expect(has_field(answer, "content-type: text/plain\n"));
    cr_expect(has_field(answer, "content-length: 10\n"));
    cr_expect(has_field(answer, "date: "));
    cr_expect(has_field(&client->answers[head], "content-length: 11\n"));
}

Test(h2, as_many_at_once_as_there_may_be)
{
    for (size_t i = 0; i < 4 * H2_STREAMS; i++) /* nghttp2 keeps back what is too many */
        (void)h2_client_get(client, "/later");
    for (size_t i = 0; i < 4 * H2_STREAMS; i++)
        expect(i, "GET /later 0");
}

Test(h2, bodies_of_any_size_pass_both_ways)
{
    static char body[3 * 1024 * 1024];
    memset(body, 'b', sizeof body);
    struct h2_ask ask = {.method = "POST", .path = "/now", .body = body, .body_len = sizeof body};
    size_t up = h2_client_ask(client, &ask), down = h2_client_get(client, "/big/4000000"),
           parts = h2_client_get(client, "/parts/50"), more = h2_client_ask(client, &ask);
    expect(up, "POST /now 3145728");
    expect(more, "POST /now 3145728");
    cr_expect_eq(h2_client_wait(client, down)->body.len, 4000000);
    cr_expect_eq(h2_client_wait(client, parts)->body.len, 500000);
    cr_expect_eq(client->answers[parts].error, NGHTTP2_NO_ERROR);
}

Test(h2, trailers_are_dropped_and_cookies_joined)
{
    struct h2_ask ask = {.method = "POST",
                         .path = "/field/x-after",
                         .body = "12345",
                         .body_len = 5,
                         .has_trailer = true};
    size_t trailer = h2_client_ask(client, &ask);
    ask = (struct h2_ask){.path = "/field/cookie",
                          .name = "cookie",
                          .value = "a=1",
                          .name2 = "cookie",
                          .value2 = "b=2"};
    size_t cookie = h2_client_ask(client, &ask);
    size_t host = h2_client_get(client, "/field/host");
    expect(trailer, "none");
    expect(cookie, "a=1; b=2");
    expect(host, "localhost");
}

Test(h2, a_client_that_waits_to_be_told_is_told)
{
    struct h2_ask ask = {.method = "POST",
                         .path = "/now",
                         .name = "expect",
                         .value = "100-continue",
                         .body = "12345",
                         .body_len = 5};
    size_t number = h2_client_ask(client, &ask);
    expect(number, "POST /now 5");
    cr_expect_leq(client->answers[number].interim_count, 1);
}

Test(h2, an_answer_that_fails_ends_its_stream_alone)
{
    size_t bad = h2_client_get(client, "/parts/2?fail"), good = h2_client_get(client, "/now");
    expect(good, "GET /now 0");
    cr_expect_eq(h2_client_wait(client, bad)->error, NGHTTP2_INTERNAL_ERROR);
}

Test(h2, what_is_no_good_request_gets_its_status)
{
    static char large[17 * 1024];
    memset(large, 'x', sizeof large - 1);
    large[0] = '/';
    size_t field =
        h2_client_ask(client, &(struct h2_ask){.path = "/now", .name = "x", .value = large});
    size_t target = h2_client_get(client, large), odd = h2_client_get(client, "/a#b"),
           good = h2_client_get(client, "/now");
    cr_expect_eq(h2_client_wait(client, field)->status, 431);
    cr_expect_eq(h2_client_wait(client, target)->status, 414);
    cr_expect_eq(h2_client_wait(client, odd)->status, 400);
    expect(good, "GET /now 0");
}

/* --- clients that leave --- */

static void wait_until_no_listener(void)
{
    while (echo_httpd_has_listener()) {
        size_t number = h2_client_get(client, "/now");
        expect(number, "GET /now 0");
    }
}

Test(h2, an_answer_may_be_live_and_its_owner_hears_of_the_client_that_leaves)
{
    size_t number = h2_client_get(client, "/live");
    while (client->answers[number].status == 0)
        cr_assert(h2_client_step(client));
    echo_httpd_say("one");
    while (client->answers[number].body.len < 3)
        cr_assert(h2_client_step(client));
    cr_expect(h2_answer_is(&client->answers[number], "one"));
    h2_client_reset(client, number);
    wait_until_no_listener();
}

/* What nghttp2 has to write. */
static void gather(struct buf *out)
{
    const uint8_t *bytes;
    for (ssize_t len; (len = nghttp2_session_mem_send(client->frames, &bytes)) > 0;)
        buf_append(out, bytes_make((const char *)bytes, (size_t)len));
}

Test(h2, who_resets_streams_as_fast_as_they_open_is_sent_away_and_others_are_served)
{
    enum { BATCH = 50 };
    struct buf out; /* one record of TLS, so that none is answered between */
    buf_init(&out, 16 * 1024);
    for (size_t i = 0; i < 2000 && !client->is_ended; i += BATCH) {
        for (size_t k = i; k < i + BATCH; k++)
            (void)h2_client_get(client, "/later");
        gather(&out);
        for (size_t k = i; k < i + BATCH; k++)
            h2_client_reset(client, k);
        gather(&out);
        h2_client_send(client, out.data, out.len);
        buf_reset(&out);
    }
    buf_release(&out);
    h2_client_wait_for_end(client);
    cr_expect(client->has_goaway);
    cr_expect_eq(client->goaway_error, NGHTTP2_ENHANCE_YOUR_CALM, "%u", client->goaway_error);
    h2_client_close(client);
    client = h2_client_open(echo_httpd.port);
    expect(h2_client_get(client, "/now"), "GET /now 0");
}

Test(h2, bytes_that_are_no_http2_end_the_connection_and_others_are_served)
{
    static const char *const openings[] = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        uint8_t byte;
        size_t n;
        h2_client_close(client);
        client = h2_client_open(echo_httpd.port);
        h2_client_send(client, openings[i], strlen(openings[i]));
        while (SSL_read_ex(client->tls, &byte, 1, &n) == 1)
            ;
        cr_expect_neq(SSL_get_error(client->tls, 0), SSL_ERROR_WANT_READ, "row %zu: it waits", i);
    }
    h2_client_close(client);
    client = h2_client_open(echo_httpd.port);
    expect(h2_client_get(client, "/now"), "GET /now 0");
}

/* --- the end of a connection --- */

Test(h2, after_ten_thousand_requests_another_connection_is_due)
{
    for (size_t i = 0; i < H2_REQUESTS; i += 100) {
        for (size_t k = i; k < i + 100; k++)
            (void)h2_client_get(client, "/now");
        (void)h2_client_wait(client, i + 99);
    }
    h2_client_wait_for_end(client);
    cr_expect(client->has_goaway);
    cr_expect_eq(client->goaway_error, NGHTTP2_NO_ERROR);
    cr_expect_eq(client->goaway_last_id, 2 * H2_REQUESTS - 1);
    cr_expect_eq(client->answers[H2_REQUESTS - 1].status, 200);
}

Test(h2, draining_answers_what_is_there_and_says_go_away)
{
    expect(h2_client_get(client, "/now"), "GET /now 0");
    echo_httpd_drain();
    h2_client_wait_for_end(client);
    cr_expect(client->has_goaway);
    cr_expect_eq(client->goaway_last_id, 1);
    cr_expect_eq(echo_httpd_join(), 0u);
    echo_httpd_start(); /* for the teardown */
}

static void start_anew(unsigned idle_timeout_s, unsigned read_timeout_s)
{
    h2_client_close(client);
    echo_httpd_stop();
    echo_httpd.idle_timeout_s = idle_timeout_s;
    echo_httpd.read_timeout_s = read_timeout_s;
    echo_httpd_start();
    client = h2_client_open(echo_httpd.port);
}

Test(h2, a_connection_that_is_idle_is_sent_away)
{
    start_anew(3, 60); /* TLS has to be agreed on within it */
    expect(h2_client_get(client, "/now"), "GET /now 0");
    h2_client_wait_for_end(client);
    cr_expect(client->has_goaway);
    cr_expect_eq(client->goaway_error, NGHTTP2_NO_ERROR);
}

Test(h2, a_body_that_does_not_come_ends_the_connection)
{
    struct h2_ask ask = {
        .method = "POST", .path = "/now", .body = "12345", .body_len = 5, .stalls = true};
    start_anew(60, 3);
    size_t number = h2_client_ask(client, &ask);
    h2_client_wait_for_end(client);
    cr_expect_eq(client->answers[number].status, 0);
}
