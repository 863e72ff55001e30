#include "runtime/functions/package.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/limits.h"
#include "runtime/functions/code_store.h"
#include "runtime/functions/package_list.h"
#include "runtime/functions/package_tree.h"
#include "runtime/process/process.h"

enum { ERROR_LEN = 1024 };

/* Lambda's words for what is no zip. */
#define NO_ZIP "Could not unzip uploaded file. Please check your file, then try to upload again."

struct package {
    struct package_options options;
    struct process *process;
    char work[PATH_MAX]; /* the zip, and `code` with what comes out of it */
    struct package_list list;
    char sha256[CODE_SHA256_LEN + 1];
    size_t size_bytes;
    char error[ERROR_LEN]; /* not empty: the zip is refused */
};

static const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8",
                                          NULL};

static void release(struct package *package)
{
    if (package->work[0])
        code_remove_folder(package->work);
    package_list_release(&package->list);
    free(package);
}

/* The end. The owner may do anything inside but touch the package. */
static void end(struct package *package, struct code *code, bool is_fault)
{
    struct package_options options = package->options;
    char error[ERROR_LEN];
    (void)snprintf(error, sizeof error, "%s", package->error);
    release(package);
    options.on_done(options.context, code, is_fault, error);
}

static void refuse(struct package *package, const char *error)
{
    (void)snprintf(package->error, sizeof package->error, "%s", error);
}

/* --- 2. unpack --- */

/* As a name of its own, whole: the folder is in nobody's way before. */
static struct code *take_code(struct package *package)
{
    char from[PATH_MAX + 8], to[PATH_MAX + 8];
    (void)snprintf(from, sizeof from, "%s/zip", package->work);
    if (package->options.store && !code_store_put(package->options.store, from, package->sha256,
                                                  package->error, sizeof package->error))
        return NULL;
    (void)snprintf(from, sizeof from, "%s/code", package->work);
    (void)snprintf(to, sizeof to, "%s.code", package->work);
    if (rename(from, to) != 0) {
        refuse(package, "cannot rename the unpacked package");
        return NULL;
    }
    struct code *code = code_of_folder(to, package->sha256, package->size_bytes);
    if (!code) {
        code_remove_folder(to);
        refuse(package, "no memory");
    }
    return code;
}

static void on_unpacked(void *context, int status)
{
    struct package *package = context;
    char folder[PATH_MAX + 8];
    (void)snprintf(folder, sizeof folder, "%s/code", package->work);
    package->process = NULL;
    struct code *code = NULL;
    bool is_right = false;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        refuse(package, NO_ZIP);
    else
        is_right = package_tree_check(folder, package->options.architecture, package->error,
                                      sizeof package->error);
    if (is_right)
        code = take_code(package);
    end(package, code, is_right && !code);
}

/* The limit of a file is in blocks of 512 bytes. Modes of a zip may keep its own folders closed. */
static bool start_unpacking(struct package *package)
{
    static const char script[] =
        "ulimit -f \"$3\" && unzip -qq -o \"$1\" -d \"$2\" </dev/null && chmod -R u+rwX \"$2\"";
    char zip[PATH_MAX + 8], folder[PATH_MAX + 8], blocks[24];
    (void)snprintf(zip, sizeof zip, "%s/zip", package->work);
    (void)snprintf(folder, sizeof folder, "%s/code", package->work);
    (void)snprintf(blocks, sizeof blocks, "%d", LIMIT_PACKAGE_BYTES / 512);
    const char *const argv[] = {"sh", "-c", script, "sh", zip, folder, blocks, NULL};
    struct process_options options = {.loop = package->options.loop,
                                      .argv = argv,
                                      .env = environment,
                                      .on_exit = on_unpacked,
                                      .context = package};
    package->process = process_start(&options, package->error, sizeof package->error);
    return package->process != NULL;
}

/* --- 1. look at the list --- */

static void on_listed_line(void *context, bool is_error, struct bytes line)
{
    struct package *package = context;
    if (!is_error)
        package_list_line(&package->list, line);
}

static void on_listed(void *context, int status)
{
    struct package *package = context;
    package->process = NULL;
    bool is_right = package_list_end(&package->list);
    if (package->list.refusal[0])
        refuse(package, package->list.refusal);
    else if (!is_right || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        refuse(package, NO_ZIP);
    if (package->error[0])
        end(package, NULL, false);
    else if (!start_unpacking(package))
        end(package, NULL, true);
}

static bool start_listing(struct package *package, char *error, size_t error_len)
{
    char zip[PATH_MAX + 8];
    (void)snprintf(zip, sizeof zip, "%s/zip", package->work);
    const char *const argv[] = {"unzip", "-Z", "-s", "-t", zip, NULL};
    struct process_options options = {.loop = package->options.loop,
                                      .argv = argv,
                                      .env = environment,
                                      .on_line = on_listed_line,
                                      .on_exit = on_listed,
                                      .context = package};
    package->process = process_start(&options, error, error_len);
    size_t len = package->process ? 0 : strlen(error);
    if (!package->process)
        (void)snprintf(error + len, error_len - len, " (Info-ZIP's, which unpacks the package)");
    return package->process != NULL;
}

/* --- 0. the file --- */

static bool write_zip(const struct package *package, struct bytes zip)
{
    char path[PATH_MAX + 8];
    (void)snprintf(path, sizeof path, "%s/zip", package->work);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_whole = fd >= 0;
    while (is_whole && zip.len) {
        ssize_t n = write(fd, zip.ptr, zip.len);
        is_whole = n > 0 || (n < 0 && errno == EINTR);
        zip = bytes_skip(zip, n > 0 ? (size_t)n : 0);
    }
    if (fd >= 0)
        is_whole &= close(fd) == 0;
    return is_whole;
}

struct package *package_start(const struct package_options *options, struct bytes zip, char *error,
                              size_t error_len)
{
    struct package *package = calloc(1, sizeof *package);
    if (!package) {
        (void)snprintf(error, error_len, "no memory");
        return NULL;
    }
    package->options = *options;
    package_list_init(&package->list);
    package->size_bytes = zip.len;
    code_sha256(zip, package->sha256);
    int n = snprintf(package->work, sizeof package->work, "%s/XXXXXX", options->folder);
    if (n >= (int)sizeof package->work || !mkdtemp(package->work)) {
        package->work[0] = '\0';
        (void)snprintf(error, error_len, "cannot make a folder in '%s': %s", options->folder,
                       strerror(errno));
    } else if (!write_zip(package, zip)) {
        (void)snprintf(error, error_len, "cannot write to '%s': %s", package->work,
                       strerror(errno));
    } else if (start_listing(package, error, error_len)) {
        return package;
    }
    release(package);
    return NULL;
}

void package_cancel(struct package *package)
{
    if (package->process)
        process_kill(package->process);
    release(package);
}
