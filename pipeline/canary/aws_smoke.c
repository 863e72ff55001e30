#include <stdio.h>

#include "pipeline/canary/aws_internal.h"
#include "runtime/core/clock.h"

enum { PIN_MAX = 512 };

struct transport *aws_transport(struct aws_driver *driver)
{
    if (!driver->transport)
        driver->transport = transport_new(driver->options.lookup);
    return driver->transport;
}

/* One request through the pin rule. */
static enum rc send_one(struct aws_driver *driver, const char *pin, int64_t deadline_ms, char *why)
{
    const struct plan_smoke *smoke = &driver->options.plan->smoke;
    const struct aws_field field = {bytes_from_str(smoke->header), bytes_from_str(pin)};
    const struct transport_request request = {.method = BYTES_LIT("GET"),
                                              .url = bytes_from_str(smoke->url),
                                              .fields = &field,
                                              .field_count = 1,
                                              .deadline_ms = deadline_ms};
    struct transport_answer answer;
    struct transport *transport = aws_transport(driver);
    enum rc rc =
        transport ? transport_send(transport, &request, &driver->api.arena, &answer) : RC_NOMEM;
    if (rc == RC_NOMEM)
        return rc;
    if (rc == RC_OK && answer.status == (int)smoke->status)
        return RC_OK;
    if (rc == RC_OK)
        (void)snprintf(why, CANARY_WHY_MAX, "smoke: '%.120s' answers %d, not %u", smoke->url,
                       answer.status, smoke->status);
    else
        (void)snprintf(why, CANARY_WHY_MAX, "smoke: '%.120s': %.150s", smoke->url, answer.error);
    return RC_CONFLICT;
}

enum rc aws_smoke(void *context, const struct canary_state *state, char *why)
{
    struct aws_driver *driver = context;
    const struct plan_smoke *smoke = &driver->options.plan->smoke;
    const char *secret = aws_variable(driver, smoke->secret_variable);
    int64_t deadline_ms = clock_ms_monotonic() + smoke->timeout_ms;
    char pin[PIN_MAX];
    enum rc rc = RC_OK;
    (void)state;
    api_begin(&driver->api);
    if (!secret) {
        (void)snprintf(why, CANARY_WHY_MAX, "smoke: %s is not set: it must hold the pin's secret",
                       smoke->secret_variable);
        return RC_CONFLICT;
    }
    (void)snprintf(pin, sizeof pin, "%s.%s", secret, smoke->slot);
    for (unsigned i = 0; i < smoke->count && rc == RC_OK; i++)
        rc = send_one(driver, pin, deadline_ms, why);
    return rc;
}
