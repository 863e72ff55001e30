#include "runtime/core/config_rows.h"

static void append_word(struct buf *out, const char *words, unsigned index)
{
    struct bytes rest = bytes_from_str(words), word = config_next_word(&rest);
    for (unsigned i = 0; i < index; i++)
        word = config_next_word(&rest);
    buf_append(out, word);
}

/* The part of `text` in front of an '@' that belongs to a URL's "//user:password@host"; 0: none. */
static size_t userinfo_len(struct bytes text)
{
    size_t end = 0;
    while (end < text.len && text.ptr[end] != '/' && text.ptr[end] != '?' && text.ptr[end] != '#')
        end++;
    for (size_t i = end; i > 0; i--)
        if (text.ptr[i - 1] == '@')
            return i - 1;
    return 0;
}

static void append_text(struct buf *out, struct bytes text)
{
    while (text.len) {
        unsigned char c = (unsigned char)text.ptr[0];
        if (bytes_starts_with(text, BYTES_LIT("//"))) {
            text = bytes_skip(text, 2);
            size_t secret_len = userinfo_len(text);
            buf_append(out, secret_len ? BYTES_LIT("//***") : BYTES_LIT("//"));
            text = bytes_skip(text, secret_len);
        } else {
            buf_append_char(out, c < ' ' || c == 0x7F ? '?' : (char)c);
            text = bytes_skip(text, 1);
        }
    }
}

/* false: it has no value. */
static bool append_value(struct buf *out, const struct config *config, const struct config_row *row)
{
    const void *member = (const char *)config + row->offset;
    const char *text;
    switch (row->kind) {
    case KIND_NUMBER:
        buf_append_u64(out, *(const unsigned *)member);
        return true;
    case KIND_SWITCH:
        buf_append(out, *(const bool *)member ? BYTES_LIT("on") : BYTES_LIT("off"));
        return true;
    case KIND_LEVEL:
        append_word(out, config_level_words, (unsigned)config->log_level);
        return true;
    case KIND_FORMAT:
        append_word(out, config_format_words, (unsigned)config->log_format);
        return true;
    case KIND_TEXT:
        text = *(const char *const *)member;
        if (text)
            append_text(out, bytes_from_str(text));
        return text != NULL;
    }
    return false;
}

/* Lambda's own are no business of the server; nor is the server's level one of Lambda's. */
static bool is_of_home(const struct config_row *row, enum home home)
{
    if (row->kind == KIND_LEVEL || row->kind == KIND_FORMAT)
        return row->min == home;
    return home == HOME_LAMBDA || !strstr(row->name, "LAMBDA_");
}

void config_show(const struct config *config, config_lookup_fn *lookup, struct buf *out)
{
    for (size_t i = 0; i < config_row_count; i++) {
        const struct config_row *row = &config_rows[i];
        if (!is_of_home(row, config->home))
            continue;
        buf_append(out, bytes_from_str(row->name));
        buf_append_char(out, '=');
        bool has_value = append_value(out, config, row);
        if (config_look_up(lookup, row->name))
            buf_append(out, BYTES_LIT(" (environment)\n"));
        else
            buf_append(out, has_value ? BYTES_LIT(" (default)\n") : BYTES_LIT(" (unset)\n"));
    }
}
