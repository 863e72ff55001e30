#include "runtime/tool/duet_home.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { LEVELS = 3 }; /* build/MODE/duet is the deepest */

static bool has_file(const char *folder, const char *file)
{
    char path[DUET_HOME_MAX_BYTES + 64];
    int len = snprintf(path, sizeof path, "%s/%s", folder, file);
    return len > 0 && (size_t)len < sizeof path && access(path, R_OK) == 0;
}

bool duet_home_find(const char *program, char home[DUET_HOME_MAX_BYTES], char *error,
                    size_t error_len)
{
    size_t len = strlen(program);
    if (len < DUET_HOME_MAX_BYTES) {
        memcpy(home, program, len + 1);
        for (int level = 0; level < LEVELS; level++) {
            char *slash = strrchr(home, '/');
            if (!slash || slash == home)
                break;
            *slash = '\0';
            if (has_file(home, "runtime/duet.h") || has_file(home, "include/duet/duet.h"))
                return true;
        }
    }
    (void)snprintf(error, error_len,
                   "cannot find Duet above '%s': neither runtime/duet.h nor include/duet/duet.h",
                   program);
    return false;
}

bool duet_home_own(char home[DUET_HOME_MAX_BYTES], char *error, size_t error_len)
{
    char program[DUET_HOME_MAX_BYTES];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len < 0) {
        (void)snprintf(error, error_len, "cannot read '/proc/self/exe': %s", strerror(errno));
        return false;
    }
    program[len] = '\0';
    return duet_home_find(program, home, error, error_len);
}
