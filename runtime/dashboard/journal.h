#ifndef RUNTIME_DASHBOARD_JOURNAL_H
#define RUNTIME_DASHBOARD_JOURNAL_H

/*
 * journal — the last requests, the last failures among them, and the last events.
 *
 * Layer:   dashboard. No I/O, no clock.
 * Memory:  one struct of fixed size; texts are cut to fit.
 *
 * Requests have numbers from 1 on, and so have events, so that a reader can ask for what came after
 * the last one that it knows. Failures are kept a second time, so that many good requests do not
 * push out the one that people look for.
 */

#include "runtime/alb/alb.h"
#include "runtime/core/buf.h"

enum {
    JOURNAL_REQUESTS = 100,
    JOURNAL_FAILURES = 50, /* answered with 5xx */
    JOURNAL_EVENTS = 100,
    JOURNAL_PATH_MAX = 120,
    JOURNAL_TEXT_MAX = 240,
};

struct journal_request {
    uint64_t number;
    int64_t epoch_ms, duration_us;
    int status;
    char method[12];
    char group[ALB_NAME_MAX + 1]; /* "": the load balancer answered without one */
    char path[JOURNAL_PATH_MAX];
    char reason[64]; /* error_reason; "": none */
};

struct journal_event {
    uint64_t number;
    int64_t epoch_ms;
    char source[16], text[JOURNAL_TEXT_MAX];
};

struct journal {
    uint64_t request_count, failure_count, event_count;
    struct journal_request requests[JOURNAL_REQUESTS], failures[JOURNAL_FAILURES];
    struct journal_event events[JOURNAL_EVENTS];
};

/* Takes path, status, time and group of a request, and nothing else of it. */
void journal_add_request(struct journal *journal, const struct alb_record *record,
                         int64_t epoch_ms);

void journal_add_event(struct journal *journal, int64_t epoch_ms, const char *source,
                       const char *text);

/* Append what came after number `known`, oldest first, as a JSON list:
 * [NUMBER, EPOCH_MS, "METHOD", "PATH", STATUS, MS, "GROUP", "REASON"] and
 * [NUMBER, EPOCH_MS, "SOURCE", "TEXT"]. A failure that is among the last requests too may come
 * twice. */
void journal_print_requests(const struct journal *journal, uint64_t known, struct buf *out);
void journal_print_events(const struct journal *journal, uint64_t known, struct buf *out);

#endif
