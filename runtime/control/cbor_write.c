#include "runtime/control/cbor.h"
#include "runtime/control/cbor_bytes.h"

static void write_big_endian(struct buf *out, uint64_t value, size_t len)
{
    while (len--)
        buf_append_char(out, (char)(value >> 8 * len & 0xFF));
}

static void write_head(struct buf *out, enum cbor_major major, uint64_t argument)
{
    unsigned first = (unsigned)major << 5;
    if (argument < CBOR_INFO_ONE_BYTE) {
        buf_append_char(out, (char)(first | (unsigned)argument));
        return;
    }
    unsigned step = argument <= UINT8_MAX    ? 0
                    : argument <= UINT16_MAX ? 1
                    : argument <= UINT32_MAX ? 2
                                             : 3;
    buf_append_char(out, (char)(first | (CBOR_INFO_ONE_BYTE + step)));
    write_big_endian(out, argument, (size_t)1 << step);
}

static void write_float(struct buf *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    buf_append_char(out, (char)(CBOR_MAJOR_SIMPLE << 5 | CBOR_DOUBLE));
    write_big_endian(out, bits, sizeof bits);
}

static void write_children(struct buf *out, const struct datum *datum)
{
    write_head(out, datum->kind == DATUM_MAP ? CBOR_MAJOR_MAP : CBOR_MAJOR_LIST, datum->count);
    for (const struct datum *child = datum->first; child; child = child->next) {
        if (datum->kind == DATUM_MAP) {
            write_head(out, CBOR_MAJOR_TEXT, child->name.len);
            buf_append(out, child->name);
        }
        cbor_write(out, child); /* as deep as the tree was made */
    }
}

void cbor_write(struct buf *out, const struct datum *datum)
{
    switch (datum->kind) {
    case DATUM_NULL:
        buf_append_char(out, (char)(CBOR_MAJOR_SIMPLE << 5 | CBOR_NULL));
        break;
    case DATUM_BOOL:
        buf_append_char(out,
                        (char)(CBOR_MAJOR_SIMPLE << 5 | (datum->is_true ? CBOR_TRUE : CBOR_FALSE)));
        break;
    case DATUM_INT:
        if (datum->integer >= 0)
            write_head(out, CBOR_MAJOR_UINT, (uint64_t)datum->integer);
        else
            write_head(out, CBOR_MAJOR_NEGATIVE, (uint64_t)(-1 - datum->integer));
        break;
    case DATUM_TIME:
        write_head(out, CBOR_MAJOR_TAG, CBOR_TAG_EPOCH);
        write_float(out, datum->number);
        break;
    case DATUM_FLOAT:
        write_float(out, datum->number);
        break;
    case DATUM_TEXT:
    case DATUM_BLOB:
        write_head(out, datum->kind == DATUM_TEXT ? CBOR_MAJOR_TEXT : CBOR_MAJOR_BLOB,
                   datum->text.len);
        buf_append(out, datum->text);
        break;
    case DATUM_LIST:
    case DATUM_MAP:
        write_children(out, datum);
        break;
    }
}
