#include "runtime/server/access_log.h"

#include <sys/random.h>

#include "runtime/core/app.h"
#include "runtime/core/clock.h"
#include "runtime/core/forwarded.h"

/* Of what a client makes up; a log line has 8 KiB for all. */
enum { PATH_SHOWN_BYTES = 2048, AGENT_SHOWN_BYTES = 256, METHOD_SHOWN_BYTES = 32 };

void access_log_init(struct access_log *log, const struct config *config)
{
    *log = (struct access_log){.config = config};
    if (getrandom(&log->_random, sizeof log->_random, GRND_NONBLOCK) < 0)
        log->_random = (uint64_t)clock_us_monotonic();
    log->_random |= 1; /* which is not 0 */
}

/* By chance, not by count: a client that asks for two things in turn must not have one of them
 * logged alone. Marsaglia's xorshift is good enough for that. */
static bool is_chosen(struct access_log *log)
{
    if (log->config->access_log_percent == 100)
        return true;
    log->_random ^= log->_random << 13;
    log->_random ^= log->_random >> 7;
    log->_random ^= log->_random << 17;
    return (log->_random >> 32) % 100 < log->config->access_log_percent;
}

static struct bytes cut(struct bytes view, size_t max)
{
    return view.len > max ? bytes_make(view.ptr, max) : view;
}

void access_log_write(struct access_log *log, const struct httpd_exchange *exchange)
{
    const struct http_request *req = &exchange->req;
    struct forwarded from;
    if (exchange->res.status < 500 && !is_chosen(log))
        return;
    const struct bytes *agent = http_request_header(req, "user-agent");
    const char *version = exchange->is_http10 ? "HTTP/1.0" : "HTTP/1.1";
    forwarded_read(req, log->config->trusted_proxies, &from);
    struct log_context before = log_context_set(app_log_context(req));
    log_event(LOG_INFO, "request", LOG_TEXT("method", cut(req->method_text, METHOD_SHOWN_BYTES)),
              LOG_TEXT("path", cut(req->path, PATH_SHOWN_BYTES)),
              LOG_STR("route", req->route ? req->route->pattern : NULL),
              LOG_NUM("status", exchange->res.status), LOG_NUM("bytesIn", exchange->received_bytes),
              LOG_NUM("bytesOut", exchange->sent_bytes),
              LOG_NUM("durationUs", clock_us_monotonic() - exchange->received_us),
              LOG_TEXT("client", from.client), LOG_TEXT("scheme", from.scheme),
              LOG_TEXT("userAgent", agent ? cut(*agent, AGENT_SHOWN_BYTES) : bytes_make(NULL, 0)),
              LOG_STR("httpVersion", exchange->fault == RC_OK ? version : NULL));
    (void)log_context_set(before);
}
