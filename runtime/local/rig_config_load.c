#include <errno.h>
#include <stdio.h>

#include "runtime/local/rig_config.h"

bool rig_config_read(const char *file, struct buf *text)
{
    FILE *stream = fopen(file, "re");
    if (!stream)
        return false;
    size_t n = 1;
    while (n && buf_reserve(text, 4096) == RC_OK) {
        n = fread(text->data + text->len, 1, 4096, stream);
        text->len += n;
    }
    bool is_whole = !ferror(stream) && feof(stream);
    (void)fclose(stream);
    return is_whole;
}

bool rig_config_load(struct rig_config *config, const char *file, char *error, size_t error_len)
{
    struct buf text;
    struct bytes copy;
    buf_init(&text, RIG_CONFIG_FILE_BYTES);
    errno = EFBIG;
    bool is_read = rig_config_read(file, &text);
    if (!is_read)
        (void)snprintf(error, error_len, "cannot read '%s': %s", file, strerror(errno));
    /* The tree's texts stay in the config, so its source may go. */
    is_read = is_read && arena_dup(&config->arena, buf_bytes(&text), &copy) == RC_OK;
    buf_release(&text);
    return is_read && rig_config_parse(config, file, copy, error, error_len);
}
