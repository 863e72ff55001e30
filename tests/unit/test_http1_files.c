#include <criterion/criterion.h>

#include "runtime/alb/random.h"
#include "tests/support/cuts.h"
#include "tests/support/guard.h"
#include "tests/support/http1_files.h"
#include "tests/support/request_probe.h"

/* The codec and the requests of tests/data/http1: what it makes of them does not depend on how they
 * are cut. */

enum { ALL_CUTS_BYTES = 2000, STEP_BYTES = 997 };

/* A connection: one request after the other, until one is refused or says that it is the last. */
struct connection {
    struct request_probe probe;
    const struct http1_file *file;
    size_t pos, answer_count;
    bool is_over;
};

static void begin(void *context)
{
    struct connection *self = context;
    request_probe_begin(&self->probe);
    self->pos = self->answer_count = 0;
    self->is_over = false;
}

static enum rc feed(void *context, struct bytes prefix)
{
    struct connection *self = context;
    while (!self->is_over) {
        enum rc rc = request_probe_feed(&self->probe, bytes_skip(prefix, self->pos));
        if (rc != RC_OK)
            return rc;
        self->answer_count++;
        self->pos += self->probe.consumed;
        self->is_over = !self->probe.keep_alive;
        request_probe_begin(&self->probe);
    }
    return RC_AGAIN;
}

static void end(void *context, const char *how, enum rc rc, size_t used)
{
    const struct connection *self = context;
    const struct http1_file *file = self->file;
    size_t whole = file->answer_count - (file->kind != HTTP1_FILE_VALID);
    cr_expect_eq(self->answer_count, whole, "%s, %s: %zu whole requests", file->name, how,
                 self->answer_count);
    if (file->kind == HTTP1_FILE_MALFORMED)
        cr_expect(rc != RC_AGAIN && rc_to_status(rc) == file->statuses[whole], "%s, %s: %s",
                  file->name, how, rc_name(rc));
    else
        cr_expect_eq(rc, RC_AGAIN, "%s, %s: %s", file->name, how, rc_name(rc));
    if (file->kind == HTTP1_FILE_VALID) {
        cr_expect_eq(self->is_over, file->closes, "%s, %s", file->name, how);
        cr_expect(self->is_over || self->pos == used, "%s, %s: %zu of %zu bytes", file->name, how,
                  self->pos, used);
    }
}

Test(http1_files, each_has_its_answer_however_it_is_cut)
{
    static struct connection connection;
    struct cuts cuts = {&connection, begin, feed, end};
    size_t count, malformed = 0;
    const struct http1_file *files = http1_files(&count);
    request_probe_init(&connection.probe);
    for (size_t i = 0; i < count; i++) {
        connection.file = &files[i];
        malformed += files[i].kind == HTTP1_FILE_MALFORMED;
        if (files[i].text.len <= ALL_CUTS_BYTES)
            cuts_run(&cuts, files[i].text);
        else
            cuts_run_steps(&cuts, files[i].text, STEP_BYTES);
    }
    cr_expect_geq(malformed, 200u, "%zu", malformed);
    request_probe_release(&connection.probe);
}

/* --- pipelines cut at random --- */

enum { PIPELINES = 2000, REQUESTS_MAX = 6 };

static void add(struct buf *text, const struct http1_file *file, size_t *answers)
{
    buf_append(text, file->text);
    *answers += file->answer_count;
}

/* Feeds all of it in up to eight pieces; each ends at an unreadable page. */
static enum rc feed_cut(struct connection *connection, struct bytes input,
                        struct random_state *random)
{
    enum rc rc = RC_AGAIN;
    size_t len = 0;
    begin(connection);
    for (int pieces = 0; rc == RC_AGAIN && len < input.len; pieces++) {
        size_t left = input.len - len;
        len += pieces < 7 ? random_below(random, left) + 1 : left;
        struct guard guard = guard_new(bytes_make(input.ptr, len));
        rc = feed(connection, guard.view);
        guard_free(&guard);
    }
    return rc;
}

Test(http1_files, pipelines_have_their_answers_wherever_they_are_cut)
{
    static struct connection connection;
    struct random_state random;
    struct buf text;
    random_init(&random, 9112);
    buf_init(&text, 1 << 20);
    request_probe_init(&connection.probe);
    for (size_t i = 0; i < PIPELINES; i++) {
        size_t answers = 0;
        buf_reset(&text);
        for (size_t k = random_below(&random, REQUESTS_MAX); k > 0; k--)
            add(&text, http1_files_kept((unsigned)random_next(&random)), &answers);
        const struct http1_file *last = http1_files_of(
            (enum http1_file_kind)random_below(&random, 3), (unsigned)random_next(&random));
        add(&text, last, &answers);
        enum rc rc = feed_cut(&connection, buf_bytes(&text), &random);
        cr_expect_eq(connection.answer_count, answers - (last->kind != HTTP1_FILE_VALID),
                     "pipeline %zu, which ends with %s", i, last->name);
        cr_expect_eq(rc_to_status(rc),
                     last->kind == HTTP1_FILE_MALFORMED ? last->statuses[last->answer_count - 1]
                                                        : rc_to_status(RC_AGAIN),
                     "pipeline %zu, which ends with %s: %s", i, last->name, rc_name(rc));
    }
    request_probe_release(&connection.probe);
    buf_release(&text);
}
