#include "tests/support/program_port.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/core/clock.h"

enum { LIMIT_MS = 60000, LISTEN_STATE = 0x0A };

/* 0: nobody listens on that socket. */
static unsigned port_of_socket(unsigned long inode)
{
    char line[512];
    unsigned port, state, found = 0;
    unsigned long its;
    FILE *table = fopen("/proc/net/tcp", "re");
    while (table && !found && fgets(line, sizeof line, table))
        if (sscanf(line, " %*d: %*x:%x %*x:%*x %x %*x:%*x %*x:%*x %*x %*u %*d %lu", &port, &state,
                   &its) == 3 &&
            state == LISTEN_STATE && its == inode)
            found = port;
    if (table)
        (void)fclose(table);
    return found;
}

/* The first of its descriptors that listens, or 0. */
static unsigned port_now(DIR *descriptors)
{
    const struct dirent *entry;
    unsigned port = 0;
    rewinddir(descriptors);
    while (port == 0 && (entry = readdir(descriptors)) != NULL) {
        char text[64] = "";
        unsigned long inode;
        if (readlinkat(dirfd(descriptors), entry->d_name, text, sizeof text - 1) > 0 &&
            sscanf(text, "socket:[%lu]", &inode) == 1)
            port = port_of_socket(inode);
    }
    return port;
}

unsigned program_port(pid_t id)
{
    char path[64];
    unsigned port = 0;
    int64_t end_ms = clock_ms_monotonic() + LIMIT_MS;
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)id);
    DIR *descriptors = opendir(path);
    while (descriptors && port == 0 && clock_ms_monotonic() < end_ms) {
        port = port_now(descriptors);
        if (port == 0)
            (void)usleep(1000);
    }
    if (descriptors)
        (void)closedir(descriptors);
    return port;
}
