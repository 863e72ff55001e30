#include "tests/support/invoke_rig.h"

#include <criterion/criterion.h>

#include "runtime/core/log.h"

static const char *const *environment;

static const char *look_up(const char *name)
{
    size_t len = strlen(name);
    for (const char *const *entry = environment; entry && *entry; entry++)
        if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
            return *entry + len + 1;
    return strcmp(name, "DUET_STORE") == 0 ? "memory" : NULL;
}

void invoke_rig_init_held(struct invoke_rig *rig, const struct app_definition *definition,
                          const char *const *settings, const struct fake_step *steps, size_t count)
{
    char error[256] = "";
    log_set_fd(-1);
    environment = settings;
    cr_assert(config_load(&rig->config, HOME_LAMBDA, look_up, error, sizeof error), "%s", error);
    cr_assert(app_init(&rig->app, definition, &rig->config, error, sizeof error), "%s", error);
    rig->script = (struct fake_script){steps, count};
    rig->fake = fake_rapi_new(fake_rapi_play, &rig->script, true);
    rapi_init(&rig->rapi, fake_rapi_address(rig->fake));
    invoker_init(&rig->invoker, &rig->app, &rig->rapi, INVOKER_ALONE);
}

void invoke_rig_init(struct invoke_rig *rig, const struct app_definition *definition,
                     const char *const *settings, const struct fake_step *steps, size_t count)
{
    invoke_rig_init_held(rig, definition, settings, steps, count);
    fake_rapi_start(rig->fake);
}

void invoke_rig_release(struct invoke_rig *rig)
{
    invoker_release(&rig->invoker);
    rapi_release(&rig->rapi);
    fake_rapi_free(rig->fake);
}

enum rc invoke_rig_run(struct invoke_rig *rig)
{
    struct rapi_invocation invocation;
    cr_assert_eq(invoker_next(&rig->invoker, &invocation), RC_OK);
    return invoker_answer(&rig->invoker, &invocation);
}

const struct fake_request *invoke_rig_request(struct invoke_rig *rig, size_t index)
{
    cr_assert(fake_rapi_wait(rig->fake, index + 1), "request %zu did not come", index);
    return fake_rapi_request(rig->fake, index);
}

bool invoke_rig_posted(struct invoke_rig *rig, size_t index, const char *what, const char *text)
{
    const struct fake_request *req = invoke_rig_request(rig, index);
    const char *prefix = "POST /2018-06-01/runtime/invocation/id-1/";
    return strncmp(req->target, prefix, strlen(prefix)) == 0 &&
           strcmp(req->target + strlen(prefix), what) == 0 &&
           memmem(req->body.ptr, req->body.len, text, strlen(text)) != NULL;
}
