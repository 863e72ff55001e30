#include "pipeline/guard/guard_lambda.h"

#include <stdio.h>

#include "pipeline/guard/guard_engine.h"
#include "runtime/core/clock.h"
#include "runtime/core/log.h"

enum { ERROR_MAX = 640, SPARE_MS = 5000, WATCH_MOST_MS = 75 * 1000, PATIENCE_MS = 30 * 1000 };

static enum rc refuse(const char *error)
{
    log_event(LOG_ERROR, "the guard cannot begin", LOG_STR("error", error));
    return RC_CONFLICT;
}

static enum rc guard_once(const struct guard_policy *policy, const struct app_raw_event *event,
                          struct bytes *answer)
{
    const struct aws_driver_options options = {.plan = &policy->plan,
                                               .lookup = aws_environment_lookup};
    const struct guard_out out = {.stream = stdout, .is_json = true};
    int64_t left_ms = event->deadline_ms - clock_ms_monotonic() - SPARE_MS;
    struct guard_engine engine;
    char error[ERROR_MAX] = "";
    struct aws_driver *driver = aws_driver_new(&options);
    enum rc rc = RC_NOMEM;
    if (driver && !guard_engine_init(&engine, policy, driver, out, aws_environment_lookup, error,
                                     sizeof error)) {
        rc = refuse(error);
    } else if (driver) {
        if (left_ms > WATCH_MOST_MS)
            left_ms = WATCH_MOST_MS;
        const struct guard_run run = {.end_ms = clock_ms_epoch() + (left_ms > 1 ? left_ms : 1),
                                      .patience_ms = PATIENCE_MS};
        enum guard_exit code = guard_engine_run(&engine, &run);
        rc = arena_printf(event->arena, answer, "{\"phase\":\"%s\"}",
                          guard_phase_name(engine.state.phase));
        if (code != GUARD_DONE && code != GUARD_LOCKED)
            rc = RC_CONFLICT;
        guard_engine_release(&engine);
    }
    aws_driver_free(driver);
    return rc;
}

enum rc guard_lambda_handle(const struct app_raw_event *event, struct bytes *answer)
{
    struct guard_policy policy;
    char error[ERROR_MAX];
    const char *text = aws_environment_get(aws_environment_lookup, "GUARD_POLICY");
    enum rc rc;
    if (guard_policy_parse(&policy, "GUARD_POLICY", bytes_from_str(text ? text : "{}"), error,
                           sizeof error))
        rc = guard_once(&policy, event, answer);
    else
        rc = refuse(error);
    guard_policy_release(&policy);
    return rc;
}
