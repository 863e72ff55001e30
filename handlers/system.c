#include "handlers/system.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

/* The second number of /proc/self/statm: pages. */
bool system_resident(uint64_t *out)
{
    char room[128];
    struct bytes statm = read_proc("/proc/self/statm", room, sizeof room);
    if (!take_number(&statm, out) || !take_number(&statm, out))
        return false;
    *out *= (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

bool system_memory(uint64_t *total, uint64_t *available)
{
    char room[4096];
    struct bytes meminfo = read_proc("/proc/meminfo", room, sizeof room);
    return find_memory(meminfo, BYTES_LIT("MemTotal:"), total) &&
           find_memory(meminfo, BYTES_LIT("MemAvailable:"), available);
}

/* The first line of /proc/stat: "cpu  user nice system idle iowait irq softirq steal ...", in clock
 * ticks. */
bool system_cpu_times(uint64_t *busy_ms, uint64_t *idle_ms)
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

bool system_process_cpu(uint64_t *us)
{
    struct timespec own;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own) != 0)
        return false;
    *us = (uint64_t)own.tv_sec * 1000000 + (uint64_t)own.tv_nsec / 1000;
    return true;
}
