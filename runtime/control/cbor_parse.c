#include "runtime/control/cbor.h"

#include <math.h>

#include "runtime/control/cbor_bytes.h"
#include "runtime/core/limits.h"

struct reader {
    struct arena *arena;
    struct bytes rest;
    size_t count, depth;
};

/* An item's first byte and its argument. */
struct head {
    enum cbor_major major;
    unsigned info;
    uint64_t argument; /* 0 for CBOR_INFO_INDEFINITE */
};

static enum rc read_item(struct reader *reader, struct datum *datum);

static enum rc read_head(struct reader *reader, struct head *head)
{
    size_t len = 0;
    if (reader->rest.len == 0)
        return RC_SYNTAX;
    unsigned first = (unsigned char)reader->rest.ptr[0];
    *head = (struct head){.major = (enum cbor_major)(first >> 5), .info = first & 31};
    if (head->info < CBOR_INFO_ONE_BYTE)
        head->argument = head->info;
    else if (head->info <= CBOR_INFO_EIGHT_BYTES)
        len = (size_t)1 << (head->info - CBOR_INFO_ONE_BYTE);
    else if (head->info != CBOR_INFO_INDEFINITE)
        return RC_SYNTAX;
    if (reader->rest.len < 1 + len)
        return RC_SYNTAX;
    for (size_t i = 1; i <= len; i++)
        head->argument = head->argument << 8 | (unsigned char)reader->rest.ptr[i];
    reader->rest = bytes_skip(reader->rest, 1 + len);
    return RC_OK;
}

/* true, and stepped over, when a run of indefinite length ends here. */
static bool take_break(struct reader *reader)
{
    if (reader->rest.len == 0 || (unsigned char)reader->rest.ptr[0] != CBOR_BREAK)
        return false;
    reader->rest = bytes_skip(reader->rest, 1);
    return true;
}

static enum rc take_bytes(struct reader *reader, uint64_t len, struct bytes *out)
{
    if (len > reader->rest.len)
        return RC_SYNTAX;
    *out = bytes_make(reader->rest.ptr, (size_t)len);
    reader->rest = bytes_skip(reader->rest, (size_t)len);
    return RC_OK;
}

/* The pieces of a string of indefinite length, each of the same kind and of definite length; each
 * piece of a text is whole characters. */
static enum rc read_pieces(struct reader *reader, enum cbor_major major, struct bytes *out)
{
    struct head head;
    struct bytes piece = {NULL, 0};
    size_t len = 0, cap = reader->rest.len; /* they are no longer than what is left */
    char *text = arena_alloc(reader->arena, cap);
    if (!text)
        return RC_NOMEM;
    while (!take_break(reader)) {
        if (read_head(reader, &head) != RC_OK || head.major != major ||
            head.info == CBOR_INFO_INDEFINITE ||
            take_bytes(reader, head.argument, &piece) != RC_OK ||
            (major == CBOR_MAJOR_TEXT && !bytes_is_utf8(piece)))
            return RC_SYNTAX;
        if (piece.len)
            memcpy(text + len, piece.ptr, piece.len);
        len += piece.len;
    }
    *out = bytes_make(text, len);
    return RC_OK;
}

static enum rc read_string(struct reader *reader, const struct head *head, struct bytes *out)
{
    enum rc rc = head->info == CBOR_INFO_INDEFINITE ? read_pieces(reader, head->major, out)
                                                    : take_bytes(reader, head->argument, out);
    return rc == RC_OK && head->major == CBOR_MAJOR_TEXT && !bytes_is_utf8(*out) ? RC_SYNTAX : rc;
}

static bool has_name(const struct datum *map, struct bytes name)
{
    for (const struct datum *datum = map->first; datum; datum = datum->next)
        if (bytes_eq(datum->name, name))
            return true;
    return false;
}

static enum rc read_name(struct reader *reader, struct datum *map, struct bytes *name)
{
    struct head head;
    enum rc rc = read_head(reader, &head);
    if (rc != RC_OK)
        return rc;
    if (head.major != CBOR_MAJOR_TEXT)
        return RC_SYNTAX;
    rc = read_string(reader, &head, name);
    if (rc == RC_OK && map->count >= LIMIT_CONTROL_NAMES)
        return RC_BODY_LIMIT;
    return rc == RC_OK && has_name(map, *name) ? RC_SYNTAX : rc;
}

static enum rc read_child(struct reader *reader, struct datum *parent)
{
    struct bytes name = {NULL, 0};
    enum rc rc = parent->kind == DATUM_MAP ? read_name(reader, parent, &name) : RC_OK;
    if (rc != RC_OK)
        return rc;
    struct datum *child = datum_add(reader->arena, parent, NULL, DATUM_NULL);
    if (!child)
        return RC_NOMEM;
    child->name = name;
    return read_item(reader, child);
}

static enum rc read_children(struct reader *reader, const struct head *head, struct datum *datum)
{
    enum rc rc = RC_OK;
    if (++reader->depth > LIMIT_CONTROL_DEPTH)
        return RC_BODY_LIMIT;
    datum->kind = head->major == CBOR_MAJOR_MAP ? DATUM_MAP : DATUM_LIST;
    if (head->info == CBOR_INFO_INDEFINITE)
        while (rc == RC_OK && !take_break(reader))
            rc = read_child(reader, datum);
    else /* each child takes a byte at least, so this ends with the input */
        for (uint64_t i = 0; rc == RC_OK && i < head->argument; i++)
            rc = read_child(reader, datum);
    reader->depth--;
    return rc;
}

/* RFC 8949 appendix D: sign, 5 bits of exponent, 10 of fraction. */
static double half_to_double(uint64_t half)
{
    int exponent = (int)(half >> 10 & 31);
    double fraction = (double)(half & 1023);
    double value = exponent == 0    ? ldexp(fraction, -24)
                   : exponent != 31 ? ldexp(fraction + 1024, exponent - 25)
                   : (half & 1023)  ? (double)NAN
                                    : (double)INFINITY;
    return half & 0x8000 ? -value : value;
}

static double bits_to_double(const struct head *head)
{
    uint32_t narrow = (uint32_t)head->argument;
    float single;
    double wide;
    if (head->info == CBOR_HALF)
        return half_to_double(head->argument);
    if (head->info == CBOR_FLOAT) {
        memcpy(&single, &narrow, sizeof single);
        return (double)single;
    }
    memcpy(&wide, &head->argument, sizeof wide);
    return wide;
}

static enum rc read_simple(const struct head *head, struct datum *datum)
{
    switch (head->info) {
    case CBOR_FALSE:
    case CBOR_TRUE:
        datum->kind = DATUM_BOOL;
        datum->is_true = head->info == CBOR_TRUE;
        return RC_OK;
    case CBOR_NULL:
    case CBOR_UNDEFINED:
        return RC_OK;
    case CBOR_HALF:
    case CBOR_FLOAT:
    case CBOR_DOUBLE:
        datum->kind = DATUM_FLOAT;
        datum->number = bits_to_double(head);
        return RC_OK;
    case CBOR_INFO_INDEFINITE: /* a break where there is nothing to end */
        return RC_SYNTAX;
    case CBOR_INFO_ONE_BYTE: /* below 32 it would have had a shorter form */
        return head->argument < 32 ? RC_SYNTAX : RC_UNSUPPORTED;
    default:
        return RC_UNSUPPORTED;
    }
}

static enum rc read_time(struct reader *reader, const struct head *head, struct datum *datum)
{
    if (head->info == CBOR_INFO_INDEFINITE)
        return RC_SYNTAX;
    if (head->argument != CBOR_TAG_EPOCH)
        return RC_UNSUPPORTED;
    if (++reader->depth > LIMIT_CONTROL_DEPTH)
        return RC_BODY_LIMIT;
    enum rc rc = read_item(reader, datum);
    reader->depth--;
    if (rc != RC_OK)
        return rc;
    if (datum->kind == DATUM_INT)
        datum->number = (double)datum->integer;
    else if (datum->kind != DATUM_FLOAT || !isfinite(datum->number))
        return RC_SYNTAX;
    datum->kind = DATUM_TIME;
    return RC_OK;
}

static enum rc read_integer(const struct head *head, struct datum *datum)
{
    if (head->info == CBOR_INFO_INDEFINITE)
        return RC_SYNTAX;
    if (head->argument > INT64_MAX)
        return RC_UNSUPPORTED;
    datum->kind = DATUM_INT;
    datum->integer =
        head->major == CBOR_MAJOR_UINT ? (int64_t)head->argument : -1 - (int64_t)head->argument;
    return RC_OK;
}

static enum rc read_item(struct reader *reader, struct datum *datum)
{
    struct head head;
    enum rc rc = read_head(reader, &head);
    if (rc != RC_OK)
        return rc;
    if (++reader->count > LIMIT_CONTROL_ITEMS)
        return RC_BODY_LIMIT;
    switch (head.major) {
    case CBOR_MAJOR_UINT:
    case CBOR_MAJOR_NEGATIVE:
        return read_integer(&head, datum);
    case CBOR_MAJOR_BLOB:
    case CBOR_MAJOR_TEXT:
        datum->kind = head.major == CBOR_MAJOR_TEXT ? DATUM_TEXT : DATUM_BLOB;
        return read_string(reader, &head, &datum->text);
    case CBOR_MAJOR_LIST:
    case CBOR_MAJOR_MAP:
        return read_children(reader, &head, datum);
    case CBOR_MAJOR_TAG:
        return read_time(reader, &head, datum);
    case CBOR_MAJOR_SIMPLE:
        return read_simple(&head, datum);
    }
    return RC_SYNTAX;
}

enum rc cbor_parse(struct arena *arena, struct bytes input, struct datum **root)
{
    struct reader reader = {.arena = arena, .rest = input};
    struct datum *datum = datum_new(arena, input.len ? DATUM_NULL : DATUM_MAP);
    if (!datum)
        return RC_NOMEM;
    enum rc rc = input.len ? read_item(&reader, datum) : RC_OK;
    if (rc == RC_OK && reader.rest.len)
        rc = RC_SYNTAX;
    if (rc == RC_OK)
        *root = datum;
    return rc;
}
