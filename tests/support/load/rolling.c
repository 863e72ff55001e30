#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "runtime/process/process.h"
#include "runtime/alb/upstream.h"
#include "runtime/net/fd_limit.h"

/*
 * rolling SERVER REQUESTS REPLACEMENTS: a load through a balancer to two servers, which are
 * replaced one after the other, again and again, until both numbers are reached.
 *
 * Each of CLIENTS sends one request after the other, to the registered server with the fewest in
 * flight, on connections that are kept. A replacement has the successor healthy and registered
 * first; then the old one is deregistered and sent SIGTERM, in turns in this order and in the
 * other, in which it gets requests for a while as a lame duck. When nothing is in flight to it, a
 * second SIGTERM ends the lame duck's time, so nothing here depends on a clock.
 *
 * Prints "requests=N failed=N replacements=N bad_ends=N". Exit status: 0 nothing failed, 1 not.
 */

enum { CLIENTS = 32, KEPT = CLIENTS, TIMEOUT_MS = 60000, LAME_REQUESTS = 500 };

struct target {
    struct process *process;
    unsigned port;
    bool is_registered, is_stopping, is_late; /* late: deregistered after SIGTERM */
    bool has_said_so, is_told;                /* that it stops; to do it now */
    size_t in_flight, since_stop;
    struct upstream *kept[KEPT];
    size_t kept_count;
    struct target *next;
};

struct client {
    struct target *target;
};

static struct loop loop;
static const char *program;
static struct target *targets;
static struct client clients[CLIENTS];
static unsigned long wanted_requests, wanted_replacements;
static unsigned long requests, failed, replacements, bad_ends;

static void die(const char *what)
{
    (void)fprintf(stderr, "rolling: %s\n", what);
    exit(1);
}

static bool is_enough(void)
{
    return requests >= wanted_requests && replacements >= wanted_replacements;
}

/* --- servers --- */

static void on_exit_of(void *context, int status)
{
    struct target *target = context, **link = &targets;
    while (*link != target)
        link = &(*link)->next;
    *link = target->next;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !target->is_stopping || target->in_flight)
        bad_ends++;
    while (target->kept_count)
        upstream_close(target->kept[--target->kept_count]);
    free(target);
    if (is_enough() && !targets)
        loop_stop(&loop);
}

static void start_target(void);
static void fill_clients(void);

/* The one that has served longest goes: it stands last in the list. */
static void stop_oldest(void)
{
    struct target *oldest = NULL;
    for (struct target *target = targets; target; target = target->next)
        if (target->is_registered)
            oldest = target;
    oldest->is_late = replacements++ % 2;
    oldest->is_stopping = true;
    oldest->is_registered = oldest->is_late;
    process_signal(oldest->process, SIGTERM);
}

/* Once the first signal has been taken, so that the second does not fall together with it. */
static void end_if_unused(struct target *target)
{
    if (target->is_late && target->since_stop >= LAME_REQUESTS)
        target->is_registered = false;
    if (!target->has_said_so || target->is_told || target->is_registered || target->in_flight)
        return;
    while (target->kept_count)
        upstream_close(target->kept[--target->kept_count]);
    target->is_told = true;
    process_signal(target->process, SIGTERM);
}

static size_t registered_count(void)
{
    size_t count = 0;
    for (const struct target *target = targets; target; target = target->next)
        count += target->is_registered && !target->is_stopping;
    return count;
}

static void on_healthy(struct target *target)
{
    target->is_registered = true;
    if (registered_count() > 2)
        stop_oldest();
    if (!is_enough())
        start_target();
    fill_clients();
}

static void on_checked(void *context, struct upstream *upstream, enum rc rc,
                       const struct http1_response *res, bool has_begun)
{
    (void)has_begun;
    upstream_close(upstream);
    if (rc != RC_OK || res->status != 200)
        die("a new server is not healthy");
    on_healthy(context);
}

static void on_line(void *context, bool is_error, struct bytes line)
{
    static const char key[] = "\"port\":", stopping[] = "\"message\":\"stopping\"";
    struct target *target = context;
    const char *at = memmem(line.ptr, line.len, key, sizeof key - 1);
    (void)is_error;
    if (memmem(line.ptr, line.len, stopping, sizeof stopping - 1)) {
        target->has_said_so = true;
        end_if_unused(target);
    }
    if (target->port || !at)
        return;
    target->port = (unsigned)strtoul(at + sizeof key - 1, NULL, 10);
    struct sockaddr_in to = upstream_loopback(target->port);
    struct upstream *upstream = upstream_open(&loop, &to);
    if (!upstream ||
        upstream_send(upstream, BYTES_LIT("GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n"), HTTP_GET,
                      TIMEOUT_MS, on_checked, target) != RC_OK)
        die("no memory");
}

static void start_target(void)
{
    static const char *const env[] = {
        "PORT=0",           "DUET_BIND=127.0.0.1", "DUET_STORE=memory",    "DUET_ACCESS_LOG=off",
        "DUET_METRICS=off", "DUET_THREADS=2",      "DUET_LAME_DUCK_S=900", NULL};
    const char *const argv[] = {program, NULL};
    char error[256];
    struct target *target = calloc(1, sizeof *target);
    if (!target)
        die("no memory");
    struct process_options options = {.loop = &loop,
                                      .argv = argv,
                                      .env = env,
                                      .on_line = on_line,
                                      .on_exit = on_exit_of,
                                      .context = target};
    target->process = process_start(&options, error, sizeof error);
    if (!target->process)
        die(error);
    target->next = targets;
    targets = target;
}

/* --- clients --- */

static struct target *choose_target(void)
{
    struct target *best = NULL;
    for (struct target *target = targets; target; target = target->next)
        if (target->is_registered && (!best || target->in_flight < best->in_flight))
            best = target;
    return best;
}

static struct upstream *take_connection(struct target *target)
{
    while (target->kept_count) {
        struct upstream *upstream = target->kept[--target->kept_count];
        if (upstream_is_usable(upstream))
            return upstream;
        upstream_close(upstream);
    }
    struct sockaddr_in to = upstream_loopback(target->port);
    return upstream_open(&loop, &to);
}

static void on_answer(void *context, struct upstream *upstream, enum rc rc,
                      const struct http1_response *res, bool has_begun)
{
    struct client *client = context;
    struct target *target = client->target;
    (void)has_begun;
    client->target = NULL;
    target->in_flight--;
    target->since_stop += target->is_stopping;
    requests++;
    if (rc != RC_OK || res->status != 200) {
        failed++;
        (void)fprintf(stderr, "rolling: port %u: %s, status %d, stopping %d\n", target->port,
                      rc_name(rc), rc == RC_OK ? res->status : 0, target->is_stopping);
    }
    if (rc == RC_OK && res->keep_alive && target->kept_count < KEPT)
        target->kept[target->kept_count++] = upstream;
    else
        upstream_close(upstream);
    end_if_unused(target);
    fill_clients();
}

static bool send_one(struct client *client)
{
    struct target *target = choose_target();
    struct upstream *upstream = target ? take_connection(target) : NULL;
    if (!target)
        return false;
    if (!upstream || upstream_send(upstream, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
                                   HTTP_GET, TIMEOUT_MS, on_answer, client) != RC_OK)
        die("no memory or descriptor");
    client->target = target;
    target->in_flight++;
    return true;
}

/* When all is done, what is left ends too. */
static void end_all(void)
{
    for (struct target *target = targets; target; target = target->next) {
        if (!target->is_registered)
            continue;
        target->is_registered = false;
        if (!target->is_stopping)
            process_signal(target->process, SIGTERM);
        target->is_stopping = true;
        end_if_unused(target);
    }
}

static void fill_clients(void)
{
    if (is_enough()) {
        end_all();
        return;
    }
    for (size_t i = 0; i < CLIENTS; i++)
        if (!clients[i].target && !send_one(&clients[i]))
            return;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "usage: rolling SERVER REQUESTS REPLACEMENTS\n");
        return 2;
    }
    program = argv[1];
    wanted_requests = strtoul(argv[2], NULL, 10);
    wanted_replacements = strtoul(argv[3], NULL, 10);
    (void)signal(SIGPIPE, SIG_IGN);
    fd_limit_raise();
    if (loop_init(&loop) != RC_OK)
        die("no descriptor");
    start_target();
    if (loop_run(&loop) != RC_OK)
        die("the loop failed");
    loop_release(&loop);
    (void)printf("requests=%lu failed=%lu replacements=%lu bad_ends=%lu\n", requests, failed,
                 replacements, bad_ends);
    return failed || bad_ends ? 1 : 0;
}
