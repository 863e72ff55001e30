#include "runtime/aws/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "runtime/core/limits.h"

aws_source_fn *const aws_source_chain[] = {aws_source_environment, aws_source_web_identity,
                                           aws_source_github,      aws_source_profile,
                                           aws_source_container,   NULL};

enum { SECRET_MAX_BYTES = 256, TOKEN_MAX_BYTES = 16 * 1024 };

/* They go into header fields: visible characters alone. */
static bool is_sendable(struct bytes text, size_t min, size_t max)
{
    if (text.len < min || text.len > max)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

/* -1: no time. Fractions of a second are dropped. */
static int64_t read_time_ms(struct arena *arena, struct bytes text)
{
    struct tm tm = {0};
    if (arena_dup(arena, text, &text) != RC_OK)
        return -1;
    const char *end = strptime(text.ptr, "%Y-%m-%dT%H:%M:%S", &tm);
    if (end && *end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    return end && strcmp(end, "Z") == 0 ? (int64_t)timegm(&tm) * 1000 : -1;
}

enum rc aws_source_make(struct aws_asking *asking, const char *where,
                        const struct aws_secret_texts *texts, const struct aws_credentials **out)
{
    const char *wrong = NULL;
    int64_t expires_ms = 0;
    if (texts->expiration.len)
        expires_ms = read_time_ms(asking->arena, texts->expiration);
    if (!is_sendable(texts->access_key_id, 1, SECRET_MAX_BYTES))
        wrong = "access key id";
    else if (!is_sendable(texts->secret_access_key, 1, SECRET_MAX_BYTES))
        wrong = "secret access key";
    else if (!is_sendable(texts->session_token, 0, TOKEN_MAX_BYTES))
        wrong = "session token";
    else if (expires_ms < 0)
        wrong = "expiration";
    if (wrong) {
        text_printf(asking->why, "%s: the %s is missing, or is none", where, wrong);
        return RC_REFUSED;
    }
    *out = aws_credentials_new(texts->access_key_id, texts->secret_access_key, texts->session_token,
                               expires_ms);
    return *out ? RC_OK : RC_NOMEM;
}

static enum rc read_all(struct aws_asking *asking, int fd, struct bytes *out)
{
    char *text = arena_alloc(asking->arena, LIMIT_AWS_FILE_BYTES + 1);
    size_t len = 0;
    if (!text)
        return RC_NOMEM;
    while (len <= LIMIT_AWS_FILE_BYTES) {
        ssize_t n = read(fd, text + len, LIMIT_AWS_FILE_BYTES + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return RC_IO;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    if (len > LIMIT_AWS_FILE_BYTES)
        return RC_BODY_LIMIT;
    text[len] = '\0';
    *out = bytes_make(text, len);
    return RC_OK;
}

enum rc aws_source_read_file(struct aws_asking *asking, const char *path, struct bytes *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return RC_NOT_FOUND;
    enum rc rc = fd < 0 ? RC_IO : read_all(asking, fd, out);
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    if (rc == RC_OK || rc == RC_NOMEM)
        return rc;
    text_printf(asking->why, "cannot read '%s': %s", path,
                rc == RC_BODY_LIMIT ? "it is too large" : strerror(error));
    return RC_REFUSED;
}

enum rc aws_source_read_token(struct aws_asking *asking, const char *where, const char *path,
                              struct bytes *out)
{
    enum rc rc = aws_source_read_file(asking, path, out);
    while (rc == RC_OK && out->len && strchr(" \t\r\n", out->ptr[out->len - 1]))
        out->len--;
    if (rc != RC_NOT_FOUND)
        return rc;
    text_printf(asking->why, "%s: there is no '%s'", where, path);
    return RC_REFUSED;
}
