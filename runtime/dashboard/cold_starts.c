#include "runtime/dashboard/cold_starts.h"

#include <stdio.h>
#include <stdlib.h>

struct look {
    struct cold_starts *cold_starts;
    dashboard_sandbox_fn *tell;
    void *context;
};

static bool is_known(const struct cold_starts *cold_starts, const struct dashboard_sandbox *sandbox)
{
    for (size_t i = 0; i < cold_starts->before_count; i++)
        if (cold_starts->before[i].number == sandbox->number &&
            strcmp(cold_starts->before[i].name, sandbox->name) == 0)
            return true;
    return false;
}

static void look_at(void *context, const struct dashboard_sandbox *sandbox)
{
    const struct look *look = context;
    struct cold_starts *cold_starts = look->cold_starts;
    if (sandbox->init_us == 0 || cold_starts->now_count == COLD_STARTS_MAX)
        return;
    struct cold_start_known *known = &cold_starts->now[cold_starts->now_count++];
    (void)snprintf(known->name, sizeof known->name, "%s", sandbox->name);
    known->number = sandbox->number;
    if (!is_known(cold_starts, sandbox))
        look->tell(look->context, sandbox);
}

void cold_starts_look(struct cold_starts *cold_starts, const struct dashboard_source *source,
                      dashboard_sandbox_fn *tell, void *context)
{
    struct look look = {cold_starts, tell, context};
    if (!cold_starts->before)
        cold_starts->before = calloc(COLD_STARTS_MAX, sizeof *cold_starts->before);
    if (!cold_starts->now)
        cold_starts->now = calloc(COLD_STARTS_MAX, sizeof *cold_starts->now);
    if (!source->sandboxes || !cold_starts->before || !cold_starts->now)
        return;
    cold_starts->now_count = 0;
    source->sandboxes(source->context, look_at, &look);
    struct cold_start_known *spare = cold_starts->before;
    cold_starts->before = cold_starts->now;
    cold_starts->before_count = cold_starts->now_count;
    cold_starts->now = spare;
}

void cold_starts_release(struct cold_starts *cold_starts)
{
    free(cold_starts->before);
    free(cold_starts->now);
    *cold_starts = (struct cold_starts){NULL, NULL, 0, 0};
}
