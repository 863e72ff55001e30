#include "runtime/functions/code_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/alb/state_file.h"
#include "runtime/core/base64.h"
#include "runtime/functions/package.h"
#include "runtime/functions/package_tree.h"

enum { NAME_LEN = 2 * 32 + 4, SHA256_BYTES = 32, PATH_BYTES = 4096, ERROR_LEN = 512 };

/* "HEX.zip"; false: `sha256` is none. */
static bool name_of(const char *sha256, char name[NAME_LEN + 1])
{
    unsigned char bytes[CODE_SHA256_LEN];
    struct bytes text = bytes_from_str(sha256);
    if (text.len != CODE_SHA256_LEN || base64_decode(text, (char *)bytes) != RC_OK ||
        base64_decoded_len(text) != SHA256_BYTES)
        return false;
    for (int i = 0; i < SHA256_BYTES; i++)
        (void)snprintf(name + 2 * i, 3, "%02x", bytes[i]);
    memcpy(name + 2 * SHA256_BYTES, ".zip", 5);
    return true;
}

/* All of a file; false: errno says why. Given back by munmap, where it is not empty. */
static bool map(const char *path, struct bytes *out)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *out = bytes_make(NULL, 0);
    bool is_known = fd >= 0 && fstat(fd, &info) == 0;
    void *bytes = is_known && info.st_size > 0
                      ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
                      : NULL;
    if (bytes && bytes != MAP_FAILED)
        *out = bytes_make(bytes, (size_t)info.st_size);
    int reason = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = reason;
    return is_known && bytes != MAP_FAILED;
}

static void unmap(struct bytes bytes)
{
    if (bytes.len)
        (void)munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
}

static bool is_hash(struct bytes zip, const char *sha256)
{
    char hash[CODE_SHA256_LEN + 1];
    code_sha256(zip, hash);
    return strcmp(hash, sha256) == 0;
}

/* What is there already may have been damaged since. */
static bool is_there(const char *folder, const char *name, const char *sha256)
{
    char path[PATH_BYTES];
    struct bytes zip;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    bool is_whole = map(path, &zip) && is_hash(zip, sha256);
    unmap(zip);
    return is_whole;
}

bool code_store_put(const char *folder, const char *path, const char *sha256, char *error,
                    size_t error_len)
{
    char name[NAME_LEN + 1] = "";
    struct bytes zip;
    if (name_of(sha256, name) && is_there(folder, name, sha256))
        return true;
    bool is_put = (mkdir(folder, 0700) == 0 || errno == EEXIST) && map(path, &zip);
    if (is_put) {
        is_put = state_file_write(folder, name, zip) == RC_OK;
        int reason = errno;
        unmap(zip);
        errno = reason;
    }
    if (!is_put)
        (void)snprintf(error, error_len, "cannot keep the package as %s/%s: %s", folder, name,
                       strerror(errno));
    return is_put;
}

/* --- taking --- */

/* A package is unpacked beside a loop: this one runs until it is. */
struct taking {
    struct loop loop;
    struct code *code;
    char *error;
    size_t error_len;
};

static void on_done(void *context, struct code *code, bool is_fault, const char *error)
{
    struct taking *taking = context;
    (void)is_fault;
    taking->code = code;
    if (!code)
        (void)snprintf(taking->error, taking->error_len, "%s", error);
    loop_stop(&taking->loop);
}

static struct code *unpack(struct bytes zip, const char *architecture, const char *work,
                           char *error, size_t error_len)
{
    struct taking taking = {.error = error, .error_len = error_len};
    const struct package_options options = {.loop = &taking.loop,
                                            .folder = work,
                                            .architecture = architecture,
                                            .on_done = on_done,
                                            .context = &taking};
    if (loop_init(&taking.loop) != RC_OK) {
        (void)snprintf(error, error_len, "no event loop: %s", strerror(errno));
        return NULL;
    }
    struct package *package = package_start(&options, zip, error, error_len);
    if (package && loop_run(&taking.loop) != RC_OK && !taking.code)
        package_cancel(package);
    loop_release(&taking.loop);
    return taking.code;
}

struct code *code_store_take(const char *folder, const char *sha256, bool is_layer,
                             const char *work, char *error, size_t error_len)
{
    char name[NAME_LEN + 1] = "", path[PATH_BYTES], detail[ERROR_LEN] = "its loop failed";
    struct bytes zip = {NULL, 0};
    struct code *code = NULL;
    if (!name_of(sha256, name)) {
        (void)snprintf(error, error_len, "is no SHA-256 in base64");
        return NULL;
    }
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!map(path, &zip))
        (void)snprintf(detail, sizeof detail, "%s", strerror(errno));
    else if (!is_hash(zip, sha256))
        (void)snprintf(detail, sizeof detail, "it is damaged: its SHA-256 is another");
    else
        code =
            unpack(zip, is_layer ? NULL : package_tree_architecture(), work, detail, sizeof detail);
    unmap(zip);
    if (!code)
        (void)snprintf(error, error_len, "is a package that cannot be had: %s: %s", path, detail);
    return code;
}

/* --- sweeping --- */

static bool is_of(const struct code *code, const char *name)
{
    char used[NAME_LEN + 1];
    return code->folder && name_of(code->sha256, used) && strcmp(used, name) == 0;
}

static bool is_used(struct registry *registry, const char *name)
{
    for (const struct layer *layer = registry_layers(registry)->first; layer; layer = layer->next)
        for (const struct layer_version *each = layer->versions; each; each = each->next)
            if (is_of(each->code, name))
                return true;
    for (const struct registry_function *function = registry_first(registry); function;
         function = function->next)
        for (const struct registry_version *each = function->versions; each; each = each->next)
            if (is_of(each->code, name))
                return true;
    return false;
}

void code_store_sweep(const char *folder, struct registry *registry)
{
    DIR *list = opendir(folder);
    const struct dirent *entry;
    while (list && (entry = readdir(list)) != NULL)
        if (entry->d_name[0] != '.' && !is_used(registry, entry->d_name))
            (void)unlinkat(dirfd(list), entry->d_name, 0);
    if (list)
        (void)closedir(list);
}
