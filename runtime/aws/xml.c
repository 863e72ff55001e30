#include "runtime/aws/xml.h"

#include "runtime/core/text.h"

struct xml_reader xml_reader_make(struct bytes text)
{
    if (bytes_starts_with(text, BYTES_LIT("\xef\xbb\xbf")))
        text = bytes_skip(text, 3);
    return (struct xml_reader){._rest = text};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The place of `what` in `view`, or view.len. */
static size_t find(struct bytes view, struct bytes what)
{
    const char *p = view.len ? memmem(view.ptr, view.len, what.ptr, what.len) : NULL;
    return p ? (size_t)(p - view.ptr) : view.len;
}

/* Steps over a construct that ends with `end`. */
static enum rc skip_to(struct bytes *rest, struct bytes end)
{
    size_t at = find(*rest, end);
    if (at == rest->len)
        return RC_SYNTAX;
    *rest = bytes_skip(*rest, at + end.len);
    return RC_OK;
}

/* --- entities --- */

static void append_utf8(struct text *out, unsigned long code)
{
    char c[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--) {
        c[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    c[0] = (char)(first[len] | code);
    text_append(out, bytes_make(c, len));
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char small = (char)(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : 16;
}

/* "#233" or "#xe9", any character of XML. */
static enum rc append_numeric(struct text *out, struct bytes digits)
{
    int base = 10;
    unsigned long code = 0;
    if (digits.len && digits.ptr[0] == 'x') {
        base = 16;
        digits = bytes_skip(digits, 1);
    }
    for (size_t i = 0; i < digits.len; i++) {
        int value = digit_value(digits.ptr[i]);
        if (value >= base)
            return RC_SYNTAX;
        code = code * (unsigned)base + (unsigned)value;
        if (code > 0x10ffff)
            return RC_SYNTAX;
    }
    if (code == 0 || (code >= 0xd800 && code < 0xe000))
        return RC_SYNTAX;
    append_utf8(out, code);
    return RC_OK;
}

static enum rc append_entity(struct text *out, struct bytes name)
{
    static const struct {
        struct bytes name, text;
    } rows[] = {{BYTES_INIT("lt"), BYTES_INIT("<")},
                {BYTES_INIT("gt"), BYTES_INIT(">")},
                {BYTES_INIT("amp"), BYTES_INIT("&")},
                {BYTES_INIT("quot"), BYTES_INIT("\"")},
                {BYTES_INIT("apos"), BYTES_INIT("'")}};
    if (name.len && name.ptr[0] == '#')
        return append_numeric(out, bytes_skip(name, 1));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (bytes_eq(name, rows[i].name)) {
            text_append(out, rows[i].text);
            return RC_OK;
        }
    }
    return RC_UNSUPPORTED;
}

static enum rc decode(struct arena *arena, struct bytes raw, struct bytes *out)
{
    struct text text;
    *out = raw;
    if (bytes_find(raw, '&') == raw.len)
        return RC_OK;
    text_init(&text, arena);
    while (raw.len) {
        size_t at = bytes_find(raw, '&');
        text_append(&text, bytes_make(raw.ptr, at));
        raw = bytes_skip(raw, at);
        if (raw.len == 0)
            break;
        size_t end = bytes_find(raw, ';');
        if (end == raw.len)
            return RC_SYNTAX;
        enum rc rc = append_entity(&text, bytes_make(raw.ptr + 1, end - 1));
        if (rc != RC_OK)
            return rc;
        raw = bytes_skip(raw, end + 1);
    }
    *out = text_bytes(&text);
    return text.failed ? RC_NOMEM : RC_OK;
}

/* --- tags --- */

/* Takes a name off the front of `rest`. */
static struct bytes take_name(struct bytes *rest)
{
    size_t len = 0;
    while (len < rest->len && !is_space(rest->ptr[len]) && !strchr("<>/=&\"'!?", rest->ptr[len]))
        len++;
    struct bytes name = {rest->ptr, len};
    *rest = bytes_skip(*rest, len);
    return name;
}

static void skip_space(struct bytes *rest)
{
    while (rest->len && is_space(rest->ptr[0]))
        *rest = bytes_skip(*rest, 1);
}

/* Steps over attributes, in whose values a '>' is no end. */
static enum rc skip_attributes(struct bytes *rest)
{
    for (skip_space(rest); rest->len && rest->ptr[0] != '>' && rest->ptr[0] != '/';
         skip_space(rest)) {
        struct bytes name = take_name(rest);
        skip_space(rest);
        if (name.len == 0 || rest->len == 0 || rest->ptr[0] != '=')
            return RC_SYNTAX;
        *rest = bytes_skip(*rest, 1);
        skip_space(rest);
        if (rest->len == 0 || (rest->ptr[0] != '"' && rest->ptr[0] != '\''))
            return RC_SYNTAX;
        char quote = rest->ptr[0];
        *rest = bytes_skip(*rest, 1);
        if (skip_to(rest, bytes_make(&quote, 1)) != RC_OK)
            return RC_SYNTAX;
    }
    return RC_OK;
}

/* `rest` is behind the '<'. */
static enum rc read_open(struct xml_reader *reader, struct xml_item *item)
{
    struct bytes *rest = &reader->_rest;
    *item = (struct xml_item){.kind = XML_OPEN, .name = take_name(rest)};
    if (item->name.len == 0 || skip_attributes(rest) != RC_OK ||
        (reader->_depth == 0 && reader->_has_root))
        return RC_SYNTAX;
    if (reader->_depth == XML_DEPTH)
        return RC_UNSUPPORTED;
    reader->_is_empty = bytes_starts_with(*rest, BYTES_LIT("/>"));
    if (!reader->_is_empty && !bytes_starts_with(*rest, BYTES_LIT(">")))
        return RC_SYNTAX;
    *rest = bytes_skip(*rest, reader->_is_empty ? 2 : 1);
    reader->_open[reader->_depth++] = item->name;
    reader->_has_root = true;
    return RC_OK;
}

/* `rest` is behind the "</". */
static enum rc read_close(struct xml_reader *reader, struct xml_item *item)
{
    *item = (struct xml_item){.kind = XML_CLOSE, .name = take_name(&reader->_rest)};
    skip_space(&reader->_rest);
    if (reader->_depth == 0 || !bytes_eq(item->name, reader->_open[reader->_depth - 1]) ||
        !bytes_starts_with(reader->_rest, BYTES_LIT(">")))
        return RC_SYNTAX;
    reader->_rest = bytes_skip(reader->_rest, 1);
    reader->_depth--;
    return RC_OK;
}

static enum rc close_empty(struct xml_reader *reader, struct xml_item *item)
{
    reader->_is_empty = false;
    *item = (struct xml_item){.kind = XML_CLOSE, .name = reader->_open[--reader->_depth]};
    return RC_OK;
}

/* --- all else --- */

static enum rc read_cdata(struct xml_reader *reader, struct xml_item *item)
{
    struct bytes start = reader->_rest;
    if (reader->_depth == 0 || skip_to(&reader->_rest, BYTES_LIT("]]>")) != RC_OK)
        return RC_SYNTAX;
    item->kind = XML_TEXT;
    item->text = bytes_make(start.ptr, start.len - reader->_rest.len - 3);
    return RC_OK;
}

static enum rc read_text(struct xml_reader *reader, struct arena *arena, struct xml_item *item)
{
    struct bytes raw = {reader->_rest.ptr, bytes_find(reader->_rest, '<')};
    reader->_rest = bytes_skip(reader->_rest, raw.len);
    if (reader->_depth == 0) { /* blanks around the root alone */
        skip_space(&raw);
        return raw.len ? RC_SYNTAX : RC_AGAIN;
    }
    item->kind = XML_TEXT;
    return decode(arena, raw, &item->text);
}

static bool skip_literal(struct bytes *rest, struct bytes literal)
{
    if (!bytes_starts_with(*rest, literal))
        return false;
    *rest = bytes_skip(*rest, literal.len);
    return true;
}

/* RC_AGAIN: what was read is no item. */
static enum rc read_item(struct xml_reader *reader, struct arena *arena, struct xml_item *item)
{
    struct bytes *rest = &reader->_rest;
    *item = (struct xml_item){.kind = XML_END_OF_TEXT};
    if (reader->_is_empty)
        return close_empty(reader, item);
    if (rest->len == 0)
        return reader->_depth || !reader->_has_root ? RC_SYNTAX : RC_OK;
    if (skip_literal(rest, BYTES_LIT("</")))
        return read_close(reader, item);
    if (skip_literal(rest, BYTES_LIT("<?")))
        return skip_to(rest, BYTES_LIT("?>")) == RC_OK ? RC_AGAIN : RC_SYNTAX;
    if (skip_literal(rest, BYTES_LIT("<!--")))
        return skip_to(rest, BYTES_LIT("-->")) == RC_OK ? RC_AGAIN : RC_SYNTAX;
    if (skip_literal(rest, BYTES_LIT("<![CDATA[")))
        return read_cdata(reader, item);
    if (skip_literal(rest, BYTES_LIT("<")))
        return read_open(reader, item); /* "<!DOCTYPE" has no name that we take */
    return read_text(reader, arena, item);
}

enum rc xml_next(struct xml_reader *reader, struct arena *arena, struct xml_item *item)
{
    enum rc rc;
    do
        rc = read_item(reader, arena, item);
    while (rc == RC_AGAIN);
    return rc;
}
