#include "tests/support/request_probe.h"

#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "tests/support/cuts.h"

void request_probe_init(struct request_probe *probe)
{
    *probe = (struct request_probe){0};
    arena_init(&probe->arena, LIMIT_REQUEST_ARENA_BYTES);
    request_probe_begin(probe);
}

void request_probe_release(struct request_probe *probe)
{
    arena_release(&probe->arena);
}

void request_probe_begin(void *context)
{
    struct request_probe *probe = context;
    arena_reset(&probe->arena);
    http1_decoder_init(&probe->decoder);
    probe->req = (struct http_request){.arena = &probe->arena};
}

enum rc request_probe_feed(void *context, struct bytes prefix)
{
    struct request_probe *probe = context;
    const char *before = probe->arena._next;
    enum rc rc = http1_decode_request(&probe->decoder, prefix, &probe->arena, &probe->req,
                                      &probe->keep_alive, &probe->consumed);
    if (rc == RC_AGAIN)
        cr_expect_eq(probe->arena._next, before, "the arena is untouched");
    enum rc again = http1_decode_request(&probe->decoder, prefix, &probe->arena, &probe->req,
                                         &probe->keep_alive, &probe->consumed);
    cr_expect_eq(again, rc, "the second look says %s, not %s", rc_name(again), rc_name(rc));
    return again;
}

void request_probe_run(const void *row, struct bytes input,
                       void (*end)(void *context, const char *how, enum rc rc, size_t used))
{
    struct request_probe probe;
    struct cuts cuts = {&probe, request_probe_begin, request_probe_feed, end};
    request_probe_init(&probe);
    probe.row = row;
    cuts_run(&cuts, input);
    request_probe_release(&probe);
}
