#include "pipeline/canary/recording_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/core/limits.h"

static enum rc read_all(FILE *stream, struct buf *text)
{
    enum rc rc;
    while ((rc = buf_reserve(text, BUFSIZ)) == RC_OK) {
        size_t n = fread(text->data + text->len, 1, BUFSIZ, stream);
        text->len += n;
        if (n == 0)
            return ferror(stream) ? RC_IO : RC_OK;
    }
    return rc;
}

bool recording_file_read(const char *command, const char *path, struct buf *text)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *stream = is_stdin ? stdin : fopen(path, "re");
    buf_init(text, LIMIT_CANARY_RECORDING_BYTES);
    enum rc rc = stream ? read_all(stream, text) : RC_IO;
    if (rc == RC_IO)
        (void)fprintf(stderr, "duet canary %s: cannot read '%s': %s\n", command, path,
                      strerror(errno));
    else if (rc != RC_OK)
        (void)fprintf(stderr, "duet canary %s: '%s' is over %d MB\n", command, path,
                      LIMIT_CANARY_RECORDING_BYTES / 1024 / 1024);
    if (stream && !is_stdin)
        (void)fclose(stream);
    return rc == RC_OK;
}
