#include "runtime/functions/package_tree.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
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
    char path[PATH_MAX]; /* of what is looked at; begins with `folder` */
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

/* Names what is looked at, as seen from the package's root. */
static bool refuse(const struct checking *checking, const char *wrong)
{
    const char *name = checking->path + strlen(checking->folder);
    (void)snprintf(checking->error, checking->error_len, "'%.512s' %s", name + (*name == '/'),
                   wrong);
    return false;
}

static bool is_inside(const struct checking *checking, const char *link)
{
    char real[PATH_MAX], root[PATH_MAX];
    if (!realpath(link, real) || !realpath(checking->folder, root))
        return false;
    size_t len = strlen(root);
    return strncmp(real, root, len) == 0 && (real[len] == '/' || real[len] == '\0');
}

static const char *check_file(struct checking *checking, const struct stat *info)
{
    checking->total_bytes += (uint64_t)info->st_size;
    return checking->total_bytes > LIMIT_PACKAGE_BYTES
               ? "is over Lambda's 262144000 bytes, with what is before it"
               : NULL;
}

static bool check_folder(struct checking *checking);

/* What `checking->path` names. */
static bool check_entry(struct checking *checking)
{
    struct stat info;
    const char *wrong = NULL;
    if (lstat(checking->path, &info) != 0)
        wrong = "cannot be read";
    else if (S_ISDIR(info.st_mode))
        return check_folder(checking);
    else if (S_ISREG(info.st_mode))
        wrong = check_file(checking, &info);
    else if (!S_ISLNK(info.st_mode))
        wrong = "is no file, folder or link";
    else if (!is_inside(checking, checking->path))
        wrong = "is a link that leads out of the package, or nowhere";
    return wrong ? refuse(checking, wrong) : true;
}

static bool check_named(struct checking *checking, size_t len, const char *name)
{
    int n = snprintf(checking->path + len, sizeof checking->path - len, "/%s", name);
    if (n < 0 || (size_t)n >= sizeof checking->path - len)
        return refuse(checking, "has a path that is too long");
    return check_entry(checking);
}

/* Each level keeps its folder open: a tree that is deeper than there are descriptors is refused. */
static bool check_folder(struct checking *checking)
{
    size_t len = strlen(checking->path);
    DIR *folder = opendir(checking->path);
    if (!folder)
        return refuse(checking, strerror(errno));
    bool is_right = true;
    for (struct dirent *entry; is_right && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            is_right = check_named(checking, len, entry->d_name);
    }
    (void)closedir(folder);
    checking->path[len] = '\0';
    return is_right;
}

bool package_tree_check(const char *folder, const char *architecture, char *error, size_t error_len)
{
    struct checking checking = {
        .folder = folder, .architecture = architecture, .error = error, .error_len = error_len};
    (void)snprintf(checking.path, sizeof checking.path, "%s", folder);
    return check_folder(&checking) && (!architecture || check_bootstrap(&checking));
}
