#include "runtime/process/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/buf.h"
#include "runtime/core/clock.h"
#include "runtime/process/dying.h"
#include "runtime/process/spawn.h"
#include "runtime/process/strays.h"

/*
 * Three descriptors are watched: the two pipes of output, and the pidfd, which alone ends a
 * process. When it is readable, the child's group is killed while the child is still a zombie (so
 * that its id cannot be another's yet), the child is reaped, the pipes are emptied of what they
 * hold, and the owner is told.
 */

enum { READ_BYTES = 16 * 1024 };

struct output {
    struct loop_io io; /* fd -1: at its end */
    struct process *process;
    bool is_error;
    struct buf line; /* the part of a line that has come */
};

struct process {
    struct process_options options;
    char *mark; /* of options, copied; or NULL */
    pid_t pid;
    int stat_fd;    /* its /proc/PID/stat, or -1 */
    bool is_reaped; /* from now on its id may be another's */
    struct loop_io end_io;
    struct output outputs[2];
    struct loop_timer kill_timer;
    bool is_calling;  /* the owner's on_line is on the stack */
    bool is_released; /* process_kill came inside it: only the memory is left */
};

/* --- lines --- */

static void give(struct output *output, struct bytes line)
{
    struct process *process = output->process;
    if (!process->options.on_line || process->is_released)
        return;
    bool was_calling = process->is_calling;
    process->is_calling = true;
    process->options.on_line(process->options.context, output->is_error, line);
    process->is_calling = was_calling;
}

static void give_kept(struct output *output)
{
    give(output, buf_bytes(&output->line));
    buf_reset(&output->line);
}

static void feed(struct output *output, struct bytes text)
{
    while (text.len && !output->process->is_released) {
        size_t n = bytes_find(text, '\n'), room = PROCESS_LINE_BYTES - output->line.len;
        bool has_end = n < text.len;
        if (n > room) {
            buf_append(&output->line, bytes_make(text.ptr, room));
            give_kept(output);
            text = bytes_skip(text, room);
            continue;
        }
        if (has_end && output->line.len == 0) {
            give(output, bytes_make(text.ptr, n));
        } else {
            buf_append(&output->line, bytes_make(text.ptr, n));
            if (has_end)
                give_kept(output);
        }
        text = bytes_skip(text, has_end ? n + 1 : n);
    }
}

static void output_close(struct output *output)
{
    if (output->io.fd < 0)
        return;
    loop_io_remove(output->process->options.loop, &output->io);
    (void)close(output->io.fd);
    output->io.fd = -1;
}

/* One read: how many bytes. 0: nothing is there now, or there will be no more. */
static size_t output_read(struct output *output)
{
    char chunk[READ_BYTES];
    if (output->io.fd < 0)
        return 0;
    ssize_t n = read(output->io.fd, chunk, sizeof chunk);
    if (n > 0) {
        feed(output, bytes_make(chunk, (size_t)n));
        return (size_t)n;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    output_close(output);
    if (output->line.len)
        give_kept(output);
    return 0;
}

/* --- end --- */

static void release(struct process *process)
{
    struct loop *loop = process->options.loop;
    loop_timer_clear(loop, &process->kill_timer);
    if (process->end_io.fd >= 0) {
        loop_io_remove(loop, &process->end_io);
        (void)close(process->end_io.fd);
        process->end_io.fd = -1;
    }
    for (int i = 0; i < 2; i++)
        output_close(&process->outputs[i]);
    if (process->stat_fd >= 0)
        (void)close(process->stat_fd);
    process->stat_fd = -1;
    process->is_released = true;
}

static void free_released(struct process *process)
{
    for (int i = 0; i < 2; i++)
        buf_release(&process->outputs[i].line);
    free(process->mark);
    free(process);
}

static int reap(struct process *process)
{
    int status = 0;
    (void)kill(-process->pid, SIGKILL);
    if (process->mark)
        strays_kill(process->mark);
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
        ;
    process->is_reaped = true;
    return status;
}

/* What the pipes hold now, and not what comes meanwhile: who writes faster than is read would keep
 * the loop here. */
static void read_rest(struct process *process)
{
    for (int i = 0; i < 2; i++) {
        struct output *output = &process->outputs[i];
        int left = 0;
        size_t n;
        if (output->io.fd < 0 || ioctl(output->io.fd, FIONREAD, &left) != 0)
            continue;
        while (left > 0 && (n = output_read(output)) > 0)
            left -= (int)n;
    }
}

/* Runs `work` on the process with the memory held: an owner's process_kill inside frees it here. */
static void with_hold(struct process *process, void work(struct process *))
{
    bool was_calling = process->is_calling;
    process->is_calling = true;
    work(process);
    process->is_calling = was_calling;
    if (process->is_released && !was_calling)
        free_released(process);
}

static void finish(struct process *process)
{
    int status = reap(process);
    read_rest(process);
    for (int i = 0; i < 2; i++)
        if (process->outputs[i].line.len)
            give_kept(&process->outputs[i]);
    if (process->is_released)
        return;
    release(process);
    process->options.on_exit(process->options.context, status);
}

static void on_end(struct loop *loop, struct loop_io *io, uint32_t events)
{
    (void)loop;
    (void)events;
    with_hold((void *)((char *)io - offsetof(struct process, end_io)), finish);
}

static void read_out(struct process *process)
{
    (void)output_read(&process->outputs[0]);
}

static void read_err(struct process *process)
{
    (void)output_read(&process->outputs[1]);
}

static void on_output(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct output *output = (void *)((char *)io - offsetof(struct output, io));
    (void)loop;
    (void)events;
    with_hold(output->process, output->is_error ? read_err : read_out);
}

static void on_kill_timer(struct loop *loop, struct loop_timer *timer)
{
    struct process *process = (void *)((char *)timer - offsetof(struct process, kill_timer));
    (void)loop;
    process_signal(process, SIGKILL);
}

/* --- what the owner calls --- */

static bool watch(struct process *process, const struct spawned *child)
{
    struct loop *loop = process->options.loop;
    process->pid = child->pid;
    process->stat_fd = dying_open(child->pid);
    process->kill_timer.fn = on_kill_timer;
    process->end_io = (struct loop_io){.fd = child->pid_fd, .fn = on_end};
    for (int i = 0; i < 2; i++) {
        process->outputs[i] = (struct output){
            .io = {.fd = i ? child->err_fd : child->out_fd, .fn = on_output},
            .process = process,
            .is_error = i == 1,
        };
        buf_init(&process->outputs[i].line, PROCESS_LINE_BYTES);
    }
    return loop_io_add(loop, &process->end_io, EPOLLIN) == RC_OK &&
           loop_io_add(loop, &process->outputs[0].io, EPOLLIN) == RC_OK &&
           loop_io_add(loop, &process->outputs[1].io, EPOLLIN) == RC_OK;
}

/* spawn, of the program itself or of gdbserver with it. */
static bool start_child(const struct process_options *options, struct spawned *child, char *error,
                        size_t error_len)
{
    struct process_options debugged = *options;
    const char *argv[DEBUGGER_ARGS_MAX];
    char address[DEBUGGER_ADDRESS_MAX];
    if (!options->debugger)
        return spawn(options, child, error, error_len);
    debugged.argv = argv;
    if (debugger_wrap(options->debugger, options->argv, address, argv))
        return spawn(&debugged, child, error, error_len);
    (void)snprintf(error, error_len, "cannot run '%s': too many arguments", options->argv[0]);
    return false;
}

struct process *process_start(const struct process_options *options, char *error, size_t error_len)
{
    struct spawned child;
    struct process *process = calloc(1, sizeof *process);
    if (!process) {
        (void)snprintf(error, error_len, "cannot run '%s': no memory", options->argv[0]);
        return NULL;
    }
    process->options = *options;
    process->mark = options->mark ? strdup(options->mark) : NULL;
    if (!start_child(options, &child, error, error_len)) {
        free(process->mark);
        free(process);
        return NULL;
    }
    if (watch(process, &child))
        return process;
    (void)snprintf(error, error_len, "cannot run '%s': %s", options->argv[0], strerror(errno));
    process_kill(process);
    return NULL;
}

pid_t process_id(const struct process *process)
{
    return process->pid;
}

bool process_is_doomed(const struct process *process)
{
    struct pollfd end = {.fd = process->end_io.fd, .events = POLLIN};
    return process->is_reaped || dying_seen(process->stat_fd) || poll(&end, 1, 0) > 0;
}

/* One look at both pipes is cheaper than a read of each that finds nothing. */
static bool has_output(const struct process *process)
{
    struct pollfd fds[] = {{.fd = process->outputs[0].io.fd, .events = POLLIN},
                           {.fd = process->outputs[1].io.fd, .events = POLLIN}};
    return poll(fds, 2, 0) > 0;
}

void process_drain(struct process *process)
{
    /* A line must not overtake the one that is being given. */
    if (!process->is_calling && has_output(process))
        with_hold(process, read_rest);
}

void process_signal(struct process *process, int signal)
{
    if (!process->is_reaped)
        (void)kill(-process->pid, signal);
}

void process_stop(struct process *process, unsigned grace_ms)
{
    struct loop *loop = process->options.loop;
    if (process->is_reaped)
        return;
    process_signal(process, SIGTERM);
    if (loop_timer_set(loop, &process->kill_timer, loop->now_ms + grace_ms) != RC_OK)
        process_signal(process, SIGKILL);
}

void process_wait(struct process *process, int64_t end_ms)
{
    for (int64_t left_ms = 1; left_ms > 0 && !process->is_reaped;) {
        struct pollfd fds[] = {{.fd = process->end_io.fd, .events = POLLIN},
                               {.fd = process->outputs[0].io.fd, .events = POLLIN},
                               {.fd = process->outputs[1].io.fd, .events = POLLIN}};
        left_ms = end_ms - clock_ms_monotonic();
        (void)poll(fds, 3, left_ms > 0 ? (int)left_ms : 0);
        process_drain(process);
        if (fds[0].revents)
            return;
    }
}

void process_kill(struct process *process)
{
    if (process->is_released)
        return;
    if (!process->is_reaped)
        (void)reap(process);
    release(process);
    if (!process->is_calling)
        free_released(process);
}
