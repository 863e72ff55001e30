#include "runtime/functions/code.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/core/base64.h"

enum { WALK_FDS = 16 };

void code_sha256(struct bytes bytes, char out[CODE_SHA256_LEN + 1])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    (void)SHA256((const unsigned char *)bytes.ptr, bytes.len, hash);
    base64_encode(bytes_make((const char *)hash, sizeof hash), out);
    out[CODE_SHA256_LEN] = '\0';
}

/* false: errno says why. */
static bool hash_file(struct code *code)
{
    struct stat info;
    int fd = open(code->program, O_RDONLY | O_CLOEXEC);
    bool is_known = fd >= 0 && fstat(fd, &info) == 0;
    void *bytes = is_known && info.st_size > 0
                      ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
                      : NULL;
    if (is_known && bytes != MAP_FAILED) {
        code->size_bytes = (size_t)info.st_size;
        code_sha256(bytes_make(bytes ? bytes : "", code->size_bytes), code->sha256);
        if (bytes)
            (void)munmap(bytes, code->size_bytes);
    }
    if (fd >= 0)
        (void)close(fd);
    return is_known && bytes != MAP_FAILED;
}

struct code *code_of_program(const char *program, char *error, size_t error_len)
{
    struct code *code = calloc(1, sizeof *code);
    if (code)
        *code = (struct code){.program = strdup(program), ._ref_count = 1};
    if (code && code->program && hash_file(code))
        return code;
    (void)snprintf(error, error_len, "cannot read '%s': %s", program,
                   code && code->program ? strerror(errno) : strerror(ENOMEM));
    code_unref(code);
    return NULL;
}

struct code *code_of_folder(const char *folder, const char *sha256, size_t size_bytes)
{
    struct code *code = calloc(1, sizeof *code);
    if (!code)
        return NULL;
    code->_ref_count = 1;
    code->size_bytes = size_bytes;
    (void)snprintf(code->sha256, sizeof code->sha256, "%s", sha256);
    if (asprintf(&code->program, "%s/bootstrap", folder) < 0)
        code->program = NULL;
    char *copy = code->program ? strdup(folder) : NULL;
    if (!copy) {
        code_unref(code);
        return NULL;
    }
    code->folder = copy;
    return code;
}

struct code *code_ref(struct code *code)
{
    code->_ref_count++;
    return code;
}

void code_unref(struct code *code)
{
    if (!code || --code->_ref_count > 0)
        return;
    if (code->folder)
        code_remove_folder(code->folder);
    free(code->program);
    free(code->folder);
    free(code);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *place)
{
    (void)info;
    (void)flag;
    (void)place;
    (void)remove(path); /* what cannot go stays; its folder does then */
    return 0;
}

void code_remove_folder(const char *folder)
{
    (void)nftw(folder, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS);
}
