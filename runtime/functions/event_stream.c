#include "runtime/functions/event_stream.h"

enum { PRELUDE_BYTES = 12, CRC_BYTES = 4, TEXT_TYPE = 7 };

uint32_t event_stream_crc32(struct bytes bytes)
{
    /* Four bits at a time: the polynomial reversed, over all values of a nibble. */
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                       0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                       0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.ptr[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static char *put_number(char *at, uint32_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (char)(number >> 8 * (bytes - 1 - i));
    return at + bytes;
}

static char *put_bytes(char *at, struct bytes bytes)
{
    if (bytes.len)
        memcpy(at, bytes.ptr, bytes.len);
    return at + bytes.len;
}

enum rc event_stream_message(struct arena *arena, const struct event_stream_header *headers,
                             size_t count, struct bytes payload, struct bytes *out)
{
    size_t headers_len = 0;
    for (size_t i = 0; i < count; i++)
        headers_len += 1 + strlen(headers[i].name) + 3 + headers[i].value.len;
    size_t len = PRELUDE_BYTES + headers_len + payload.len + CRC_BYTES;
    char *message = len <= UINT32_MAX ? arena_alloc(arena, len) : NULL, *at = message;
    if (!message)
        return RC_NOMEM;
    at = put_number(at, (uint32_t)len, 4);
    at = put_number(at, (uint32_t)headers_len, 4);
    at = put_number(at, event_stream_crc32(bytes_make(message, 8)), 4);
    for (size_t i = 0; i < count; i++) {
        at = put_number(at, (uint32_t)strlen(headers[i].name), 1);
        at = put_bytes(at, bytes_from_str(headers[i].name));
        at = put_number(at, TEXT_TYPE, 1);
        at = put_number(at, (uint32_t)headers[i].value.len, 2);
        at = put_bytes(at, headers[i].value);
    }
    at = put_bytes(at, payload);
    (void)put_number(at, event_stream_crc32(bytes_make(message, len - CRC_BYTES)), 4);
    *out = bytes_make(message, len);
    return RC_OK;
}
