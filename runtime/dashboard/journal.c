#include "runtime/dashboard/journal.h"

#include <stdio.h>

#include "runtime/core/json_text.h"

/* Cut at a character's end where the text is UTF-8. */
static void copy(char *to, size_t size, struct bytes text)
{
    size_t len = text.len < size ? text.len : size - 1;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    if (len)
        memcpy(to, text.ptr, len);
    to[len] = '\0';
}

void journal_add_request(struct journal *journal, const struct alb_record *record, int64_t epoch_ms)
{
    struct journal_request *request =
        &journal->requests[journal->request_count++ % JOURNAL_REQUESTS];
    request->number = journal->request_count;
    request->epoch_ms = epoch_ms;
    request->duration_us = record->done_us - record->received_us;
    request->status = record->status;
    copy(request->method, sizeof request->method, record->method);
    copy(request->path, sizeof request->path, record->path);
    copy(request->group, sizeof request->group,
         bytes_from_str(record->group ? record->group->name : NULL));
    copy(request->reason, sizeof request->reason, bytes_from_str(record->reason));
    if (record->status >= 500)
        journal->failures[journal->failure_count++ % JOURNAL_FAILURES] = *request;
}

void journal_add_event(struct journal *journal, int64_t epoch_ms, const char *source,
                       const char *text)
{
    struct journal_event *event = &journal->events[journal->event_count++ % JOURNAL_EVENTS];
    event->number = journal->event_count;
    event->epoch_ms = epoch_ms;
    copy(event->source, sizeof event->source, bytes_from_str(source));
    copy(event->text, sizeof event->text, bytes_from_str(text));
}

/* --- as JSON --- */

static void print_text(struct buf *out, const char *text)
{
    buf_append_char(out, ',');
    json_text_string(out, bytes_from_str(text));
}

static void print_request(struct buf *out, const struct journal_request *request, bool *is_first)
{
    buf_printf(out, "%s[%llu,%lld", *is_first ? "" : ",", (unsigned long long)request->number,
               (long long)request->epoch_ms);
    print_text(out, request->method);
    print_text(out, request->path);
    buf_printf(out, ",%d,%lld.%03lld", request->status, (long long)(request->duration_us / 1000),
               (long long)(request->duration_us % 1000));
    print_text(out, request->group);
    print_text(out, request->reason);
    buf_append_char(out, ']');
    *is_first = false;
}

/* Those of a ring of `size` into which `count` were put. */
static void print_ring(const struct journal_request *ring, uint64_t count, uint64_t size,
                       uint64_t known, bool *is_first, struct buf *out)
{
    for (uint64_t i = count > size ? count - size : 0; i < count; i++)
        if (ring[i % size].number > known)
            print_request(out, &ring[i % size], is_first);
}

void journal_print_requests(const struct journal *journal, uint64_t known, struct buf *out)
{
    bool is_first = true;
    buf_append_char(out, '[');
    print_ring(journal->failures, journal->failure_count, JOURNAL_FAILURES, known, &is_first, out);
    print_ring(journal->requests, journal->request_count, JOURNAL_REQUESTS, known, &is_first, out);
    buf_append_char(out, ']');
}

void journal_print_events(const struct journal *journal, uint64_t known, struct buf *out)
{
    uint64_t count = journal->event_count;
    uint64_t first = count > JOURNAL_EVENTS ? count - JOURNAL_EVENTS : 0;
    first = known > first ? known : first;
    buf_append_char(out, '[');
    for (uint64_t i = first; i < count; i++) {
        const struct journal_event *event = &journal->events[i % JOURNAL_EVENTS];
        buf_printf(out, "%s[%llu,%lld", i > first ? "," : "", (unsigned long long)event->number,
                   (long long)event->epoch_ms);
        print_text(out, event->source);
        print_text(out, event->text);
        buf_append_char(out, ']');
    }
    buf_append_char(out, ']');
}
