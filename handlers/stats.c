#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "runtime/core/clock.h"

/* Reads the start of a file of /proc into `room`; the empty view when there is none. /proc is made
 * by the kernel as it is read: it never waits for a disk. */
static struct bytes read_proc(const char *path, char *room, size_t room_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bytes_make(NULL, 0);
    ssize_t n = read(fd, room, room_len);
    (void)close(fd);
    return bytes_make(room, n > 0 ? (size_t)n : 0);
}

/* Takes the number at the front of `view`, behind blanks. */
static bool take_number(struct bytes *view, uint64_t *number)
{
    size_t n = 0;
    while (view->len && view->ptr[0] == ' ')
        *view = bytes_skip(*view, 1);
    while (n < view->len && view->ptr[n] >= '0' && view->ptr[n] <= '9')
        n++;
    bool is_number = bytes_to_u64(bytes_make(view->ptr, n), UINT64_MAX, number);
    *view = bytes_skip(*view, n);
    return is_number;
}

/* The value of the line "KEY:   N kB" of /proc/meminfo, in bytes. */
static bool find_memory(struct bytes meminfo, struct bytes key, uint64_t *out)
{
    while (meminfo.len) {
        size_t end = bytes_find(meminfo, '\n');
        struct bytes line = bytes_make(meminfo.ptr, end);
        meminfo = bytes_skip(meminfo, end < meminfo.len ? end + 1 : end);
        if (!bytes_starts_with(line, key))
            continue;
        line = bytes_skip(line, key.len);
        if (!take_number(&line, out))
            return false;
        *out *= 1024;
        return true;
    }
    return false;
}

/* The resident pages of this process: the second number of /proc/self/statm. */
static bool find_resident(uint64_t *out)
{
    char room[128];
    struct bytes statm = read_proc("/proc/self/statm", room, sizeof room);
    if (!take_number(&statm, out) || !take_number(&statm, out))
        return false;
    *out *= (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

/* What cannot be read is null, never a made-up number. */
static void put_number(struct text *body, const char *key, bool is_known, uint64_t number)
{
    if (is_known)
        text_printf(body, "\"%s\":%llu", key, (unsigned long long)number);
    else
        text_printf(body, "\"%s\":null", key);
}

static void put_uptime(struct text *body, const struct app *app)
{
    struct timespec since_boot;
    bool is_known = clock_gettime(CLOCK_BOOTTIME, &since_boot) == 0;
    text_append(body, BYTES_LIT(",\"uptime_s\":{"));
    put_number(body, "system", is_known, is_known ? (uint64_t)since_boot.tv_sec : 0);
    text_append(body, BYTES_LIT(","));
    put_number(body, "process", true, (uint64_t)(clock_ms_monotonic() - app->start_ms) / 1000);
    text_append(body, BYTES_LIT("}"));
}

/* What all processors together have done since the system's start, from the first line of
 * /proc/stat: "cpu  user nice system idle iowait irq softirq steal ...", in clock ticks. */
static bool find_cpu_times(uint64_t *busy_ms, uint64_t *idle_ms)
{
    enum { IDLE = 3, IOWAIT = 4, COUNTED = 8 };
    char room[256];
    struct bytes line = read_proc("/proc/stat", room, sizeof room);
    uint64_t ms_of_tick = 1000 / (uint64_t)sysconf(_SC_CLK_TCK), ticks;
    if (!bytes_starts_with(line, BYTES_LIT("cpu ")))
        return false;
    line = bytes_skip(line, strlen("cpu "));
    *busy_ms = *idle_ms = 0;
    for (int i = 0; i < COUNTED; i++) {
        if (!take_number(&line, &ticks))
            return false;
        *(i == IDLE || i == IOWAIT ? idle_ms : busy_ms) += ticks * ms_of_tick;
    }
    return true;
}

static void put_cpu_times(struct text *body)
{
    uint64_t busy_ms = 0, idle_ms = 0;
    struct timespec own;
    bool is_known = find_cpu_times(&busy_ms, &idle_ms);
    put_number(body, "busy_ms", is_known, busy_ms);
    text_append(body, BYTES_LIT(","));
    put_number(body, "idle_ms", is_known, idle_ms);
    text_append(body, BYTES_LIT(","));
    is_known = clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own) == 0;
    put_number(body, "process_ms", is_known,
               is_known ? (uint64_t)own.tv_sec * 1000 + (uint64_t)own.tv_nsec / 1000000 : 0);
    text_append(body, BYTES_LIT(","));
}

static void put_cpu(struct text *body)
{
    double load[3];
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    text_append(body, BYTES_LIT(",\"cpu\":{"));
    put_cpu_times(body);
    put_number(body, "count", count > 0, (uint64_t)count);
    if (getloadavg(load, 3) == 3)
        text_printf(body, ",\"load\":[%.2f,%.2f,%.2f]}", load[0], load[1], load[2]);
    else
        text_append(body, BYTES_LIT(",\"load\":null}"));
}

static void put_memory(struct text *body)
{
    char room[4096];
    uint64_t number = 0;
    struct bytes meminfo = read_proc("/proc/meminfo", room, sizeof room);
    text_append(body, BYTES_LIT(",\"memory_bytes\":{"));
    bool is_known = find_memory(meminfo, BYTES_LIT("MemTotal:"), &number);
    put_number(body, "total", is_known, number);
    text_append(body, BYTES_LIT(","));
    is_known = find_memory(meminfo, BYTES_LIT("MemAvailable:"), &number);
    put_number(body, "available", is_known, number);
    text_append(body, BYTES_LIT(","));
    is_known = find_resident(&number);
    put_number(body, "process", is_known, number);
    text_append(body, BYTES_LIT("}"));
}

void handle_stats(const struct http_request *req, struct http_response *res)
{
    const struct app *app = req->app;
    struct text body;
    uint64_t served = atomic_load_explicit(&app->requests_served, memory_order_relaxed);
    text_init(&body, req->arena);
    char started[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(app->start_epoch_ms, started);
    text_printf(&body, "{\"home\":\"%s\",\"version\":", home_name(app->config->home));
    text_json_string(&body, bytes_from_str(app->definition->version));
    text_printf(&body, ",\"pid\":%ld,\"started\":\"%s\",\"requests_served\":%llu", (long)getpid(),
                started, (unsigned long long)served);
    put_uptime(&body, app);
    put_cpu(&body);
    put_memory(&body);
    text_append(&body, BYTES_LIT("}"));
    answer_json(req, res, 200, &body);
}
