#include <stdlib.h>

#include "runtime/core/limits.h"
#include "runtime/net/conn.h"

/* As many as one round of the loop takes, when all of it are requests that wait for an answer. */
enum { FREE_WORKS = LOOP_BATCH, READ_BYTES = 16 * 1024 };

/* Chunks take more bytes than what they carry: here a quarter more, where LIMIT_INPUT_BYTES is too
 * few for a body that the owner takes. */
size_t work_input_max(const struct httpd *httpd)
{
    size_t large = httpd->options.body_max_bytes + httpd->options.body_max_bytes / 4;
    return large > LIMIT_INPUT_BYTES ? large : LIMIT_INPUT_BYTES;
}

struct work *work_take(struct httpd *httpd)
{
    struct work *work = httpd->free_works;
    if (work) {
        httpd->free_works = work->next;
        httpd->free_work_count--;
        return work;
    }
    work = calloc(1, sizeof *work);
    if (!work)
        return NULL;
    arena_init(&work->exchange.arena, httpd->options.arena_max_bytes
                                          ? httpd->options.arena_max_bytes
                                          : LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&work->in, work_input_max(httpd));
    buf_init(&work->out, WORK_OUT_MAX);
    buf_init(&work->part, SIZE_MAX / 4);
    work->exchange.httpd = httpd;
    return work;
}

void work_restart(struct httpd *httpd, struct work *work)
{
    http1_decoder_init(&work->decoder);
    if (httpd->options.body_max_bytes)
        work->decoder.body_max = httpd->options.body_max_bytes;
    if (httpd->options.streams_bodies)
        work->decoder.body_max = SIZE_MAX / 4;
    work->said_continue = false;
}

void work_free(struct work *work)
{
    arena_release(&work->exchange.arena);
    buf_release(&work->in);
    buf_release(&work->out);
    buf_release(&work->part);
    free(work);
}

void work_give(struct httpd *httpd, struct work *work)
{
    if (httpd->free_work_count >= FREE_WORKS) {
        work_free(work);
        return;
    }
    arena_reset(&work->exchange.arena);
    buf_reset(&work->in);
    buf_reset(&work->part);
    buf_shrink(&work->in, LIMIT_IDLE_BUFFER_BYTES);
    buf_shrink(&work->part, LIMIT_IDLE_BUFFER_BYTES);
    work->in_start = 0;
    work_return_out(httpd, work);
    buf_shrink(&work->out, LIMIT_IDLE_BUFFER_BYTES);
    buf_shrink(&httpd->spare_out, LIMIT_IDLE_BUFFER_BYTES);
    work->next = httpd->free_works;
    httpd->free_works = work;
    httpd->free_work_count++;
}

static void swap_out(struct httpd *httpd, struct work *work)
{
    struct buf own = work->out;
    work->out = httpd->spare_out;
    httpd->spare_out = own;
}

void work_lend_out(struct httpd *httpd, struct work *work)
{
    if (!work->out.data)
        swap_out(httpd, work);
}

void work_return_out(struct httpd *httpd, struct work *work)
{
    work->out_start = 0;
    buf_reset(&work->out);
    if (!httpd->spare_out.data)
        swap_out(httpd, work);
}

/* Earlier requests make place first. */
bool work_make_room(struct work *work)
{
    if (work->in_start) {
        buf_consume(&work->in, work->in_start);
        work->in_start = 0;
    }
    size_t want = work->in.len < READ_BYTES ? READ_BYTES : work->in.len;
    size_t left = work_input_max(work->exchange.httpd) - work->in.len;
    return left > 0 && buf_reserve(&work->in, want < left ? want : left) == RC_OK;
}
