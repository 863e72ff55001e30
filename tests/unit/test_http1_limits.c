#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "tests/support/cuts.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

enum { TEXT_MAX = 4 * 1024 * 1024 };

/* A message in the making, and one decoder. */
struct probe {
    struct http1_decoder decoder;
    struct arena arena;
    struct http_request req;
    struct buf text;
    size_t consumed;
    bool keep_alive;
    const char *name;
    enum rc wanted;
};

static struct probe probe;

static void setup(void)
{
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&probe.text, TEXT_MAX);
}

static void teardown(void)
{
    arena_release(&probe.arena);
    buf_release(&probe.text);
}

TestSuite(http1_limits, .init = setup, .fini = teardown);

static void begin(void *context)
{
    (void)context;
    arena_reset(&probe.arena);
    http1_decoder_init(&probe.decoder);
}

static enum rc feed(void *context, struct bytes prefix)
{
    (void)context;
    return http1_decode_request(&probe.decoder, prefix, &probe.arena, &probe.req, &probe.keep_alive,
                                &probe.consumed);
}

static void end(void *context, const char *how, enum rc rc, size_t used)
{
    (void)context;
    (void)used;
    cr_expect_eq(rc, probe.wanted, "%s, %s: %s", probe.name, how, rc_name(rc));
}

/* --- making messages --- */

static void add(const char *text)
{
    buf_append(&probe.text, bytes_from_str(text));
}

static void add_fill(size_t len)
{
    cr_assert_eq(buf_reserve(&probe.text, len), RC_OK);
    memset(probe.text.data + probe.text.len, 'x', len);
    probe.text.len += len;
}

/* A line of `len` bytes that begins with `start` and ends with `last`. */
static void add_line(const char *start, size_t len, const char *last)
{
    add(start);
    add_fill(len - strlen(start) - strlen(last));
    add(last);
    add("\r\n");
}

/* Fields up to a head of `len` bytes, its empty line included. */
static void add_fields_up_to(size_t len)
{
    while (len - 2 - probe.text.len > 2 * LIMIT_FIELD_BYTES)
        add_line("F: ", LIMIT_FIELD_BYTES, "");
    size_t left = len - 2 - probe.text.len;
    add_line("G: ", left / 2 - 2, "");
    add_line("H: ", left - left / 2 - 2, "");
    add("\r\n");
}

static void make_request_line(size_t over)
{
    add_line("GET /", LIMIT_REQUEST_LINE_BYTES + over, " HTTP/1.1");
    add("Host: a\r\n\r\n");
}

static void make_field(size_t over)
{
    add("GET / HTTP/1.1\r\nHost: a\r\n");
    add_line("X: ", LIMIT_FIELD_BYTES + over, "");
    add("\r\n");
}

static void make_head(size_t over)
{
    add("GET / HTTP/1.1\r\nHost: a\r\n");
    add_fields_up_to(LIMIT_HEAD_BYTES + over);
}

static void make_field_count(size_t over)
{
    add("GET / HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 1; i < LIMIT_FIELD_COUNT + over; i++)
        add("A:b\r\n");
    add("\r\n");
}

/* The authority becomes a Host field, which counts. */
static void make_field_count_with_authority(size_t over)
{
    add("GET http://a/ HTTP/1.0\r\n");
    for (size_t i = 1; i < LIMIT_FIELD_COUNT + over; i++)
        add("A:b\r\n");
    add("\r\n");
}

static void make_body(size_t over)
{
    char line[64];
    (void)snprintf(line, sizeof line, "Content-Length: %zu\r\n\r\n", LIMIT_BODY_BYTES + over);
    add("POST / HTTP/1.1\r\nHost: a\r\n");
    add(line);
    add_fill(LIMIT_BODY_BYTES + over);
}

static void add_chunked_head(void)
{
    add("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void add_chunk(size_t len, const char *extension)
{
    char line[32];
    (void)snprintf(line, sizeof line, "%zx", len);
    add(line);
    add(extension);
    add("\r\n");
    add_fill(len);
    add("\r\n");
}

static void make_chunks(size_t over)
{
    add_chunked_head();
    add_chunk(LIMIT_BODY_BYTES - 1, "");
    add_chunk(1 + over, "");
    add("0\r\n\r\n");
}

static void make_extension(size_t over)
{
    add_chunked_head();
    add_line("0;", 1 + LIMIT_FIELD_BYTES + over, "");
    add("\r\n");
}

static void make_extensions(size_t over)
{
    add_chunked_head();
    for (size_t i = 0; i < LIMIT_FIELD_BYTES / 16; i++)
        add_chunk(1, ";23456789abcdef0");
    add(over ? "0;a\r\n\r\n" : "0\r\n\r\n");
}

static void make_trailer_line(size_t over)
{
    add_chunked_head();
    add("0\r\n");
    add_line("X: ", LIMIT_FIELD_BYTES + over, "");
    add("\r\n");
}

/* Head and trailer together are as long as a head may be; what is between them does not count. */
static void make_trailer(size_t over)
{
    add_chunked_head();
    size_t between = probe.text.len;
    add_chunk(3, ";extension");
    add("0\r\n");
    between = probe.text.len - between;
    add_fields_up_to(LIMIT_HEAD_BYTES + between + over);
}

static void make_trailer_count(size_t over)
{
    add_chunked_head();
    add("0\r\n");
    for (size_t i = 2; i < LIMIT_FIELD_COUNT + over; i++)
        add("A:b\r\n");
    add("\r\n");
}

struct limit_row {
    const char *name;
    void (*make)(size_t over); /* a message that is `over` bytes or fields over the limit */
    enum rc rc;                /* for over > 0 */
};

static const struct limit_row limit_rows[] = {
    {"request line", make_request_line, RC_URI_LIMIT},
    {"field", make_field, RC_HEAD_LIMIT},
    {"head", make_head, RC_HEAD_LIMIT},
    {"number of fields", make_field_count, RC_HEAD_LIMIT},
    {"number of fields with the authority", make_field_count_with_authority, RC_HEAD_LIMIT},
    {"body", make_body, RC_BODY_LIMIT},
    {"chunks", make_chunks, RC_BODY_LIMIT},
    {"chunk extension", make_extension, RC_BODY_LIMIT},
    {"chunk extensions in all", make_extensions, RC_BODY_LIMIT},
    {"trailer line", make_trailer_line, RC_HEAD_LIMIT},
    {"head and trailer", make_trailer, RC_HEAD_LIMIT},
    {"number of fields and trailer fields", make_trailer_count, RC_HEAD_LIMIT},
};

/* Pieces of several sizes, and all ways to cut the last bytes off. */
static void run(const char *name, enum rc wanted)
{
    struct cuts cuts = {NULL, begin, feed, end};
    struct bytes input = buf_bytes(&probe.text);
    size_t steps[] = {input.len,     input.len - 1, input.len - 2,
                      input.len - 3, input.len - 4, input.len / 7};
    probe.name = name;
    probe.wanted = wanted;
    for (size_t i = 0; i < ROWS(steps); i++)
        cuts_run_steps(&cuts, input, steps[i]);
}

Test(http1_limits, hold_at_their_exact_edge)
{
    for (size_t i = 0; i < ROWS(limit_rows); i++) {
        buf_reset(&probe.text);
        limit_rows[i].make(0);
        run(limit_rows[i].name, RC_OK);
        buf_reset(&probe.text);
        limit_rows[i].make(1);
        run(limit_rows[i].name, limit_rows[i].rc);
    }
}

Test(http1_limits, of_the_body_is_the_callers_to_set)
{
    static const char *const lengths[] = {
        "Content-Length: 7\r\n\r\n1234567",
        "Transfer-Encoding: chunked\r\n\r\n7\r\n1234567\r\n0\r\n\r\n"};
    for (size_t i = 0; i < ROWS(lengths); i++)
        for (size_t body_max = 6; body_max <= 7; body_max++) {
            buf_reset(&probe.text);
            add("POST / HTTP/1.1\r\nHost: a\r\n");
            add(lengths[i]);
            begin(NULL);
            probe.decoder.body_max = body_max;
            cr_expect_eq(feed(NULL, bytes_make(probe.text.data, probe.text.len - 1)),
                         body_max == 7 ? RC_AGAIN : RC_BODY_LIMIT);
            cr_expect_eq(feed(NULL, buf_bytes(&probe.text)), body_max == 7 ? RC_OK : RC_BODY_LIMIT,
                         "%s", lengths[i]);
        }
}

/* Lines that never end: the answer comes with the first byte too many, not with their end. */
struct endless_row {
    const char *name;
    const char *start;
    size_t line_max;
    enum rc rc;
};

static const struct endless_row endless_rows[] = {
    {"request line", "", LIMIT_REQUEST_LINE_BYTES, RC_URI_LIMIT},
    {"field", "GET / HTTP/1.1\r\n", LIMIT_FIELD_BYTES, RC_HEAD_LIMIT},
    {"chunk size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
     LIMIT_FIELD_BYTES + 16, RC_BODY_LIMIT},
    {"trailer", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
     LIMIT_FIELD_BYTES, RC_HEAD_LIMIT},
};

Test(http1_limits, stop_a_line_without_end)
{
    for (size_t i = 0; i < ROWS(endless_rows); i++) {
        const struct endless_row *row = &endless_rows[i];
        buf_reset(&probe.text);
        add(row->start);
        add_fill(row->line_max + 1);
        run(row->name, RC_AGAIN);
        add_fill(1);
        run(row->name, row->rc);
        add_fill(100000);
        add("\r\n");
        run(row->name, row->rc);
    }
}

/* --- cost --- */

/* Decodes prefixes of `text`, one byte more each time. All whole pages before that byte are
 * unreadable; those of a line in the head or of a chunk's size are readable again when its LF has
 * come, and all are when the message is whole. So what was read is not read again. */
static enum rc feed_with_past_hidden(struct bytes text, size_t body_start)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), hidden = 0, line = 0;
    size_t map_len = (text.len + page - 1) / page * page;
    char *map = mmap(NULL, map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(map, MAP_FAILED);
    memcpy(map, text.ptr, text.len);
    enum rc rc = RC_AGAIN;
    begin(NULL);
    for (size_t len = 1; len <= text.len && rc == RC_AGAIN; len++) {
        bool ends_line = text.ptr[len - 1] == '\n';
        size_t past = len == text.len ? 0 : ends_line && len <= body_start ? line : len - 1;
        if (past / page * page != hidden) {
            hidden = past / page * page;
            cr_assert_eq(mprotect(map, map_len, PROT_READ), 0);
            cr_assert(hidden == 0 || mprotect(map, hidden, PROT_NONE) == 0);
        }
        rc = feed(NULL, bytes_make(map, len));
        if (ends_line)
            line = len;
    }
    cr_expect_eq(munmap(map, map_len), 0);
    return rc;
}

Test(http1_limits, heads_in_bytes_are_not_read_again)
{
    make_head(0);
    cr_expect_eq(feed_with_past_hidden(buf_bytes(&probe.text), SIZE_MAX), RC_OK);
    cr_expect_eq(probe.req.field_count, 5u);
}

Test(http1_limits, bodies_in_bytes_are_not_read_again)
{
    add("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n");
    size_t body_start = probe.text.len;
    add_fill(50000);
    cr_expect_eq(feed_with_past_hidden(buf_bytes(&probe.text), body_start), RC_OK);
    cr_expect_eq(probe.req.body.len, 50000u);
}

Test(http1_limits, chunks_in_bytes_are_not_read_again)
{
    add_chunked_head();
    size_t body_start = probe.text.len;
    add_chunk(50000, "");
    add("0\r\n\r\n");
    size_t last = probe.text.len;
    cr_expect_eq(feed_with_past_hidden(buf_bytes(&probe.text), body_start + 10), RC_OK);
    cr_expect_eq(probe.req.body.len, 50000u);
    cr_expect_eq(probe.consumed, last);
}

/* --- memory --- */

Test(http1_limits, an_arena_without_room_is_said)
{
    struct http_request before = {.request_id = BYTES_INIT("left alone")};
    add_chunked_head();
    add_chunk(10000, "");
    add("0\r\n\r\n");
    probe.req = before;
    for (size_t max = 0; max < 10000; max += 1000) {
        arena_release(&probe.arena);
        arena_init(&probe.arena, max);
        begin(NULL);
        cr_expect_eq(feed(NULL, buf_bytes(&probe.text)), RC_NOMEM, "arena of %zu", max);
        cr_expect_eq(memcmp(&probe.req, &before, sizeof before), 0);
    }
}
