#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/functions/extension_api.h"
#include "runtime/functions/sandbox_env.h"
#include "runtime/functions/sandbox_internal.h"
#include "runtime/process/mapping.h"
#include "runtime/process/strays.h"

/*
 * Extensions with a process of their own: the executables of opt/extensions. They begin with the
 * runtime, and the init is over when they too have asked for an event. One that ends by itself ends
 * the sandbox. At the end the runtime goes first, and they hear of it.
 */

enum { SHUTDOWN_GRACES = 4 }; /* Lambda's 2,000 ms in graces of 500 */

/* --- their end --- */

static void fail(struct sandbox *sandbox, const char *type, const char *why)
{
    if (!sandbox->external_failure && !sandbox->has_init_error)
        (void)snprintf(sandbox->failure, sizeof sandbox->failure, "%s", why);
    sandbox->external_failure = type;
    process_signal(sandbox->process, SIGKILL);
}

static bool is_any_there(const struct sandbox *sandbox)
{
    for (size_t i = 0; i < sandbox->external_count; i++)
        if (sandbox->externals[i].process)
            return true;
    return false;
}

static void on_exit_of_one(void *context, int status)
{
    struct sandbox_external *external = context;
    struct sandbox *sandbox = external->sandbox;
    char why[64], line[256];
    external->process = NULL;
    sandbox_describe_exit(status, why, sizeof why);
    if (!sandbox->process) {
        if (!is_any_there(sandbox))
            sandbox_finish(sandbox);
    } else if (sandbox->state != SANDBOX_ENDING) {
        (void)snprintf(line, sizeof line, "the extension %s has ended: %s", external->name, why);
        sandbox_log(sandbox, bytes_from_str(line));
        fail(sandbox, "Extension.Crash", why);
    }
}

/* --- their start --- */

static void on_line(void *context, bool is_error, struct bytes line)
{
    const struct sandbox_external *external = context;
    (void)is_error;
    sandbox_log(external->sandbox, line);
}

static void start_one(struct sandbox *sandbox, const char *path, const char *name, char **env)
{
    const struct sandbox_options *options = sandbox->options;
    struct sandbox_external *external = &sandbox->externals[sandbox->external_count++];
    char error[128];
    const char *const argv[] = {path, NULL};
    struct process_options how = {.loop = options->loop,
                                  .argv = argv,
                                  .env = (const char *const *)env,
                                  .directory = "/",
                                  .cgroup = sandbox->cgroup,
                                  .opt = options->is_opt_mapped ? options->opt : NULL,
                                  .on_line = on_line,
                                  .on_exit = on_exit_of_one,
                                  .context = external};
    external->sandbox = sandbox;
    (void)snprintf(external->name, sizeof external->name, "%.128s", name);
    external->process = process_start(&how, error, sizeof error);
    if (!external->process)
        fail(sandbox, "Extension.LaunchError", error);
}

static bool is_executable(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

void sandbox_externals_start(struct sandbox *sandbox, char **env)
{
    const struct sandbox_options *options = sandbox->options;
    char folder[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
    struct dirent **entries = NULL;
    (void)snprintf(folder, sizeof folder, "%s/extensions", options->opt);
    sandbox->mark = strdup(sandbox_env_mark(env));
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        (void)snprintf(path, sizeof path, "%s/%s", folder, name);
        bool is_one = is_executable(path);
        if (options->is_opt_mapped)
            (void)snprintf(path, sizeof path, "%s/extensions/%s", MAPPING_AT, name);
        if (is_one && sandbox->external_count == SANDBOX_EXTENSIONS_MAX)
            fail(sandbox, "Extension.LaunchError", "there are over 10 of /opt/extensions");
        else if (is_one && strlen(name) >= SANDBOX_EXTENSION_NAME_BYTES)
            fail(sandbox, "Extension.LaunchError", "an extension's name is over 128 bytes long");
        else if (is_one)
            start_one(sandbox, path, name, env);
        free(entries[i]);
    }
    free(entries);
}

/* --- what they say --- */

static const struct sandbox_extension *registered(const struct sandbox *sandbox,
                                                  const struct sandbox_external *external)
{
    for (size_t i = 0; i < sandbox->extension_count; i++)
        if (strcmp(sandbox->extensions[i].name, external->name) == 0)
            return &sandbox->extensions[i];
    return NULL;
}

bool sandbox_externals_wait(const struct sandbox *sandbox)
{
    for (size_t i = 0; i < sandbox->external_count; i++) {
        const struct sandbox_extension *extension = registered(sandbox, &sandbox->externals[i]);
        if (!extension || !extension->has_asked)
            return false;
    }
    return true;
}

void sandbox_externals_report(struct sandbox *sandbox)
{
    char line[256];
    for (size_t i = 0; i < sandbox->external_count && !sandbox->options->is_quiet; i++) {
        const struct sandbox_extension *extension = registered(sandbox, &sandbox->externals[i]);
        (void)snprintf(line, sizeof line, "EXTENSION\tName: %s\tState: Ready\tEvents: [%s%s%s]",
                       extension->name, extension->wants_events ? "INVOKE" : "",
                       extension->wants_events && extension->wants_end ? "," : "",
                       extension->wants_end ? "SHUTDOWN" : "");
        sandbox_log(sandbox, bytes_from_str(line));
    }
}

/* --- the end --- */

static bool wants_end(const struct sandbox *sandbox, const struct sandbox_external *external)
{
    const struct sandbox_extension *extension = registered(sandbox, external);
    return extension && extension->wants_end;
}

void sandbox_externals_tell(struct sandbox *sandbox, unsigned left_ms)
{
    sandbox->end_epoch_ms = clock_ms_epoch() + left_ms;
    extension_api_give_end(sandbox);
}

bool sandbox_externals_end(struct sandbox *sandbox)
{
    unsigned grace_ms = sandbox->options->stop_grace_ms, left_ms = grace_ms * SHUTDOWN_GRACES;
    if (!is_any_there(sandbox))
        return false;
    if (sandbox->extension_count)
        left_ms -= sandbox_runtime_grace_ms(sandbox);
    sandbox_thaw(sandbox);
    sandbox_externals_tell(sandbox, left_ms);
    for (size_t i = 0; i < sandbox->external_count; i++) {
        struct sandbox_external *external = &sandbox->externals[i];
        if (external->process && (!wants_end(sandbox, external) || sandbox->options->debugger))
            process_signal(external->process, SIGKILL);
    }
    sandbox_set_timer(sandbox, left_ms);
    return true;
}

void sandbox_externals_kill(struct sandbox *sandbox, int64_t end_ms)
{
    for (size_t i = 0; i < sandbox->external_count; i++) {
        struct sandbox_external *external = &sandbox->externals[i];
        if (external->process && wants_end(sandbox, external))
            process_wait(external->process, end_ms);
        if (external->process)
            process_kill(external->process);
        external->process = NULL;
    }
    if (sandbox->mark)
        strays_kill(sandbox->mark);
}
