#include "runtime/aws/fetch.h"

#include <arpa/inet.h>

#include "runtime/aws/retry.h"
#include "runtime/aws/transport.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"

static bool is_loopback_v4(struct bytes host)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address;
    if (host.len >= sizeof text)
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET, text, &address) == 1 && ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

bool aws_fetch_is_safe(struct bytes url)
{
    static const struct bytes hosts[] = {BYTES_INIT("localhost"), BYTES_INIT("[::1]"),
                                         BYTES_INIT("169.254.170.2"), BYTES_INIT("169.254.170.23"),
                                         BYTES_INIT("[fd00:ec2::23]")};
    bool is_https = bytes_starts_with(url, BYTES_LIT("https://"));
    if (!is_https && !bytes_starts_with(url, BYTES_LIT("http://")))
        return false;
    struct bytes host = bytes_skip(url, is_https ? 8 : 7);
    size_t len = 0;
    while (len < host.len && !strchr("/?#", host.ptr[len]))
        len++;
    host.len = len;
    /* A name before an at sign is no host, and a backslash is one to some readers. */
    if (len == 0 || bytes_find(host, '@') < len || bytes_find(host, '\\') < len)
        return false;
    if (is_https)
        return true;
    size_t colon = host.ptr[0] == '[' ? bytes_find(host, ']') + 1 : bytes_find(host, ':');
    if (colon < host.len && host.ptr[colon] != ':')
        return false;
    host.len = colon < host.len ? colon : host.len;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (bytes_eq(host, hosts[i]))
            return true;
    return is_loopback_v4(host);
}

/* One attempt. RC_AGAIN: another may help. */
static enum rc attempt(struct aws_asking *asking, const struct aws_fetch *fetch,
                       struct transport *transport, struct transport_answer *answer)
{
    struct aws_field fields[] = {{BYTES_LIT("Accept"), BYTES_LIT("application/json")},
                                 {BYTES_LIT("Authorization"), fetch->authorization}};
    int64_t until_ms = clock_ms_monotonic() + LIMIT_AWS_ATTEMPT_MS;
    struct transport_request request = {
        .method = BYTES_LIT("GET"),
        .url = fetch->url,
        .fields = fields,
        .field_count = fetch->authorization.len ? 2 : 1,
        .deadline_ms = asking->deadline_ms < until_ms ? asking->deadline_ms : until_ms,
    };
    enum rc rc = transport_send(transport, &request, asking->arena, answer);
    if (rc == RC_OK && answer->status != 429 && answer->status < 500)
        return RC_OK;
    if (rc == RC_OK || rc == RC_UNREACHABLE || rc == RC_TIMEOUT)
        return clock_ms_monotonic() < asking->deadline_ms ? RC_AGAIN : RC_TIMEOUT;
    return rc;
}

static enum rc repeat(struct aws_asking *asking, const struct aws_fetch *fetch,
                      struct transport *transport, struct transport_answer *answer)
{
    enum rc rc = RC_AGAIN;
    for (unsigned number = 1; rc == RC_AGAIN; number++) {
        rc = attempt(asking, fetch, transport, answer);
        int64_t until_ms = clock_ms_monotonic() + aws_retry_wait_ms(number, bytes_make(NULL, 0));
        if (rc == RC_AGAIN && (number == LIMIT_AWS_ATTEMPTS || until_ms >= asking->deadline_ms))
            rc = RC_UNREACHABLE;
        if (rc == RC_AGAIN)
            aws_retry_wait_until(until_ms);
    }
    return rc;
}

static enum rc tell(struct aws_asking *asking, const struct aws_fetch *fetch, enum rc rc,
                    const struct transport_answer *answer)
{
    if (rc == RC_OK && answer->status == 200) {
        text_printf(asking->why, "%s answered with something that is no JSON", fetch->what);
        return RC_REFUSED;
    }
    if (answer->status)
        text_printf(asking->why, "%s answered with status %d", fetch->what, answer->status);
    else
        text_printf(asking->why, "%s: %s", fetch->what, answer->error);
    return rc == RC_UNREACHABLE || rc == RC_TIMEOUT || rc == RC_NOMEM ? rc : RC_REFUSED;
}

enum rc aws_fetch_json(struct aws_asking *asking, const struct aws_fetch *fetch, cJSON **root)
{
    struct transport_answer answer;
    struct transport *transport = transport_new(asking->lookup);
    if (!transport)
        return RC_NOMEM;
    enum rc rc = repeat(asking, fetch, transport, &answer);
    transport_free(transport);
    if (rc != RC_OK || answer.status != 200)
        return tell(asking, fetch, rc, &answer);
    rc = json_parse(asking->arena, answer.body, root, NULL);
    if (rc == RC_SYNTAX || (rc == RC_OK && !cJSON_IsObject(*root)))
        return tell(asking, fetch, RC_OK, &answer);
    return rc;
}
