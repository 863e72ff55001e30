#include "runtime/control/shape_xml.h"

#include "runtime/control/iso_time.h"
#include "runtime/control/shape_text.h"

static struct bytes entity_of(char c)
{
    switch (c) {
    case '&':
        return BYTES_LIT("&amp;");
    case '<':
        return BYTES_LIT("&lt;");
    case '>':
        return BYTES_LIT("&gt;");
    case '"':
        return BYTES_LIT("&quot;");
    case '\r':
        return BYTES_LIT("&#13;"); /* a reader would make it a line feed */
    case '\t':
    case '\n':
        return bytes_make(NULL, 0);
    default:
        return (unsigned char)c < 0x20 ? BYTES_LIT("\xEF\xBF\xBD") : bytes_make(NULL, 0);
    }
}

static void write_characters(struct buf *out, struct bytes text)
{
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        struct bytes entity = entity_of(text.ptr[i]);
        if (entity.len == 0)
            continue;
        buf_append(out, bytes_make(text.ptr + start, i - start));
        buf_append(out, entity);
        start = i + 1;
    }
    buf_append(out, bytes_make(text.ptr + start, text.len - start));
}

void shape_xml_text(struct buf *out, struct bytes text)
{
    while (text.len) {
        size_t good = bytes_utf8_len(text);
        write_characters(out, bytes_make(text.ptr, good));
        text = bytes_skip(text, good);
        if (text.len) {
            buf_append(out, BYTES_LIT("\xEF\xBF\xBD"));
            text = bytes_skip(text, 1);
        }
    }
}

static void write_value(struct buf *out, const struct datum *datum)
{
    char time[ISO_TIME_LEN + 1];
    switch (datum->kind) {
    case DATUM_NULL:
        break;
    case DATUM_BOOL:
        buf_append(out, datum->is_true ? BYTES_LIT("true") : BYTES_LIT("false"));
        break;
    case DATUM_INT:
        buf_printf(out, "%lld", (long long)datum->integer);
        break;
    case DATUM_FLOAT:
        shape_text_float(out, datum->number);
        break;
    case DATUM_TEXT:
        shape_xml_text(out, datum->text);
        break;
    case DATUM_BLOB:
        shape_text_blob(out, datum->text);
        break;
    case DATUM_TIME:
        iso_time_print(datum->number, time);
        buf_append(out, bytes_from_str(time));
        break;
    case DATUM_LIST:
    case DATUM_MAP:
        shape_xml_write(out, datum);
        break;
    }
}

void shape_xml_write(struct buf *out, const struct datum *map)
{
    for (const struct datum *datum = map->first; datum; datum = datum->next) {
        struct bytes name = map->kind == DATUM_LIST ? BYTES_LIT("member") : datum->name;
        if (datum->kind == DATUM_NULL)
            continue;
        buf_printf(out, "<%.*s>", BYTES_ARG(name));
        write_value(out, datum); /* as deep as the result was built */
        buf_printf(out, "</%.*s>", BYTES_ARG(name));
    }
}
