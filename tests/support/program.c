#include "tests/support/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program writes while its test is about something else: the pipe has the room that anybody may
 * have, since one that is full makes the program wait. */
enum { OUT_MAX = 64 * 1024 * 1024, SILENCE_MS = 60000, PIPE_BYTES = 1024 * 1024 };

static void run_child(const char *path, const char *const *argv, const char *const *env, int fd)
{
    for (; env && *env; env++)
        (void)putenv((char *)(uintptr_t)*env);
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(fd, STDERR_FILENO);
    (void)signal(SIGHUP, SIG_DFL); /* the tests may run under nohup */
    (void)execv(path, (char *const *)(uintptr_t)argv);
    (void)dprintf(fd, "cannot run %s: %s\n", path, strerror(errno));
    _exit(127);
}

void program_start(struct program *program, const char *const *argv, const char *const *env)
{
    const char *build = getenv("DUET_BUILD");
    char path[4096];
    int ends[2];
    if (argv[0][0] == '/' || argv[0][0] == '.')
        (void)snprintf(path, sizeof path, "%s", argv[0]);
    else
        (void)snprintf(path, sizeof path, "%s/%s", build ? build : "build", argv[0]);
    buf_init(&program->out, OUT_MAX);
    if (pipe2(ends, O_CLOEXEC) != 0)
        abort();
    (void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES);
    program->id = fork();
    if (program->id < 0)
        abort();
    if (program->id == 0)
        run_child(path, argv, env, ends[1]);
    (void)close(ends[1]);
    program->out_fd = ends[0];
}

enum found { MORE, END, SILENCE };

/* Reads once more. Only silence has a limit: how long all of it takes is the machine's affair. */
static enum found read_more(struct program *program)
{
    struct pollfd poll_fd = {.fd = program->out_fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&poll_fd, 1, SILENCE_MS);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return SILENCE;
    if (buf_reserve(&program->out, 65537) != RC_OK)
        return END;
    ssize_t n = read(program->out_fd, program->out.data + program->out.len, 65536);
    if (n <= 0)
        return END;
    program->out.len += (size_t)n;
    program->out.data[program->out.len] = '\0';
    return MORE;
}

const char *program_wait_for_nth(struct program *program, const char *text, size_t count)
{
    size_t len = strlen(text), from = 0; /* nothing new begins before `from` */
    do {
        const char *found = NULL;
        while (program->out.len && (found = strstr(program->out.data + from, text)) != NULL) {
            if (--count == 0)
                return found;
            from = (size_t)(found - program->out.data) + len;
        }
        if (program->out.len >= from + len)
            from = program->out.len - len + 1; /* the text may have come in part */
    } while (read_more(program) == MORE);
    return NULL;
}

const char *program_wait_for(struct program *program, const char *text)
{
    return program_wait_for_nth(program, text, 1);
}

unsigned program_number(struct program *program, const char *key)
{
    const char *found = program_wait_for(program, key);
    return found ? (unsigned)strtoul(found + strlen(key), NULL, 10) : 0;
}

int program_wait(struct program *program)
{
    int status = -1;
    enum found found;
    do
        found = read_more(program);
    while (found == MORE);
    if (found == SILENCE) {
        (void)kill(program->id, SIGKILL);
        (void)waitpid(program->id, NULL, 0);
    } else {
        (void)waitpid(program->id, &status, 0);
    }
    program->id = 0;
    return status;
}

int program_stop(struct program *program)
{
    (void)kill(program->id, SIGTERM);
    return program_wait(program);
}

void program_release(struct program *program)
{
    if (program->id > 0) {
        (void)kill(program->id, SIGKILL);
        (void)waitpid(program->id, NULL, 0);
    }
    program->id = 0;
    if (program->out_fd >= 0)
        (void)close(program->out_fd);
    program->out_fd = -1;
    buf_release(&program->out);
}

static pid_t parent_of(const char *id)
{
    char path[300], state;
    int parent = 0, own;
    (void)snprintf(path, sizeof path, "/proc/%s/stat", id);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    if (fscanf(file, "%d (%*[^)]) %c %d", &own, &state, &parent) != 3 || state == 'Z')
        parent = 0;
    (void)fclose(file);
    return (pid_t)parent;
}

size_t program_children(pid_t parent, pid_t *ids, size_t max)
{
    size_t count = 0;
    struct dirent *entry;
    DIR *dir = opendir("/proc");
    while (dir && (entry = readdir(dir)) != NULL && count < max)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
            parent_of(entry->d_name) == parent)
            ids[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
    if (dir)
        (void)closedir(dir);
    return count;
}
