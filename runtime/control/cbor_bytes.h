#ifndef RUNTIME_CONTROL_CBOR_BYTES_H
#define RUNTIME_CONTROL_CBOR_BYTES_H

/*
 * cbor_bytes — the numbers of RFC 8949 that reading and writing share: an item's first byte has its
 * major type in the upper three bits, and its "additional information" in the others.
 *
 * Layer:   control, private.
 */

enum cbor_major {
    CBOR_MAJOR_UINT,
    CBOR_MAJOR_NEGATIVE,
    CBOR_MAJOR_BLOB,
    CBOR_MAJOR_TEXT,
    CBOR_MAJOR_LIST,
    CBOR_MAJOR_MAP,
    CBOR_MAJOR_TAG,
    CBOR_MAJOR_SIMPLE,
};

enum {
    CBOR_INFO_ONE_BYTE = 24, /* the argument follows in 1, 2, 4 or 8 bytes: 24 to 27 */
    CBOR_INFO_EIGHT_BYTES = 27,
    CBOR_INFO_INDEFINITE = 31,
    CBOR_FALSE = 20,
    CBOR_TRUE = 21,
    CBOR_NULL = 22,
    CBOR_UNDEFINED = 23,
    CBOR_HALF = 25,
    CBOR_FLOAT = 26,
    CBOR_DOUBLE = 27,
    CBOR_TAG_EPOCH = 1,
    CBOR_BREAK = 0xFF,
};

#endif
