#include "runtime/functions/invocation.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"

void uuid_write(struct random_state *random, char out[UUID_LEN + 1])
{
    uint64_t high = random_next(random), low = random_next(random);
    high = (high & ~(uint64_t)0xF000) | 0x4000;      /* version 4 */
    low = (low & (UINT64_MAX >> 2)) | (1ull << 63u); /* variant of RFC 9562 */
    (void)snprintf(out, UUID_LEN + 1, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
                   (unsigned)(high >> 16 & 0xFFFF), (unsigned)(high & 0xFFFF),
                   (unsigned)(low >> 48), (unsigned long long)(low & 0xFFFFFFFFFFFFu));
}

/* X-Ray's form; a new root, since Lambda is not known to go on with the event's. */
static void trace_id_write(struct random_state *random, char out[TRACE_ID_LEN + 1])
{
    uint64_t a = random_next(random), b = random_next(random);
    (void)snprintf(out, TRACE_ID_LEN + 1, "Root=1-%08x-%016llx%08x;Parent=%016llx;Sampled=0",
                   (unsigned)(clock_ms_epoch() / 1000), (unsigned long long)a, (unsigned)b,
                   (unsigned long long)random_next(random));
}

struct invocation *invocation_new(struct bytes event, function_done_fn *on_done, void *context,
                                  struct random_state *random)
{
    struct invocation *invocation = malloc(sizeof *invocation + event.len);
    if (!invocation)
        return NULL;
    *invocation = (struct invocation){.on_done = on_done, .context = context};
    invocation->event = bytes_make((char *)(invocation + 1), event.len);
    if (event.len)
        memcpy(invocation + 1, event.ptr, event.len);
    uuid_write(random, invocation->request_id);
    uuid_write(random, invocation->invocation_id);
    trace_id_write(random, invocation->trace_id);
    return invocation;
}

void invocation_free(struct invocation *invocation)
{
    free(invocation);
}

void invocation_start(struct invocation *invocation, unsigned timeout_ms)
{
    invocation->start_us = clock_us_monotonic();
    invocation->deadline_epoch_ms = clock_ms_epoch() + timeout_ms;
}

void invocation_done(struct invocation *invocation, enum function_outcome outcome,
                     struct bytes payload, struct bytes error_type)
{
    struct function_result result = {
        .outcome = outcome,
        .payload = payload,
        .error_type = error_type,
        .request_id = bytes_from_str(invocation->request_id),
        .is_cold_start = invocation->is_cold_start,
        .init_us = invocation->is_cold_start ? invocation->init_us : 0,
    };
    if (invocation->is_done)
        return;
    invocation->is_done = true;
    if (invocation->start_us)
        result.duration_us = clock_us_monotonic() - invocation->start_us;
    invocation->on_done(invocation->context, &result);
}

void invocation_fail(struct invocation *invocation, enum function_outcome outcome,
                     const char *error_type, const char *format, ...)
{
    char reason[512], message[sizeof reason + 64];
    struct buf payload;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    (void)snprintf(message, sizeof message, "RequestId: %s Error: %s", invocation->request_id,
                   reason);
    buf_init(&payload, 8192);
    buf_append(&payload, BYTES_LIT("{\"errorMessage\":"));
    json_text_string(&payload, bytes_from_str(message));
    buf_append(&payload, BYTES_LIT(",\"errorType\":"));
    json_text_string(&payload, bytes_from_str(error_type));
    buf_append_char(&payload, '}');
    invocation_done(invocation, outcome,
                    payload.failed ? BYTES_LIT("{\"errorType\":\"Sandbox.Failure\"}")
                                   : buf_bytes(&payload),
                    bytes_from_str(error_type));
    buf_release(&payload);
}
