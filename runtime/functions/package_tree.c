#include "runtime/functions/package_tree.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/core/limits.h"

struct checking {
    const char *folder, *architecture;
    uint64_t total_bytes;
    char *error;
    size_t error_len;
};

const char *package_tree_architecture(void)
{
    struct utsname name;
    return uname(&name) == 0 && strcmp(name.machine, "aarch64") == 0 ? "arm64" : "x86_64";
}

/* --- the bootstrap --- */

static const char *machine_name(unsigned machine)
{
    return machine == EM_X86_64 ? "x86_64" : machine == EM_AARCH64 ? "arm64" : "another machine";
}

/* The file's first bytes: an ELF header, or a script's "#!". */
static bool check_format(const struct checking *checking, int fd)
{
    Elf64_Ehdr head;
    ssize_t n = read(fd, &head, sizeof head);
    if (n > 2 && memcmp(&head, "#!", 2) == 0)
        return true;
    if (n < (ssize_t)offsetof(Elf64_Ehdr, e_version) ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) {
        (void)snprintf(checking->error, checking->error_len,
                       "'bootstrap' is neither an ELF program nor a script with '#!'");
        return false;
    }
    if (strcmp(machine_name(head.e_machine), checking->architecture) == 0)
        return true;
    (void)snprintf(checking->error, checking->error_len,
                   "'bootstrap' is a program for %s, the function's architecture is %s",
                   machine_name(head.e_machine), checking->architecture);
    return false;
}

static bool check_bootstrap(const struct checking *checking)
{
    char path[PATH_MAX];
    struct stat info;
    (void)snprintf(path, sizeof path, "%s/bootstrap", checking->folder);
    const char *wrong = NULL;
    if (stat(path, &info) != 0)
        wrong = "the package has no file 'bootstrap' at its root";
    else if (!S_ISREG(info.st_mode))
        wrong = "'bootstrap' is no file";
    else if (!(info.st_mode & S_IXUSR))
        wrong = "'bootstrap' is not executable: give it mode 755 before it is zipped";
    int fd = wrong ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)snprintf(checking->error, checking->error_len, "%s",
                       wrong ? wrong : "'bootstrap' cannot be read");
        return false;
    }
    bool is_right = check_format(checking, fd);
    (void)close(fd);
    return is_right;
}

/* --- the whole tree --- */

static bool is_inside(const struct checking *checking, const char *link)
{
    char real[PATH_MAX], root[PATH_MAX];
    if (!realpath(link, real) || !realpath(checking->folder, root))
        return false;
    size_t len = strlen(root);
    return strncmp(real, root, len) == 0 && (real[len] == '/' || real[len] == '\0');
}

static bool check_entry(struct checking *checking, const FTSENT *entry)
{
    const char *wrong = NULL;
    switch (entry->fts_info) {
    case FTS_D:
    case FTS_DP:
        break;
    case FTS_F:
        checking->total_bytes += (uint64_t)entry->fts_statp->st_size;
        if (checking->total_bytes > LIMIT_PACKAGE_BYTES)
            wrong = "is over Lambda's 262144000 bytes, with what is before it";
        break;
    case FTS_SL:
    case FTS_SLNONE:
        if (!is_inside(checking, entry->fts_accpath))
            wrong = "is a link that leads out of the package, or nowhere";
        break;
    default:
        wrong = "is no file, folder or link, or cannot be read";
        break;
    }
    if (wrong)
        (void)snprintf(checking->error, checking->error_len, "'%.512s' %s",
                       entry->fts_path + strlen(checking->folder) + (entry->fts_level > 0), wrong);
    return !wrong;
}

bool package_tree_check(const char *folder, const char *architecture, char *error, size_t error_len)
{
    struct checking checking = {folder, architecture, 0, error, error_len};
    char *paths[] = {(char *)(uintptr_t)folder, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    bool is_right = walk != NULL;
    if (!walk)
        (void)snprintf(error, error_len, "cannot look through the package: %s", strerror(errno));
    for (FTSENT *entry; is_right && (entry = fts_read(walk));)
        is_right = check_entry(&checking, entry);
    if (walk)
        (void)fts_close(walk);
    return is_right && check_bootstrap(&checking);
}
