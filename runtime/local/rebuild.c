#include "runtime/local/rebuild.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/local/console.h"
#include "runtime/process/process.h"
#include "runtime/local/program_copy.h"
#include "runtime/local/watch.h"

struct rebuild {
    struct rebuild_options options;
    struct watch *watch;
    struct process *make;
    bool must_repeat; /* a source changed while make ran */
    struct stat files[REBUILD_PROGRAMS];
    struct program_copy copies[REBUILD_PROGRAMS];
};

static void start_make(struct rebuild *rebuild);

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void tell_new_programs(struct rebuild *rebuild)
{
    char error[512];
    for (int i = 0; i < REBUILD_PROGRAMS; i++) {
        struct stat now;
        if (stat(rebuild->options.programs[i], &now) != 0 || is_same_file(&now, &rebuild->files[i]))
            continue;
        rebuild->files[i] = now;
        if (program_copy_renew(&rebuild->copies[i], error, sizeof error))
            rebuild->options.on_new(rebuild->options.context, i);
        else
            console_printf("duet", "%s", error);
    }
}

static void on_make_line(void *context, bool is_error, struct bytes line)
{
    (void)context;
    (void)is_error;
    console_line("make", line);
}

static void on_make_exit(void *context, int status)
{
    struct rebuild *rebuild = context;
    rebuild->make = NULL;
    if (rebuild->must_repeat)
        start_make(rebuild);
    else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        tell_new_programs(rebuild);
    else
        console_printf("make", "failed; the homes stay as they are");
}

/* make keeps the caller's environment, without the flags of a make that started duet. */
static void start_make(struct rebuild *rebuild)
{
    char error[512];
    const char *const argv[] = {"env",
                                "-u",
                                "MAKEFLAGS",
                                "-u",
                                "MAKELEVEL",
                                "make",
                                "--no-print-directory",
                                "DEPS=skip",
                                rebuild->options.programs[0],
                                rebuild->options.programs[1],
                                NULL};
    struct process_options options = {
        .loop = rebuild->options.loop,
        .argv = argv,
        .env = (const char *const *)environ,
        .on_line = on_make_line,
        .on_exit = on_make_exit,
        .context = rebuild,
    };
    rebuild->must_repeat = false;
    rebuild->make = process_start(&options, error, sizeof error);
    if (!rebuild->make)
        console_printf("make", "%s", error);
}

static void on_changed(void *context)
{
    struct rebuild *rebuild = context;
    if (rebuild->make)
        rebuild->must_repeat = true;
    else
        start_make(rebuild);
}

struct rebuild *rebuild_new(const struct rebuild_options *options, char *error, size_t error_len)
{
    struct rebuild *rebuild = calloc(1, sizeof *rebuild);
    if (!rebuild)
        return NULL;
    rebuild->options = *options;
    bool is_copied = true;
    for (int i = 0; i < REBUILD_PROGRAMS && is_copied; i++) {
        (void)stat(options->programs[i], &rebuild->files[i]);
        is_copied = program_copy_init(&rebuild->copies[i], options->programs[i], error, error_len);
    }
    if (is_copied)
        rebuild->watch = watch_new(options->loop, ".", on_changed, rebuild, error, error_len);
    if (rebuild->watch)
        return rebuild;
    rebuild_free(rebuild);
    return NULL;
}

const char *rebuild_program(const struct rebuild *rebuild, int which)
{
    return rebuild->copies[which].path;
}

void rebuild_free(struct rebuild *rebuild)
{
    if (!rebuild)
        return;
    watch_free(rebuild->watch);
    if (rebuild->make)
        process_kill(rebuild->make);
    for (int i = 0; i < REBUILD_PROGRAMS; i++)
        program_copy_release(&rebuild->copies[i]);
    free(rebuild);
}
