#include "runtime/functions/invocation.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"

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

enum { LOG_TAIL_BYTES = 4096 }; /* what Invoke's LogResult holds */

/* Copies `text` to *place, a NUL behind it, and moves *place on. */
static struct bytes put(char **place, struct bytes text)
{
    struct bytes copy = bytes_make(*place, text.len);
    if (text.len)
        memcpy(*place, text.ptr, text.len);
    (*place)[text.len] = '\0';
    *place += text.len + 1;
    return copy;
}

struct invocation *invocation_new(const struct function_call *call, struct random_state *random)
{
    struct invocation *invocation =
        malloc(sizeof *invocation + call->event.len + call->client_context.len + call->arn.len + 3);
    if (!invocation)
        return NULL;
    char *place = (char *)(invocation + 1);
    *invocation = (struct invocation){.on_done = call->on_done,
                                      .on_part = call->on_part,
                                      .context = call->context,
                                      .wants_log_tail = call->wants_log_tail};
    invocation->event = put(&place, call->event);
    invocation->client_context = put(&place, call->client_context);
    invocation->arn = put(&place, call->arn);
    buf_init(&invocation->kept.texts, LIMIT_INVOCATION_BYTES + 1024);
    buf_init(&invocation->kept.log, 2 * LOG_TAIL_BYTES);
    uuid_write(random, invocation->request_id);
    uuid_write(random, invocation->invocation_id);
    trace_id_write(random, invocation->trace_id);
    return invocation;
}

void invocation_end(struct invocation *invocation)
{
    struct kept_result *kept = &invocation->kept;
    if (invocation->wants_log_tail && invocation->is_done) {
        kept->result.log_tail = buf_bytes(&kept->log);
        invocation->on_done(invocation->context, &kept->result);
    }
    buf_release(&kept->texts);
    buf_release(&kept->log);
    free(invocation);
}

void invocation_log(struct invocation *invocation, struct bytes line)
{
    struct buf *log = &invocation->kept.log;
    if (!invocation->wants_log_tail)
        return;
    if (line.len >= LOG_TAIL_BYTES)
        line = bytes_skip(line, line.len - LOG_TAIL_BYTES + 1);
    buf_append(log, line);
    buf_append_char(log, '\n');
    if (log->len > LOG_TAIL_BYTES)
        buf_consume(log, log->len - LOG_TAIL_BYTES);
}

static void count(struct function_stats *stats, enum function_outcome outcome)
{
    stats->errors += outcome == FUNCTION_ERROR;
    stats->timeouts += outcome == FUNCTION_TIMEOUT;
    stats->throttles += outcome == FUNCTION_THROTTLED;
}

/* What a result shows is gone with its call; one that is kept has copies. */
static void keep(struct kept_result *kept, const struct function_result *result)
{
    size_t len = result->payload.len;
    buf_append(&kept->texts, result->payload);
    buf_append(&kept->texts, result->error_type);
    kept->result = *result;
    if (kept->texts.failed) {
        kept->result.outcome = FUNCTION_ERROR;
        kept->result.payload = BYTES_LIT("{\"errorType\":\"Sandbox.Failure\"}");
        kept->result.error_type = BYTES_LIT("Sandbox.Failure");
        return;
    }
    kept->result.payload.ptr = kept->texts.data;
    kept->result.error_type = bytes_skip(buf_bytes(&kept->texts), len);
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
    if (invocation->stats)
        count(invocation->stats, outcome);
    if (invocation->wants_log_tail)
        keep(&invocation->kept, &result);
    else
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
