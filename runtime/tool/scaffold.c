#include "runtime/tool/scaffold.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

void scaffold_name(struct bytes folder, char name[SCAFFOLD_NAME_MAX_BYTES + 1])
{
    size_t len = 0;
    while (folder.len && folder.ptr[folder.len - 1] == '/')
        folder.len--;
    for (size_t slash; (slash = bytes_find(folder, '/')) < folder.len;)
        folder = bytes_skip(folder, slash + 1);
    for (; len < folder.len && len < SCAFFOLD_NAME_MAX_BYTES; len++)
        name[len] = is_name_byte(folder.ptr[len]) ? folder.ptr[len] : '-';
    name[len] = '\0';
    if (strspn(name, "-") == len)
        (void)snprintf(name, SCAFFOLD_NAME_MAX_BYTES + 1, "service");
}

void scaffold_expand(struct bytes text, const struct scaffold_words *words, struct buf *out)
{
    const struct {
        struct bytes word, value;
    } pairs[] = {{BYTES_LIT("@NAME@"), words->name}, {BYTES_LIT("@DUET@"), words->duet}};
    while (text.len) {
        size_t at = bytes_find(text, '@'), used = 1;
        buf_append(out, bytes_make(text.ptr, at));
        text = bytes_skip(text, at);
        if (!text.len)
            return;
        struct bytes piece = bytes_make(text.ptr, 1);
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
            if (bytes_starts_with(text, pairs[i].word)) {
                piece = pairs[i].value;
                used = pairs[i].word.len;
            }
        }
        buf_append(out, piece);
        text = bytes_skip(text, used);
    }
}

/* The folder that is being filled, held open: names in it are resolved against the descriptor, so
 * what is removed after a failure is what was made, even if somebody moves the folder meanwhile. */
struct site {
    const char *folder;
    int fd;
    bool is_ours; /* made here, so to be removed after a failure */
    size_t file_count;
    char *error;
    size_t error_len;
};

static enum rc refuse(struct site *site, const char *file, enum rc rc)
{
    const char *why = rc == RC_NOMEM ? "no memory" : strerror(errno);
    (void)snprintf(site->error, site->error_len, "cannot make '%s%s%s': %s", site->folder,
                   *file ? "/" : "", file, why);
    return rc;
}

static bool folder_is_empty(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    size_t count = 0;
    if (!folder) {
        if (copy >= 0)
            (void)close(copy);
        return false;
    }
    for (struct dirent *entry; (entry = readdir(folder));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    (void)closedir(folder);
    return count == 0;
}

static enum rc site_open(struct site *site)
{
    site->is_ours = mkdir(site->folder, 0777) == 0;
    if (!site->is_ours && errno != EEXIST)
        return refuse(site, "", RC_IO);
    site->fd = open(site->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (site->fd < 0)
        return refuse(site, "", errno == ENOTDIR ? RC_EXISTS : RC_IO);
    if (site->is_ours || folder_is_empty(site->fd))
        return RC_OK;
    (void)snprintf(site->error, site->error_len, "'%s' is there already, and not empty",
                   site->folder);
    return RC_EXISTS;
}

static bool write_all(int fd, struct bytes text)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            text = bytes_skip(text, (size_t)n);
    }
    return true;
}

static enum rc write_file(struct site *site, const char *name, struct bytes text)
{
    int fd = openat(site->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return refuse(site, name, RC_IO);
    site->file_count++;
    enum rc rc = write_all(fd, text) ? RC_OK : refuse(site, name, RC_IO);
    if (close(fd) != 0 && rc == RC_OK)
        rc = refuse(site, name, RC_IO);
    return rc;
}

static enum rc write_files(struct site *site, const struct embedded_file *files,
                           const struct scaffold_words *words)
{
    struct buf text;
    enum rc rc = RC_OK;
    buf_init(&text, SCAFFOLD_TEXT_MAX_BYTES);
    for (const struct embedded_file *file = files; file->name && rc == RC_OK; file++) {
        buf_reset(&text);
        scaffold_expand(file->text, words, &text);
        rc = text.failed ? refuse(site, file->name, RC_NOMEM)
                         : write_file(site, file->name, buf_bytes(&text));
    }
    buf_release(&text);
    return rc;
}

enum rc scaffold_write(const char *folder, const struct embedded_file *files,
                       const struct scaffold_words *words, char *error, size_t error_len)
{
    struct site site = {.folder = folder, .fd = -1, .error = error, .error_len = error_len};
    enum rc rc = site_open(&site);
    if (rc == RC_OK)
        rc = write_files(&site, files, words);
    if (rc != RC_OK) {
        for (size_t i = 0; i < site.file_count; i++)
            (void)unlinkat(site.fd, files[i].name, 0);
        if (site.is_ours)
            (void)rmdir(folder);
    }
    if (site.fd >= 0)
        (void)close(site.fd);
    return rc;
}
