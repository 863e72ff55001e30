#include "runtime/aws/retry.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "runtime/core/limits.h"

enum { RETRY_COST = 5, NO_ANSWER_COST = 10, TOKENS = 500 };

static bool is_one_of(struct bytes code, const char *const *names)
{
    for (; *names; names++)
        if (bytes_eq(code, bytes_from_str(*names)))
            return true;
    return false;
}

enum aws_verdict aws_retry_verdict(int status, struct bytes code)
{
    static const char *const throttled[] = {"Throttling",
                                            "ThrottlingException",
                                            "ThrottledException",
                                            "RequestThrottled",
                                            "RequestThrottledException",
                                            "TooManyRequestsException",
                                            "ProvisionedThroughputExceededException",
                                            "TransactionInProgressException",
                                            "RequestLimitExceeded",
                                            "BandwidthLimitExceeded",
                                            "LimitExceededException",
                                            "SlowDown",
                                            "PriorRequestNotComplete",
                                            "EC2ThrottledException",
                                            NULL};
    static const char *const transient[] = {"RequestTimeout", "RequestTimeoutException",
                                            "InternalError", "IDPCommunicationError", NULL};
    static const char *const expired[] = {"ExpiredToken", "ExpiredTokenException", NULL};
    /* Definite ones, and those that may have another reason too. */
    static const char *const skewed[] = {"RequestTimeTooSkewed",
                                         "RequestExpired",
                                         "RequestInTheFuture",
                                         "InvalidSignatureException",
                                         "SignatureDoesNotMatch",
                                         "AuthFailure",
                                         NULL};
    if (status >= 200 && status < 300)
        return AWS_VERDICT_OK;
    if (status == 429 || is_one_of(code, throttled))
        return AWS_VERDICT_THROTTLED;
    if (is_one_of(code, expired))
        return AWS_VERDICT_EXPIRED;
    if (is_one_of(code, skewed))
        return AWS_VERDICT_SKEWED;
    if (status >= 500 || is_one_of(code, transient))
        return AWS_VERDICT_TRANSIENT;
    return AWS_VERDICT_REFUSED;
}

/* From 0 to `max`, both included. Without randomness the longest wait is the safest. */
static int64_t random_up_to(int64_t max)
{
    uint32_t value;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value)
        return max;
    return (int64_t)(value % ((uint64_t)max + 1));
}

int64_t aws_retry_wait_ms(unsigned attempt, struct bytes retry_after)
{
    int64_t most = LIMIT_AWS_BACKOFF_BASE_MS;
    uint64_t asked_s = 0;
    for (unsigned i = 1; i < attempt && most < LIMIT_AWS_BACKOFF_MS; i++)
        most *= 2;
    int64_t wait_ms = random_up_to(most < LIMIT_AWS_BACKOFF_MS ? most : LIMIT_AWS_BACKOFF_MS);
    if (!bytes_to_u64(retry_after, UINT32_MAX, &asked_s))
        return wait_ms;
    return (int64_t)asked_s * 1000 > wait_ms ? (int64_t)asked_s * 1000 : wait_ms;
}

void aws_retry_wait_until(int64_t until_ms)
{
    struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

int64_t aws_retry_date_s(struct bytes date)
{
    char text[64];
    struct tm tm = {0};
    if (date.len == 0 || date.len >= sizeof text)
        return -1;
    memcpy(text, date.ptr, date.len);
    text[date.len] = '\0';
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S", &tm);
    return end && strcmp(end, " GMT") == 0 ? (int64_t)timegm(&tm) : -1;
}

void aws_budget_init(struct aws_budget *budget)
{
    (void)pthread_mutex_init(&budget->_lock, NULL);
    budget->_tokens = TOKENS;
}

void aws_budget_release(struct aws_budget *budget)
{
    (void)pthread_mutex_destroy(&budget->_lock);
}

unsigned aws_budget_take(struct aws_budget *budget, bool has_answer)
{
    unsigned cost = has_answer ? RETRY_COST : NO_ANSWER_COST;
    (void)pthread_mutex_lock(&budget->_lock);
    if (budget->_tokens < cost)
        cost = 0;
    budget->_tokens -= cost;
    (void)pthread_mutex_unlock(&budget->_lock);
    return cost;
}

void aws_budget_refund(struct aws_budget *budget, unsigned cost)
{
    (void)pthread_mutex_lock(&budget->_lock);
    budget->_tokens += cost ? cost : 1;
    if (budget->_tokens > TOKENS)
        budget->_tokens = TOKENS;
    (void)pthread_mutex_unlock(&budget->_lock);
}
