#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/wait.h>

#include "runtime/alb/random.h"
#include "tests/support/client.h"
#include "tests/support/http1_files.h"
#include "tests/support/program.h"

/* The real server and the requests of tests/data/http1: the answers, and who closes. */

enum { BY_BYTE_MAX = 2000 };

static struct program server;
static unsigned port;

static void start(const char *read_timeout)
{
    static const char *const argv[] = {"server", NULL};
    const char *const env[] = {
        "PORT=0",     "DUET_LAME_DUCK_S=0",  "DUET_STORE=memory", "DUET_BIND=127.0.0.1",
        read_timeout, "DUET_ACCESS_LOG=off", "DUET_METRICS=off",  "DUET_THREADS=2",
        NULL};
    program_start(&server, argv, env);
    port = program_number(&server, "\"port\":");
    cr_assert_gt(port, 0u, "%s", server.out.data ? server.out.data : "no output");
}

static void stop(void)
{
    int status = program_stop(&server);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d: %s", status,
              server.out.data);
    program_release(&server);
}

/* Reads the answers to `file`; `name` is for messages. true: all came, and the last one told the
 * truth about the connection. */
static bool read_answers(struct client *client, const struct http1_file *file, const char *name)
{
    struct http1_response res = {.status = 0};
    for (size_t i = 0; i < file->answer_count; i++) {
        enum rc rc = client_read(client, file->methods[i], &res);
        cr_expect_eq(rc, RC_OK, "%s, answer %zu: %s", name, i, rc_name(rc));
        cr_expect_eq(res.status, file->statuses[i], "%s, answer %zu: %d", name, i, res.status);
        if (rc != RC_OK)
            return false;
    }
    cr_expect_eq(res.keep_alive, !file->closes, "%s", name);
    return true;
}

/* Nothing more comes: the connection has ended, or its next answer is that of the next request. */
static void expect_end(struct client *client, const struct http1_file *file, const char *name)
{
    struct http1_response res;
    if (file->closes) {
        cr_expect_eq(client->in.len, client->consumed, "%s: more answers", name);
        cr_expect(client_is_closed(client), "%s: still open", name);
        return;
    }
    cr_expect(client_send(client, BYTES_LIT("PATCH /hello?last HTTP/1.1\r\nHost: a\r\n\r\n")));
    enum rc rc = client_read(client, HTTP_PATCH, &res);
    cr_expect(rc == RC_OK && memmem(res.body.ptr, res.body.len, "PATCH", 5), "%s: %s, %.*s", name,
              rc_name(rc), BYTES_ARG(res.body));
}

static void expect_answers(const struct http1_file *file, size_t step)
{
    struct client client;
    struct bytes rest = file->text;
    cr_assert(client_open(&client, port));
    /* A refusal may come, and the end, before all is sent. */
    while (rest.len &&
           client_send(&client, bytes_make(rest.ptr, rest.len < step ? rest.len : step)))
        rest = bytes_skip(rest, rest.len < step ? rest.len : step);
    if (read_answers(&client, file, file->name))
        expect_end(&client, file, file->name);
    client_close(&client);
}

Test(http1_server, each_file_has_its_answers_and_its_end)
{
    size_t count;
    const struct http1_file *files = http1_files(&count);
    start("DUET_READ_TIMEOUT_S=3000");
    for (size_t i = 0; i < count; i++)
        if (files[i].kind != HTTP1_FILE_INCOMPLETE)
            expect_answers(&files[i], files[i].text.len);
    stop();
}

Test(http1_server, each_file_has_the_same_byte_by_byte)
{
    size_t count;
    const struct http1_file *files = http1_files(&count);
    start("DUET_READ_TIMEOUT_S=3000");
    for (size_t i = 0; i < count; i++)
        if (files[i].kind != HTTP1_FILE_INCOMPLETE && files[i].text.len <= BY_BYTE_MAX)
            expect_answers(&files[i], 1);
    stop();
}

Test(http1_server, what_never_ends_is_answered_408)
{
    static struct client clients[HTTP1_FILES_MAX];
    size_t count;
    const struct http1_file *files = http1_files(&count);
    start("DUET_READ_TIMEOUT_S=1");
    for (size_t i = 0; i < count; i++) {
        if (files[i].kind != HTTP1_FILE_INCOMPLETE)
            continue;
        cr_assert(client_open(&clients[i], port));
        bool is_sent = client_send(&clients[i], files[i].text);
        (void)is_sent; /* its answer will tell */
    }
    for (size_t i = 0; i < count; i++) {
        if (files[i].kind != HTTP1_FILE_INCOMPLETE)
            continue;
        if (!client_is_answered(&clients[i])) { /* a busy machine has sent it too late */
            client_close(&clients[i]);
            cr_assert(client_ask(&clients[i], port, files[i].text), "%s", files[i].name);
        }
        if (read_answers(&clients[i], &files[i], files[i].name))
            expect_end(&clients[i], &files[i], files[i].name);
        client_close(&clients[i]);
    }
    stop();
}

/* --- pipelines cut at random --- */

enum { PIPELINES = 200, REQUESTS_MAX = 6, PIECES_MAX = 8 };

struct pipeline {
    const struct http1_file *files[REQUESTS_MAX + 1];
    size_t count;
    struct buf text;
};

static void make_pipeline(struct pipeline *self, struct random_state *random)
{
    enum http1_file_kind kind = random_below(random, 2) ? HTTP1_FILE_VALID : HTTP1_FILE_MALFORMED;
    self->count = 0;
    for (size_t n = random_below(random, REQUESTS_MAX); n > 0; n--)
        self->files[self->count++] = http1_files_kept((unsigned)random_next(random));
    self->files[self->count++] = http1_files_of(kind, (unsigned)random_next(random));
    buf_reset(&self->text);
    for (size_t i = 0; i < self->count; i++)
        buf_append(&self->text, self->files[i]->text);
}

static void send_cut(struct client *client, struct bytes rest, struct random_state *random)
{
    for (int pieces = 1; rest.len; pieces++) {
        size_t len = pieces < PIECES_MAX ? random_below(random, rest.len) + 1 : rest.len;
        if (!client_send(client, bytes_make(rest.ptr, len)))
            return;
        rest = bytes_skip(rest, len);
    }
}

Test(http1_server, pipelines_have_their_answers_wherever_they_are_cut)
{
    struct pipeline pipeline;
    struct random_state random;
    random_init(&random, 9112);
    buf_init(&pipeline.text, 1 << 20);
    start("DUET_READ_TIMEOUT_S=3000");
    for (size_t i = 0; i < PIPELINES; i++) {
        struct client client;
        char name[400];
        bool is_fine = true;
        make_pipeline(&pipeline, &random);
        cr_assert(client_open(&client, port));
        send_cut(&client, buf_bytes(&pipeline.text), &random);
        for (size_t k = 0; k < pipeline.count && is_fine; k++) {
            (void)snprintf(name, sizeof name, "pipeline %zu, %s", i, pipeline.files[k]->name);
            is_fine = read_answers(&client, pipeline.files[k], name);
        }
        if (is_fine)
            expect_end(&client, pipeline.files[pipeline.count - 1], name);
        client_close(&client);
    }
    buf_release(&pipeline.text);
    stop();
}
