#ifndef RUNTIME_AWS_RETRY_H
#define RUNTIME_AWS_RETRY_H

/*
 * retry — which answers are worth another attempt, and when ("Retry behavior", standard mode, AWS
 * SDKs and Tools Reference Guide).
 *
 * Layer:   aws, private.
 * Threads: a budget is shared by all threads of a client.
 */

#include <pthread.h>

#include "runtime/core/bytes.h"

enum aws_verdict {
    AWS_VERDICT_OK,        /* 2xx */
    AWS_VERDICT_REFUSED,   /* another attempt would be refused too */
    AWS_VERDICT_TRANSIENT, /* 5xx, and what the service calls its own fault */
    AWS_VERDICT_THROTTLED, /* for certain not done: the service wants fewer requests */
    AWS_VERDICT_EXPIRED,   /* the credentials' time is over; not done */
    AWS_VERDICT_SKEWED,    /* perhaps our clock is wrong; not done */
};

/* `code` is the service's error code; empty on success. */
enum aws_verdict aws_retry_verdict(int status, struct bytes code);

/* How long to wait before the attempt after `attempt` (from 1): full jitter, a random time up to
 * LIMIT_AWS_BACKOFF_BASE_MS doubled each time and at most LIMIT_AWS_BACKOFF_MS; or what the
 * service's Retry-After asks for (whole seconds; a date or anything else counts as none), if that
 * is longer. */
int64_t aws_retry_wait_ms(unsigned attempt, struct bytes retry_after);

/* Waits until the monotonic clock says `until_ms`. */
void aws_retry_wait_until(int64_t until_ms);

/* The time that a Date field names, in seconds since 1970; -1: it is none. */
int64_t aws_retry_date_s(struct bytes date);

/* Tokens that retries cost, so that clients of a service in trouble do not double its load: 500 at
 * first and at most, 5 for a retry, 10 after an attempt without an answer; given back by success.
 */
struct aws_budget {
    pthread_mutex_t _lock;
    unsigned _tokens;
};

void aws_budget_init(struct aws_budget *budget);
void aws_budget_release(struct aws_budget *budget);

/* Takes the cost of a retry. 0: there is not so much left, and there must be no retry. */
unsigned aws_budget_take(struct aws_budget *budget, bool has_answer) MUST_CHECK;

/* After success: gives back what its last retry cost; 1 token when it needed none (`cost` 0). */
void aws_budget_refund(struct aws_budget *budget, unsigned cost);

#endif
