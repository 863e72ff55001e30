#include "pipeline/canary/command_lock.h"

#include <stdio.h>
#include <string.h>

#include "pipeline/canary/lock.h"
#include "runtime/aws/environment.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"

static bool read_state(const char *name, struct canary_state *state, char *why)
{
    static const struct plan none = {.name = ""};
    struct aws_driver_options options = {.plan = &none, .lookup = aws_environment_lookup};
    struct aws_driver *driver = aws_driver_new(&options);
    (void)snprintf(why, CANARY_WHY_MAX, "no memory");
    if (!driver)
        return false;
    struct canary_lock lock = {.driver = aws_driver_interface(driver), .name = name};
    enum rc rc = lock_read(&lock, state, why);
    if (rc == RC_NOT_FOUND)
        (void)snprintf(why, CANARY_WHY_MAX, "there is no canary in '%.80s'", name);
    aws_driver_free(driver);
    return rc == RC_OK;
}

static void put(struct buf *out, const char *member, struct bytes value)
{
    buf_printf(out, "%c\"%s\":", out->len ? ',' : '{', member);
    json_text_string(out, value);
}

static void print_plan(const struct canary_state *state, const char *lock, struct buf *out)
{
    put(out, "name", bytes_from_str(state->name));
    put(out, "lock", bytes_from_str(lock));
    put(out, "stable", canary_group_name(state->groups[state->stable]));
    put(out, "canary", canary_group_name(state->groups[state->canary]));
    buf_printf(out,
               ",\"interval\":\"1s\",\"lease\":\"1m\",\"steps\":[{\"share\":\"all\"}],\"rule\":");
    buf_printf(out, "{\"arn\":");
    json_text_string(out, bytes_from_str(state->rule));
    buf_printf(out, "}}");
}

bool command_lock_plan(struct plan *plan, const char *lock, char *error, size_t error_len)
{
    char why[CANARY_WHY_MAX];
    struct canary_state state;
    struct buf text;
    if (!read_state(lock, &state, why)) {
        (void)snprintf(error, error_len, "%s", why);
        return false;
    }
    buf_init(&text, LIMIT_PLAN_BYTES);
    print_plan(&state, lock, &text);
    bool is_well = plan_parse(plan, lock, buf_bytes(&text), error, error_len);
    /* The engine knows a canary's own plan by this. */
    memcpy(plan->hash, state.plan_hash, sizeof plan->hash);
    buf_release(&text);
    return is_well;
}
