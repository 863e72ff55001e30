#include "tests/support/rig_program.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

enum { CHILDREN_MAX = 64 };

static void start(struct rig_program *rig, const char *weights, const char *store, bool is_quiet,
                  const char *pin_secret)
{
    const char *quiet = is_quiet ? "--quiet" : NULL;
    const char *argv[] = {"duet",
                          "local",
                          "--port",
                          "0",
                          "--control-port",
                          "0",
                          "--weights",
                          weights,
                          store ? "--store" : NULL,
                          store,
                          quiet,
                          quiet && pin_secret ? "--pin-secret" : NULL,
                          pin_secret,
                          NULL};
    program_start(&rig->duet, argv, NULL);
    rig->port = program_number(&rig->duet, "http://127.0.0.1:");
    rig->control_port = program_number(&rig->duet, "control port http://127.0.0.1:");
    cr_assert(rig->port && rig->control_port, "%s",
              rig->duet.out.data ? rig->duet.out.data : "no output");
}

void rig_program_start(struct rig_program *rig, const char *weights)
{
    char store[2 * TEMPDIR_PATH_MAX];
    tempdir_init(&rig->folder);
    start(rig, weights, tempdir_join(&rig->folder, "sqlite:", "store.db", store), false, NULL);
}

void rig_program_start_quiet(struct rig_program *rig, const char *weights)
{
    char store[2 * TEMPDIR_PATH_MAX];
    tempdir_init(&rig->folder);
    start(rig, weights, tempdir_join(&rig->folder, "sqlite:", "store.db", store), true, NULL);
}

void rig_program_start_pinned(struct rig_program *rig, const char *weights, const char *secret)
{
    char store[2 * TEMPDIR_PATH_MAX];
    tempdir_init(&rig->folder);
    start(rig, weights, tempdir_join(&rig->folder, "sqlite:", "store.db", store), true, secret);
}

void rig_program_start_as_told(struct rig_program *rig, const char *weights)
{
    tempdir_init(&rig->folder);
    start(rig, weights, NULL, false, NULL);
}

void rig_program_stop(struct rig_program *rig)
{
    pid_t children[CHILDREN_MAX];
    size_t count = program_children(rig->duet.id, children, CHILDREN_MAX);
    int status = program_stop(&rig->duet);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d: %s", status,
              rig->duet.out.data);
    for (size_t i = 0; i < count; i++)
        cr_expect_neq(kill(children[i], 0), 0, "process %d is left behind", (int)children[i]);
    program_release(&rig->duet);
    tempdir_release(&rig->folder);
}

size_t rig_program_children(const struct rig_program *rig, const char *name, pid_t *ids, size_t max)
{
    pid_t all[64];
    char path[64], link[4096];
    size_t count = 0, n = program_children(rig->duet.id, all, 64);
    for (size_t i = 0; i < n && count < max; i++) {
        (void)snprintf(path, sizeof path, "/proc/%d/exe", (int)all[i]);
        ssize_t len = readlink(path, link, sizeof link - 1);
        link[len > 0 ? len : 0] = '\0';
        const char *slash = strrchr(link, '/');
        if (slash && strcmp(slash + 1, name) == 0)
            ids[count++] = all[i];
    }
    return count;
}
