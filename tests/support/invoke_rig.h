#ifndef TESTS_SUPPORT_INVOKE_RIG_H
#define TESTS_SUPPORT_INVOKE_RIG_H

/*
 * invoke_rig — the Lambda home in this process: an application of the test's own, its invoker, and
 * a fake Runtime API that plays a script.
 */

#include "runtime/lambda/invoke.h"
#include "tests/support/fake_rapi.h"

struct invoke_rig {
    struct config config;
    struct app app;
    struct rapi rapi;
    struct invoker invoker;
    struct fake_script script;
    struct fake_rapi *fake;
};

/* Loads the settings as if `settings` ("NAME=value", ends with NULL; or NULL) were the environment.
 * The steps are borrowed. The log is off. */
void invoke_rig_init(struct invoke_rig *rig, const struct app_definition *definition,
                     const char *const *settings, const struct fake_step *steps, size_t count);

/* The same, but the fake waits for fake_rapi_start. */
void invoke_rig_init_held(struct invoke_rig *rig, const struct app_definition *definition,
                          const char *const *settings, const struct fake_step *steps, size_t count);
void invoke_rig_release(struct invoke_rig *rig);

/* One invocation, start to end. */
enum rc invoke_rig_run(struct invoke_rig *rig);

/* The request `index` that the fake got; waits for it. */
const struct fake_request *invoke_rig_request(struct invoke_rig *rig, size_t index);

/* true when that request is a POST to `what` ("response", "error") of the invocation "id-1", and
 * its body is, or has in it, `text`. */
bool invoke_rig_posted(struct invoke_rig *rig, size_t index, const char *what, const char *text);

#endif
