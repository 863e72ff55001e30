#include "runtime/tasks/container.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

/* $1: its name; $2: seconds until it is killed; then the arguments of docker run. The trap ends the
 * first wait alone. A killer that is left is in the process's group, which is killed at the end. */
static const char script[] = "name=$1 grace=$2; shift 2\n"
                             "trap 'asked=yes' TERM INT HUP\n"
                             "docker run --rm --name \"$name\" --label duet-local \"$@\" & run=$!\n"
                             "wait $run; status=$?\n"
                             "if [ \"${asked:-}\" ]; then\n"
                             "  trap '' TERM INT HUP\n"
                             "  (sleep \"$grace\"; docker kill \"$name\") >/dev/null 2>&1 &\n"
                             "  wait $run; status=$?\n"
                             "fi\n"
                             "exit $status\n";

/* The texts that are made for the command. */
struct texts {
    struct bytes grace, publish, port;
};

static bool print_texts(const struct container *container, struct arena *arena, struct texts *texts)
{
    return arena_printf(arena, &texts->grace, "%u", container->stop_timeout_s) == RC_OK &&
           arena_printf(arena, &texts->publish, "127.0.0.1:%u:%u", container->host_port,
                        container->port) == RC_OK &&
           arena_printf(arena, &texts->port, "PORT=%u", container->port) == RC_OK;
}

static size_t count_texts(const char *const *list)
{
    size_t count = 0;
    while (list[count])
        count++;
    return count;
}

const char *const *container_command(const struct container *container, struct arena *arena)
{
    struct texts texts;
    size_t room = count_texts(container->env) * 2 + count_texts(container->args) + 16, count = 0;
    const char **argv = arena_zalloc(arena, room * sizeof *argv);
    if (!argv || !print_texts(container, arena, &texts))
        return NULL;
    const char *const begin[] = {"/bin/sh",       "-c",
                                 script,          "sh",
                                 container->name, texts.grace.ptr,
                                 "--publish",     texts.publish.ptr,
                                 "--env",         texts.port.ptr};
    for (; count < sizeof begin / sizeof *begin; count++)
        argv[count] = begin[count];
    for (const char *const *env = container->env; *env; env++) {
        struct bytes name = bytes_make(*env, bytes_find(bytes_from_str(*env), '='));
        argv[count++] = "--env"; /* by its name alone: docker has the value from its environment */
        if (arena_dup(arena, name, &name) != RC_OK)
            return NULL;
        argv[count++] = name.ptr;
    }
    argv[count++] = container->image;
    for (const char *const *arg = container->args; *arg; arg++)
        argv[count++] = *arg;
    return argv;
}

void container_remove(const char *name)
{
    const char *const argv[] = {"docker", "rm", "--force", name, NULL};
    pid_t id;
    posix_spawn_file_actions_t quiet;
    if (posix_spawn_file_actions_init(&quiet) != 0)
        return;
    for (int fd = 0; fd < 3; fd++)
        (void)posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_RDWR, 0);
    (void)posix_spawnp(&id, argv[0], &quiet, NULL, (char *const *)argv, environ);
    (void)posix_spawn_file_actions_destroy(&quiet);
}
