#include <criterion/criterion.h>

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/support/fake_rapi.h"
#include "tests/support/program.h"

/*
 * The real binary against a Runtime API that lies, stammers and hangs up. Each GET next gets a
 * hostile answer first and a good event on the second try; whatever the first one was, the good
 * event must be answered before the next one is asked for, and the process must be there at the
 * end. Ids repeat all the time.
 */

#define GET_HELLO "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\",\"path\":\"/hello\"}"
#define HEAD "HTTP/1.1 200 OK\r\n" FAKE_ID("good")

static struct program program = {.out_fd = -1};
static struct fake_rapi *fake;

/* A sample is an answer that is damaged at one place after another. */
struct hostile {
    struct buf sample;
    const char *reply; /* of every POST, where it is not damaged */
    size_t next_count, post_count;
    atomic_size_t hostile_count;
    bool is_owed; /* the good event was given and has not been answered */
    size_t lost_count, wrong_count;
    bool is_over;    /* all hostile answers were given */
    sem_t is_at_end; /* and an event is asked for after them */
    /* Appends hostile answer number `i`; false: there is none left. */
    bool (*put)(struct hostile *self, size_t i, struct buf *out);
    bool damages_replies; /* those of POSTs, and not the events */
};

static void teardown(void)
{
    program_release(&program);
    if (fake)
        fake_rapi_free(fake);
}

TestSuite(bootstrap_hostile, .fini = teardown);

static enum fake_end give_event(struct hostile *self, struct buf *out)
{
    self->is_owed = true;
    fake_rapi_put(out, 200, FAKE_ID("good"), BYTES_LIT(GET_HELLO));
    return FAKE_KEEP;
}

static enum fake_end answer_next(struct hostile *self, struct buf *out)
{
    self->lost_count += self->is_owed;
    self->is_owed = false;
    bool is_good = self->damages_replies || self->next_count++ % 2;
    if (!self->is_over && is_good)
        return give_event(self, out);
    self->is_over = self->is_over || !self->put(self, self->hostile_count++, out);
    if (!self->is_over)
        return FAKE_CLOSE;
    (void)sem_post(&self->is_at_end);
    return FAKE_HOLD;
}

static enum fake_end answer_post(struct hostile *self, const struct fake_request *req,
                                 struct buf *out)
{
    bool is_good = strcmp(req->target, "POST /2018-06-01/runtime/invocation/good/response") == 0;
    /* A hostile event may be a whole one with the same id. */
    self->wrong_count += is_good && self->is_owed && !strstr(req->body.ptr, "Hello world");
    self->is_owed = self->is_owed && !is_good;
    if (self->damages_replies && self->post_count++ % 2 == 0 && !self->is_over) {
        self->is_over = !self->put(self, self->hostile_count++, out);
        return FAKE_CLOSE;
    }
    buf_append(out, bytes_from_str(self->reply));
    return FAKE_KEEP;
}

static enum fake_end answer(void *context, size_t index, const struct fake_request *req,
                            struct buf *out)
{
    (void)index;
    return strncmp(req->target, "GET", 3) == 0 ? answer_next(context, out)
                                               : answer_post(context, req, out);
}

static const char reply_202[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n"
                                "{\"status\":\"OK\"}\n";

static void run(struct hostile *self, size_t piece_len)
{
    char variable[64];
    self->reply = reply_202;
    cr_assert_eq(sem_init(&self->is_at_end, 0, 0), 0);
    fake = fake_rapi_new(answer, self, false);
    fake_rapi_set_piece(fake, piece_len);
    (void)snprintf(variable, sizeof variable, "AWS_LAMBDA_RUNTIME_API=%s", fake_rapi_address(fake));
    program_start(&program, (const char *const[]){"bootstrap", NULL},
                  (const char *const[]){variable, "DUET_STORE=memory", "DUET_METRICS=off",
                                        "AWS_LAMBDA_LOG_LEVEL=FATAL", NULL});
    fake_rapi_start(fake);
}

/* The bootstrap asks for an event after the last hostile answer. Then the Runtime API goes, which
 * is the one reason to end; that is an orderly end, after which a sanitizer tells of leaks. */
static void expect_survived(struct hostile *self, size_t hostile_count)
{
    struct timespec end;
    size_t before, now = 0;
    int waited;
    do { /* however long all of them take: a minute without one is the end */
        before = now;
        (void)clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec += 60;
        waited = sem_timedwait(&self->is_at_end, &end);
        now = atomic_load(&self->hostile_count);
    } while (waited != 0 && now != before);
    cr_assert_eq(waited, 0, "it stopped at %zu", now);
    fake_rapi_free(fake);
    fake = NULL;
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%d", status);
    cr_expect(strstr(program.out.data, "the Runtime API is lost"), "%s", program.out.data);
    cr_expect_eq(self->lost_count, 0u);
    cr_expect_eq(self->wrong_count, 0u);
    cr_expect_eq(now, hostile_count + 1);
    (void)sem_destroy(&self->is_at_end);
    buf_release(&self->sample);
    program_release(&program);
    program = (struct program){.out_fd = -1};
}

static void put_sample(struct hostile *self)
{
    buf_init(&self->sample, 1 << 20);
    fake_rapi_put(&self->sample, 200,
                  FAKE_ID("good") "Lambda-Runtime-Trace-Id: Root=1-a;Sampled=0\r\n",
                  BYTES_LIT(GET_HELLO));
}

/* --- cut at every byte --- */

static bool put_cut(struct hostile *self, size_t i, struct buf *out)
{
    if (i >= self->sample.len)
        return false;
    buf_append(out, bytes_make(self->sample.data, i));
    return true;
}

Test(bootstrap_hostile, an_event_cut_at_any_byte_is_asked_for_again)
{
    for (size_t piece_len = 0; piece_len < 2; piece_len++) {
        struct hostile self = {.put = put_cut};
        put_sample(&self);
        size_t len = self.sample.len;
        run(&self, piece_len);
        expect_survived(&self, len);
    }
}

Test(bootstrap_hostile, an_answer_whose_reply_is_cut_at_any_byte_is_sent_again)
{
    struct hostile self = {.put = put_cut, .damages_replies = true};
    buf_init(&self.sample, 1 << 20);
    buf_append(&self.sample, bytes_from_str(reply_202));
    run(&self, 0);
    expect_survived(&self, sizeof reply_202 - 1);
}

/* --- one byte wrong --- */

static const char wrong_bytes[] = {'\0', '\n', '\r', ' ', '9', ':', '"', '\xff'};

static bool put_wrong_byte(struct hostile *self, size_t i, struct buf *out)
{
    size_t at = i / sizeof wrong_bytes;
    if (at >= self->sample.len)
        return false;
    buf_append(out, buf_bytes(&self->sample));
    out->data[at] = wrong_bytes[i % sizeof wrong_bytes];
    return true;
}

/* What a wrong byte makes of an event is open: none, another, or an error. What follows is not. */
Test(bootstrap_hostile, a_wrong_byte_anywhere_loses_no_event_after_it)
{
    struct hostile self = {.put = put_wrong_byte};
    put_sample(&self);
    size_t len = self.sample.len;
    run(&self, 0);
    expect_survived(&self, len * sizeof wrong_bytes);
}

/* --- whole answers that are wrong --- */

static const char *const answers[] = {
    "",
    "\r\n\r\n",
    "hello",
    "HTTP/0.9 200 OK\r\n\r\n" GET_HELLO,
    "HTTP/2 200\r\n" FAKE_ID("good") "\r\n" GET_HELLO,
    "HTTP/1.1 99 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 204 No Content\r\n" FAKE_ID("good") "\r\n",
    "HTTP/1.1 304 Not Modified\r\n" FAKE_ID("good") "\r\n",
    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
    HEAD "Content-Length: 99999999999999999999\r\n\r\n{}",
    HEAD "Content-Length: 6291557\r\n\r\n{}",
    HEAD "Content-Length: 1\r\n\r\n" GET_HELLO,
    HEAD "Content-Length: 500\r\n\r\n" GET_HELLO,
    HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    HEAD "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    HEAD "Transfer-Encoding: gzip\r\n\r\n{}",
    HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    HEAD "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
    HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n",
    HEAD FAKE_ID("other") "Content-Length: 2\r\n\r\n{}",
    HEAD "Lambda-Runtime-Deadline-Ms: -5\r\nContent-Length: 2\r\n\r\n{}",
    HEAD "Lambda-Runtime-Deadline-Ms: 99999999999999999999\r\nContent-Length: 2\r\n\r\n{}",
    HEAD "Content-Length: 8\r\n\r\n{\"\xff\xfe\":1}",
    HEAD "Content-Length: 8\r\n\r\n{\"\xed\xa0\x80\":1",
    HEAD "Content-Length: 2\r\n\r\n{}" HEAD "Content-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\n" FAKE_ID("../../init/error") "Content-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\n" FAKE_ID("a?b#c") "Content-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\n" FAKE_ID("a b") "Content-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\n" FAKE_ID("\xff") "Content-Length: 2\r\n\r\n{}",
};

enum { ANSWERS = sizeof answers / sizeof *answers, HUGE_KINDS = 3, HUGE_BYTES = 9 << 20 };

/* Over the limits of a field, of a head and of a body. */
static void put_huge(size_t kind, struct buf *out)
{
    buf_append(out, BYTES_LIT(HEAD));
    if (kind == 2)
        buf_printf(out, "Content-Length: %d\r\n\r\n", HUGE_BYTES);
    for (size_t i = 0; kind == 1 && i < 20000; i++)
        buf_append(out, BYTES_LIT("X-Field: value\r\n"));
    if (kind == 0)
        buf_append(out, BYTES_LIT("X-Field: "));
    for (size_t i = 0; kind != 1 && i < HUGE_BYTES; i++)
        buf_append_char(out, 'a');
}

static bool put_wrong_answer(struct hostile *self, size_t i, struct buf *out)
{
    (void)self;
    if (i < ANSWERS)
        buf_append(out, bytes_from_str(answers[i]));
    else if (i < ANSWERS + HUGE_KINDS)
        put_huge(i - ANSWERS, out);
    return i < ANSWERS + HUGE_KINDS;
}

Test(bootstrap_hostile, an_answer_that_is_none_loses_no_event_after_it)
{
    for (size_t piece_len = 0; piece_len < 4096; piece_len += 4095) {
        struct hostile self = {.put = put_wrong_answer};
        run(&self, piece_len);
        expect_survived(&self, ANSWERS + HUGE_KINDS);
    }
}

Test(bootstrap_hostile, a_wrong_reply_to_an_answer_loses_no_event_after_it)
{
    struct hostile self = {.put = put_wrong_answer, .damages_replies = true};
    run(&self, 0);
    expect_survived(&self, ANSWERS + HUGE_KINDS);
}
