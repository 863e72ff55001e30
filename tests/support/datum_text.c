#include "tests/support/datum_text.h"

static void print_children(struct buf *out, const struct datum *datum)
{
    buf_append_char(out, datum->kind == DATUM_MAP ? '{' : '[');
    for (const struct datum *child = datum->first; child; child = child->next) {
        if (child != datum->first)
            buf_append_char(out, ',');
        if (datum->kind == DATUM_MAP)
            buf_printf(out, "%.*s:", BYTES_ARG(child->name));
        datum_print(out, child);
    }
    buf_append_char(out, datum->kind == DATUM_MAP ? '}' : ']');
}

void datum_print(struct buf *out, const struct datum *datum)
{
    switch (datum->kind) {
    case DATUM_NULL:
        buf_append(out, BYTES_LIT("null"));
        break;
    case DATUM_BOOL:
        buf_append(out, datum->is_true ? BYTES_LIT("true") : BYTES_LIT("false"));
        break;
    case DATUM_INT:
        buf_printf(out, "%lld", (long long)datum->integer);
        break;
    case DATUM_FLOAT:
        buf_printf(out, "f%.17g", datum->number);
        break;
    case DATUM_TIME:
        buf_printf(out, "t%.17g", datum->number);
        break;
    case DATUM_TEXT:
        buf_printf(out, "\"%.*s\"", BYTES_ARG(datum->text));
        break;
    case DATUM_BLOB:
        buf_append(out, BYTES_LIT("h'"));
        for (size_t i = 0; i < datum->text.len; i++)
            buf_printf(out, "%02x", (unsigned char)datum->text.ptr[i]);
        buf_append_char(out, '\'');
        break;
    case DATUM_LIST:
    case DATUM_MAP:
        print_children(out, datum);
        break;
    }
}
